#include "crypto/curve25519/ed25519_keys.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/ct.hpp"
#include "crypto/curve25519/ed25519.hpp"

namespace nautilus::inline v0::crypto::curve25519 {
namespace {

using Octet = std::uint8_t;

constexpr std::array<SignatureScheme, 1> kSchemes{SignatureScheme::ed25519};

/// AlgorithmIdentifier of RFC 8410 §3: the object identifier alone.
constexpr std::array<Octet, 7> kAlgorithm{0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70};
/// SubjectPublicKeyInfo in front of the key's octets.
constexpr std::array<Octet, 12> kSpkiPrefix{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                            0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

constexpr Octet kDerInteger = 0x02;
constexpr Octet kDerOctetString = 0x04;
constexpr Octet kDerSequence = 0x30;
constexpr Octet kDerAttributes = 0xa0;  // [0] IMPLICIT Attributes
constexpr Octet kDerPublicKey = 0x81;   // [1] IMPLICIT BIT STRING

/// Takes one element with the given tag off the front of `in` and returns its content. Lengths in
/// their one DER form only.
std::optional<ByteView> take_element(ByteView& in, Octet tag) noexcept {
  if (in.size() < 2 || in[0] != tag) return {};
  std::size_t size = in[1];
  std::size_t header = 2;
  if (size >= 0x80) {
    const std::size_t octets = size & 0x7f;
    if (octets == 0 || octets > 2 || in.size() < header + octets || in[header] == 0) return {};
    size = 0;
    for (std::size_t i = 0; i < octets; ++i) size = (size << 8) | in[header + i];
    header += octets;
    if (size < 0x80) return {};
  }
  if (in.size() - header < size) return {};
  const ByteView content = in.subspan(header, size);
  in = in.subspan(header + size);
  return content;
}

/// OneAsymmetricKey (RFC 5958 §2) up to and with its algorithm; what follows is left in `rest`.
struct PrivateKeyHead {
  Octet version;
  ByteView rest;
};
std::optional<PrivateKeyHead> ed25519_head(ByteView der) noexcept {
  auto outer = take_element(der, kDerSequence);
  if (!outer || !der.empty()) return {};
  const auto version = take_element(*outer, kDerInteger);
  if (!version || version->size() != 1) return {};
  if (outer->size() < kAlgorithm.size() ||
      !std::ranges::equal(outer->first(kAlgorithm.size()), kAlgorithm)) {
    return {};
  }
  return PrivateKeyHead{(*version)[0], outer->subspan(kAlgorithm.size())};
}

struct PrivateKeyOctets {
  ByteView seed;
  std::optional<ByteView> public_key;
};

/// The rest of a OneAsymmetricKey: CurvePrivateKey, attributes, public key (RFC 8410 §7).
std::optional<PrivateKeyOctets> private_key_octets(const PrivateKeyHead& head) noexcept {
  if (head.version > 1) return {};
  ByteView rest = head.rest;
  auto wrapped = take_element(rest, kDerOctetString);
  if (!wrapped) return {};
  const auto seed = take_element(*wrapped, kDerOctetString);
  if (!seed || !wrapped->empty() || seed->size() != kEd25519KeySize) return {};
  PrivateKeyOctets octets{*seed, {}};
  if (!rest.empty() && rest[0] == kDerAttributes && !take_element(rest, kDerAttributes)) return {};
  if (!rest.empty()) {
    const auto bits = take_element(rest, kDerPublicKey);
    // Only version 1 has the field.
    if (!bits || !rest.empty() || head.version != 1 || bits->size() != 1 + kEd25519KeySize ||
        (*bits)[0] != 0) {
      return {};
    }
    octets.public_key = bits->subspan(1);
  }
  return octets;
}

ByteVector spki_of(const Ed25519PublicOctets& key) {
  ByteVector spki(kSpkiPrefix.size() + key.size());
  std::ranges::copy(key, std::ranges::copy(kSpkiPrefix, spki.begin()).out);
  return spki;
}

class Ed25519Signer final : public SigningKey {
 public:
  Ed25519Signer(std::span<const Octet, kEd25519KeySize> seed, const HashAlgorithm& sha512,
                Backend backend)
      : key_(seed, sha512, backend), spki_(spki_of(key_.public_key())) {}

  [[nodiscard]] std::span<const SignatureScheme> schemes() const noexcept override {
    return kSchemes;
  }
  [[nodiscard]] ByteView public_key() const noexcept override { return spki_; }
  [[nodiscard]] std::string_view description() const noexcept override { return "Ed25519"; }
  [[nodiscard]] Eventually<ByteVector> sign(SignatureScheme scheme, ByteView message,
                                            Random& /*random*/) const override {
    if (scheme != SignatureScheme::ed25519) {
      return fail(ErrorCode::UnsupportedAlgorithm, "the scheme does not fit the key");
    }
    return to_vector(key_.sign(message));
  }

  [[nodiscard]] const Ed25519PublicOctets& octets() const noexcept { return key_.public_key(); }

 private:
  Ed25519PrivateKey key_;
  ByteVector spki_;
};

class Ed25519Verifier final : public VerificationKey {
 public:
  Ed25519Verifier(std::span<const Octet, kEd25519KeySize> octets, const HashAlgorithm& sha512,
                  Backend backend) noexcept
      : key_(octets, sha512, backend) {}

  [[nodiscard]] std::span<const SignatureScheme> schemes() const noexcept override {
    return kSchemes;
  }
  [[nodiscard]] std::string_view description() const noexcept override { return "Ed25519"; }
  [[nodiscard]] Result<void> verify(SignatureScheme scheme, ByteView message,
                                    ByteView signature) const override {
    if (scheme != SignatureScheme::ed25519) {
      return fail(ErrorCode::UnsupportedAlgorithm, "the scheme does not fit the key");
    }
    return key_.verify(message, signature);
  }

 private:
  Ed25519PublicKey key_;
};

class Loader final : public KeyLoader {
 public:
  Loader(std::shared_ptr<const KeyLoader> others, const HashAlgorithm& sha512,
         Backend backend) noexcept
      : others_(std::move(others)), sha512_(sha512), backend_(backend) {}

  [[nodiscard]] Result<std::shared_ptr<const SigningKey>> load_private_key(
      ByteView der) const override {
    const auto head = ed25519_head(der);
    if (!head) return others_->load_private_key(der);
    const auto octets = private_key_octets(*head);
    if (!octets) return fail(ErrorCode::KeyMalformed, "not a PKCS#8 Ed25519 private key");
    auto signer = std::make_shared<const Ed25519Signer>(octets->seed.first<kEd25519KeySize>(),
                                                        sha512_, backend_);
    if (octets->public_key && !std::ranges::equal(*octets->public_key, signer->octets())) {
      return fail(ErrorCode::KeyMalformed, "private and public half of the key disagree");
    }
    return signer;
  }

  [[nodiscard]] Result<std::shared_ptr<const VerificationKey>> load_public_key(
      ByteView spki) const override {
    // Anything else that names Ed25519 is not its DER encoding, which the others say too.
    if (spki.size() != kSpkiPrefix.size() + kEd25519KeySize ||
        !std::ranges::equal(spki.first(kSpkiPrefix.size()), kSpkiPrefix)) {
      return others_->load_public_key(spki);
    }
    return std::make_shared<const Ed25519Verifier>(
        spki.subspan(kSpkiPrefix.size()).first<kEd25519KeySize>(), sha512_, backend_);
  }

 private:
  std::shared_ptr<const KeyLoader> others_;
  const HashAlgorithm& sha512_;
  Backend backend_;
};

}  // namespace

std::shared_ptr<const KeyLoader> key_loader(std::shared_ptr<const KeyLoader> others,
                                            const HashAlgorithm& sha512, Backend backend) {
  return std::make_shared<const Loader>(std::move(others), sha512, backend);
}

}  // namespace nautilus::inline v0::crypto::curve25519
