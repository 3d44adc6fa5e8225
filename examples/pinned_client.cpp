// Trusts one public key instead of an authority: a certificate verifier of one's own. Sends a line
// and prints the answer; without the right PIN it prints the pin that was seen, and refuses.
//   pinned_client HOST PORT PIN IDENTITY.pem IDENTITY.key
// PIN is the SHA-256 of the server's SubjectPublicKeyInfo in hexadecimal.
#include <array>
#include <cstdlib>
#include <iostream>

#include <nautilus/nautilus.hpp>
#include <nautilus/pki/issue.hpp>

namespace {

[[noreturn]] void die(const nautilus::Error& error) {
  std::cerr << describe(error) << '\n';
  std::exit(EXIT_FAILURE);
}

template <class T>
T must(nautilus::Result<T> result) {
  if (!result) die(result.error());
  return std::move(*result);
}

std::string hexadecimal(nautilus::ByteView bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

/// Accepts any certificate with the pinned key, whoever issued it and whatever name it carries; the
/// handshake then proves that the server has the private key.
class PinnedKey final : public nautilus::CertificateVerifier {
 public:
  explicit PinnedKey(std::string pin)
      : pin_(std::move(pin)), provider_(nautilus::default_provider()) {}

  nautilus::Eventually<nautilus::CertificateVerdict> verify(
      const nautilus::CertificateQuestion& question) const override {
    auto info = nautilus::inspect_certificate(question.chain.front());
    if (!info) return nautilus::propagate(info);
    if (const std::string seen = hexadecimal(info->identity.key_digest); seen != pin_) {
      std::cerr << "the server's key is " << seen << '\n';
      return nautilus::fail(nautilus::ErrorCode::CertificateUnknown, "not the pinned key");
    }
    if (question.now > info->not_after) {
      return nautilus::fail(nautilus::ErrorCode::CertificateExpired);
    }
    auto key = provider_->keys->load_public_key(info->public_key_info);
    if (!key) return nautilus::propagate(key);
    nautilus::PeerIdentity identity = info->identity;
    identity.kind = nautilus::PeerIdentity::Kind::Application;
    const auto schemes = (*key)->schemes();
    return nautilus::CertificateVerdict{identity, *key, {schemes.begin(), schemes.end()}};
  }

  std::span<const nautilus::SignatureScheme> schemes() const noexcept override {
    return provider_->signature_schemes;
  }

  // Sessions are resumed only under the pin they were made under.
  nautilus::ByteVector fingerprint() const override {
    return nautilus::to_vector(nautilus::as_bytes("pinned key " + pin_));
  }

 private:
  std::string pin_;
  std::shared_ptr<const nautilus::CryptoProvider> provider_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: pinned_client HOST PORT PIN IDENTITY.pem IDENTITY.key\n";
    return EXIT_FAILURE;
  }
  auto config = must(nautilus::ClientConfig::builder()
                         .identity(must(nautilus::Identity::from_pem_files(argv[4], argv[5])))
                         .dangerous()
                         .verifier(std::make_shared<PinnedKey>(argv[3]))
                         .build());
  auto stream =
      must(nautilus::connect(config, argv[1], static_cast<std::uint16_t>(std::atoi(argv[2]))));
  if (auto sent = stream.write("hello\n"); !sent) die(sent.error());
  std::array<std::uint8_t, 4096> buffer{};
  const std::size_t size = must(stream.read(buffer));
  std::cout << nautilus::as_text(nautilus::ByteView(buffer).first(size));
  if (auto closed = stream.close(); !closed) die(closed.error());
}
