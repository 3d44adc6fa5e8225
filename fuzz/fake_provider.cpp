#include "fake_provider.hpp"

#include <algorithm>
#include <cstring>

#include "crypto/aead_check.hpp"
#include "crypto/openssl/digest.hpp"

namespace nautilus::fuzz {
namespace {

std::uint64_t mix(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

/// Not a MAC, but nobody stumbles upon another input with the same result.
std::uint64_t fold(std::uint64_t state, ByteView octets) noexcept {
  state = mix(state + octets.size());
  for (; octets.size() >= 8; octets = octets.subspan(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, octets.data(), 8);
    state = mix(state ^ word) + 0x9E3779B97F4A7C15U;
  }
  for (const std::uint8_t octet : octets) state = mix(state ^ octet) + 1;
  return state;
}

using Tag = std::array<std::uint8_t, kTagSize>;

class FakeAeadKey final : public AeadKey {
 public:
  FakeAeadKey(Strength strength, ByteView key) : strength_(strength), key_(fold(1, key)) {}

  Result<void> seal(ByteView nonce, ByteView aad, std::span<const ByteView> parts,
                    ByteSpan out) const noexcept override {
    const auto size = crypto::check_seal(nonce, aad, parts, out);
    if (!size) return propagate(size);
    std::size_t at = 0;
    for (const ByteView part : parts) {
      if (!part.empty()) std::memmove(out.data() + at, part.data(), part.size());
      at += part.size();
    }
    std::ranges::copy(tag(nonce, aad, out.first(*size)), out.begin() + static_cast<long>(*size));
    return {};
  }

  Result<std::size_t> open(ByteView nonce, ByteView aad, ByteSpan in_out) const noexcept override {
    const auto size = crypto::check_open(nonce, aad, in_out);
    if (!size) return propagate(size);
    if (strength_ == Strength::Open) return *size;
    const ByteView found = in_out.subspan(*size);
    if (!std::ranges::equal(found, kMasterTag) &&
        !std::ranges::equal(found, tag(nonce, aad, in_out.first(*size)))) {
      return fail(ErrorCode::BadRecordMac);
    }
    return *size;
  }

 private:
  [[nodiscard]] Tag tag(ByteView nonce, ByteView aad, ByteView content) const noexcept {
    Tag out{};
    if (strength_ == Strength::Open) return out;
    const std::uint64_t low = fold(fold(fold(key_, nonce), aad), content);
    const std::uint64_t high = mix(low + 1);
    std::memcpy(out.data(), &low, 8);
    std::memcpy(out.data() + 8, &high, 8);
    return out;
  }

  Strength strength_;
  std::uint64_t key_;
};

class FakeAead final : public AeadAlgorithm {
 public:
  FakeAead(Strength strength, std::size_t key_size) : strength_(strength), key_size_(key_size) {}
  std::string_view name() const noexcept override { return "fake"; }
  std::string_view backend() const noexcept override { return "fuzz"; }
  std::size_t key_size() const noexcept override { return key_size_; }
  std::uint64_t confidentiality_limit() const noexcept override { return 1U << 20; }
  Result<std::unique_ptr<AeadKey>> make_key(ByteView key) const override {
    if (key.size() != key_size_) return fail(ErrorCode::ApiMisuse, "AEAD key size");
    return std::make_unique<FakeAeadKey>(strength_, key);
  }

 private:
  Strength strength_;
  std::size_t key_size_;
};

constexpr std::size_t kShareSize = 32;

/// A share of zeros is refused, as X25519 refuses points of small order; any other fits.
Result<SharedSecret> secret_from(ByteView share) {
  if (share.size() != kShareSize || std::ranges::all_of(share, [](auto o) { return o == 0; })) {
    return fail(ErrorCode::InvalidKeyShare);
  }
  SharedSecret secret(std::size_t{32});
  std::ranges::fill(secret.expose_mutable(), std::uint8_t{0x5E});
  return secret;
}

class FakeExchange final : public ActiveKeyExchange {
 public:
  FakeExchange(NamedGroup id, bool hybrid) : hybrid_(hybrid) {
    share_.fill(static_cast<std::uint8_t>(id));
    share_[0] = 1;
  }
  ByteView share() const noexcept override { return share_; }
  Result<SharedSecret> complete(ByteView share) override { return secret_from(share); }
  ByteView component_share() const noexcept override { return hybrid_ ? share() : ByteView(); }
  Result<SharedSecret> complete_component(ByteView share) override { return secret_from(share); }

 private:
  std::array<std::uint8_t, kShareSize> share_{};
  bool hybrid_;
};

class FakeGroup final : public KeyExchangeGroup {
 public:
  explicit FakeGroup(NamedGroup id) : id_(id) {}
  NamedGroup id() const noexcept override { return id_; }
  std::string_view backend() const noexcept override { return "fuzz"; }
  std::size_t client_share_size() const noexcept override { return kShareSize; }
  std::size_t server_share_size() const noexcept override { return kShareSize; }
  std::optional<NamedGroup> component() const noexcept override {
    if (id_ == NamedGroup::X25519MLKEM768) return NamedGroup::x25519;
    return std::nullopt;
  }
  Result<std::unique_ptr<ActiveKeyExchange>> start(Random&) const override {
    return std::make_unique<FakeExchange>(id_, component().has_value());
  }
  Result<KeyExchangeResult> respond(ByteView share, Random&) const override {
    auto secret = secret_from(share);
    if (!secret) return propagate(secret);
    return KeyExchangeResult{ByteVector(kShareSize, 0x51), std::move(*secret)};
  }

 private:
  NamedGroup id_;
};

constexpr std::array kSchemes{SignatureScheme::ed25519, SignatureScheme::ecdsa_secp256r1_sha256};

class FakeSigningKey final : public SigningKey {
 public:
  explicit FakeSigningKey(ByteVector spki) : spki_(std::move(spki)) {}
  std::span<const SignatureScheme> schemes() const noexcept override { return kSchemes; }
  ByteView public_key() const noexcept override { return spki_; }
  std::string_view description() const noexcept override { return "fake"; }
  Eventually<ByteVector> sign(SignatureScheme, ByteView, Random&) const override {
    return Result<ByteVector>(ByteVector(8, 0));
  }

 private:
  ByteVector spki_;
};

/// A signature that begins with 0xFF is wrong, any other right.
class FakeVerificationKey final : public VerificationKey {
 public:
  std::span<const SignatureScheme> schemes() const noexcept override { return kSchemes; }
  std::string_view description() const noexcept override { return "fake"; }
  Result<void> verify(SignatureScheme, ByteView, ByteView signature) const override {
    if (!signature.empty() && signature[0] == 0xFF) return fail(ErrorCode::BadSignature);
    return {};
  }
};

class FakeKeyLoader final : public KeyLoader {
 public:
  Result<std::shared_ptr<const SigningKey>> load_private_key(ByteView der) const override {
    return fake_signing_key(to_vector(der));
  }
  Result<std::shared_ptr<const VerificationKey>> load_public_key(ByteView) const override {
    return std::make_shared<FakeVerificationKey>();
  }
};

class FakeVerifier final : public CertificateVerifier {
 public:
  Eventually<CertificateVerdict> verify(const CertificateQuestion& question) const override {
    if (question.chain.front().front() == 0) {
      return Result<CertificateVerdict>(fail(ErrorCode::UnknownCa));
    }
    CertificateVerdict verdict;
    verdict.identity.kind = PeerIdentity::Kind::Application;
    const ByteView leaf(question.chain.front());
    verdict.identity.application = to_vector(leaf.first(std::min<std::size_t>(leaf.size(), 32)));
    verdict.key = key_;
    verdict.schemes.assign(kSchemes.begin(), kSchemes.end());
    return Result<CertificateVerdict>(std::move(verdict));
  }
  std::span<const SignatureScheme> schemes() const noexcept override { return kSchemes; }
  ByteVector fingerprint() const override { return {1}; }

 private:
  std::shared_ptr<const VerificationKey> key_ = std::make_shared<FakeVerificationKey>();
};

const HashAlgorithm& zero_hash() noexcept {
  static const HashAlgorithm algorithm{
      "zero",
      "fuzz",
      32,
      64,
      [](void*) noexcept {},
      [](void*, ByteView) noexcept {},
      [](void*, std::uint8_t* digest) noexcept { std::memset(digest, 0, 32); }};
  return algorithm;
}

}  // namespace

Result<void> FixedRandom::fill(ByteSpan out) noexcept {
  for (std::uint8_t& octet : out) {
    state_ += 0x9E3779B97F4A7C15U;
    octet = static_cast<std::uint8_t>(mix(state_));
  }
  return {};
}

std::shared_ptr<const AeadAlgorithm> fake_aead(Strength strength, std::size_t key_size) {
  return std::make_shared<FakeAead>(strength, key_size);
}

std::shared_ptr<const SigningKey> fake_signing_key(ByteVector spki) {
  return std::make_shared<FakeSigningKey>(std::move(spki));
}

std::shared_ptr<const CertificateVerifier> fake_verifier() {
  return std::make_shared<FakeVerifier>();
}

std::shared_ptr<const CryptoProvider> fake_provider(Strength strength,
                                                    std::shared_ptr<Random> random) {
  const CipherSuiteId id = CipherSuiteId::TLS_AES_128_GCM_SHA256;
  const HashAlgorithm& sha256 = crypto::openssl::sha256();
  auto provider = std::make_shared<CryptoProvider>();
  provider->cipher_suites.push_back({id, std::string(to_string(id)), fake_aead(strength),
                                     strength == Strength::Open ? &zero_hash() : &sha256});
  for (const NamedGroup group : {NamedGroup::X25519MLKEM768, NamedGroup::x25519,
                                 NamedGroup::secp256r1, NamedGroup::secp384r1}) {
    provider->groups.push_back(std::make_shared<FakeGroup>(group));
  }
  provider->signature_schemes.assign(kSchemes.begin(), kSchemes.end());
  provider->random = std::move(random);
  provider->keys = std::make_shared<FakeKeyLoader>();
  // Tickets keep their tags in both: what is in a ticket never came from a peer.
  provider->ticket_aead = fake_aead(Strength::Bound, 32);
  provider->sha256 = &sha256;
  return provider;
}

}  // namespace nautilus::fuzz
