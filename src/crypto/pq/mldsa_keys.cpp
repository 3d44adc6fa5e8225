#include "crypto/pq/mldsa_keys.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace nautilus::inline v0::crypto::pq {
namespace {

using Octet = std::uint8_t;

constexpr Octet kDerInteger = 0x02;
constexpr Octet kDerBitString = 0x03;
constexpr Octet kDerOctetString = 0x04;
constexpr Octet kDerOid = 0x06;
constexpr Octet kDerSequence = 0x30;
constexpr Octet kDerSeed = 0x80;        // [0] IMPLICIT OCTET STRING of ML-DSA-PrivateKey
constexpr Octet kDerPublicKey = 0x81;   // [1] IMPLICIT BIT STRING of OneAsymmetricKey
constexpr Octet kDerAttributes = 0xa0;  // [0] IMPLICIT Attributes of OneAsymmetricKey

/// id-ml-dsa-44, -65 and -87 but for the last arc: 2.16.840.1.101.3.4.3.{17, 18, 19}.
constexpr std::array<Octet, 8> kOidPrefix{0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03};

template <class P>
struct Names;
template <>
struct Names<MlDsa44> {
  static constexpr Octet kArc = 17;
  static constexpr std::array kSchemes{SignatureScheme::mldsa44};
  static constexpr std::string_view kName = "ML-DSA-44";
};
template <>
struct Names<MlDsa65> {
  static constexpr Octet kArc = 18;
  static constexpr std::array kSchemes{SignatureScheme::mldsa65};
  static constexpr std::string_view kName = "ML-DSA-65";
};
template <>
struct Names<MlDsa87> {
  static constexpr Octet kArc = 19;
  static constexpr std::array kSchemes{SignatureScheme::mldsa87};
  static constexpr std::string_view kName = "ML-DSA-87";
};

/// Takes one element with the given tag off the front of `in` and returns its content. Lengths in
/// their one DER form only; nothing here is longer than two octets can say.
std::optional<ByteView> take(ByteView& in, Octet tag) noexcept {
  if (in.size() < 2 || in[0] != tag) return {};
  std::size_t header = 2;
  std::size_t size = in[1];
  if (size == 0x81 && in.size() > 2) {
    size = in[2];
    header = 3;
    if (size < 0x80) return {};
  } else if (size == 0x82 && in.size() > 3) {
    size = std::size_t{in[2]} << 8 | in[3];
    header = 4;
    if (size < 0x100) return {};
  } else if (size >= 0x80) {
    return {};
  }
  if (in.size() - header < size) return {};
  const ByteView content = in.subspan(header, size);
  in = in.subspan(header + size);
  return content;
}

/// Tag and length in front of `size` octets.
void put_header(ByteVector& out, Octet tag, std::size_t size) {
  out.push_back(tag);
  if (size >= 0x100) {
    out.insert(out.end(), {0x82, static_cast<Octet>(size >> 8)});
  } else if (size >= 0x80) {
    out.push_back(0x81);
  }
  out.push_back(static_cast<Octet>(size));
}

void put_algorithm(ByteVector& out, Octet arc) {
  put_header(out, kDerSequence, kOidPrefix.size() + 3);
  put_header(out, kDerOid, kOidPrefix.size() + 1);
  out.insert(out.end(), kOidPrefix.begin(), kOidPrefix.end());
  out.push_back(arc);
}

/// An AlgorithmIdentifier that names ML-DSA, and whether it is free of parameters as it must be.
struct Algorithm {
  Octet arc;
  bool sound;
};
std::optional<Algorithm> take_algorithm(ByteView& in) noexcept {
  auto sequence = take(in, kDerSequence);
  if (!sequence) return {};
  const auto oid = take(*sequence, kDerOid);
  if (!oid || oid->size() != kOidPrefix.size() + 1 ||
      !std::ranges::equal(oid->first(kOidPrefix.size()), kOidPrefix) || oid->back() < 17 ||
      oid->back() > 19) {
    return {};
  }
  return Algorithm{oid->back(), sequence->empty()};
}

constexpr const char* kParameters = "ML-DSA algorithm identifier with parameters";

/// A OneAsymmetricKey (RFC 5958 §2) that names ML-DSA, up to and with its algorithm.
struct PrivateKeyHead {
  ByteView version;
  Algorithm algorithm;
  ByteView rest;
};
std::optional<PrivateKeyHead> private_key_head(ByteView der) noexcept {
  auto outer = take(der, kDerSequence);
  if (!outer || !der.empty()) return {};
  const auto version = take(*outer, kDerInteger);
  if (!version) return {};
  const auto algorithm = take_algorithm(*outer);
  if (!algorithm) return {};
  return PrivateKeyHead{*version, *algorithm, *outer};
}

struct PrivateKeyFields {
  ByteView private_key;
  std::optional<ByteView> public_key;
};
Result<PrivateKeyFields> private_key_fields(const PrivateKeyHead& head) noexcept {
  if (!head.algorithm.sound) return fail(ErrorCode::KeyMalformed, kParameters);
  if (head.version.size() != 1 || head.version[0] > 1) {
    return fail(ErrorCode::KeyMalformed, "PKCS#8 version unknown");
  }
  ByteView rest = head.rest;
  const auto private_key = take(rest, kDerOctetString);
  if (!private_key) return fail(ErrorCode::KeyMalformed, "PKCS#8 without private key");
  PrivateKeyFields fields{*private_key, {}};
  if (!rest.empty() && rest[0] == kDerAttributes && !take(rest, kDerAttributes)) {
    return fail(ErrorCode::KeyMalformed, "PKCS#8 attributes malformed");
  }
  if (!rest.empty()) {
    const auto bits = take(rest, kDerPublicKey);
    if (!bits || bits->empty() || (*bits)[0] != 0 || !rest.empty()) {
      return fail(ErrorCode::KeyMalformed, "PKCS#8 with unknown or malformed fields at its end");
    }
    fields.public_key = bits->subspan(1);
  }
  // RFC 5958 §2: version 1 says that there is a public key, and nothing else.
  if ((head.version[0] == 1) != fields.public_key.has_value()) {
    return fail(ErrorCode::KeyMalformed, "PKCS#8 version does not fit its fields");
  }
  return fields;
}

/// The three forms of RFC 9881 §6, told apart by the first tag.
template <class P>
Result<MlDsaPrivateKey<P>> decode_private_key(ByteView choice, PqBackend backend) noexcept {
  constexpr const char* kForm = "ML-DSA private key in none of its three forms";
  if (choice.empty()) return fail(ErrorCode::KeyMalformed, kForm);
  const Octet tag = choice[0];
  if (tag == kDerSeed || tag == kDerOctetString) {
    const auto content = take(choice, tag);
    if (!content || !choice.empty()) return fail(ErrorCode::KeyMalformed, kForm);
    return tag == kDerSeed ? MlDsaPrivateKey<P>::from_seed(*content, backend)
                           : MlDsaPrivateKey<P>::from_expanded(*content, backend);
  }
  auto both = take(choice, kDerSequence);
  if (!both || !choice.empty()) return fail(ErrorCode::KeyMalformed, kForm);
  const auto seed = take(*both, kDerOctetString);
  const auto expanded = seed ? take(*both, kDerOctetString) : std::nullopt;
  if (!expanded || !both->empty()) return fail(ErrorCode::KeyMalformed, kForm);
  if (expanded->size() != P::kPrivateKeySize) {
    return fail(ErrorCode::KeyMalformed, "ML-DSA private key of wrong length");
  }
  auto key = MlDsaPrivateKey<P>::from_seed(*seed, backend);
  if (key && !ct_equal(key->expanded(), *expanded)) {
    return fail(ErrorCode::KeyMalformed, "ML-DSA seed and expanded key disagree");
  }
  return key;
}

template <class P>
class Signer final : public SigningKey {
 public:
  explicit Signer(MlDsaPrivateKey<P>&& key)
      : key_(std::move(key)), spki_(mldsa_spki<P>(key_.public_key())) {}

  [[nodiscard]] std::span<const SignatureScheme> schemes() const noexcept override {
    return Names<P>::kSchemes;
  }
  [[nodiscard]] ByteView public_key() const noexcept override { return spki_; }
  [[nodiscard]] std::string_view description() const noexcept override { return Names<P>::kName; }

  [[nodiscard]] Eventually<ByteVector> sign(SignatureScheme scheme, ByteView message,
                                            Random& random) const override {
    return sign_now(scheme, message, random);
  }

 private:
  [[nodiscard]] Result<ByteVector> sign_now(SignatureScheme scheme, ByteView message,
                                            Random& random) const {
    if (scheme != Names<P>::kSchemes[0]) {
      return fail(ErrorCode::UnsupportedAlgorithm, "the scheme does not fit the key");
    }
    MlDsaSignature<P> signature;
    if (auto made = key_.sign(message, random, signature); !made) return propagate(made);
    return ByteVector(signature.begin(), signature.end());
  }

  MlDsaPrivateKey<P> key_;
  ByteVector spki_;
};

template <class P>
class Verifier final : public VerificationKey {
 public:
  explicit Verifier(const MlDsaPublicKey<P>& key) noexcept : key_(key) {}

  [[nodiscard]] std::span<const SignatureScheme> schemes() const noexcept override {
    return Names<P>::kSchemes;
  }
  [[nodiscard]] std::string_view description() const noexcept override { return Names<P>::kName; }
  [[nodiscard]] Result<void> verify(SignatureScheme scheme, ByteView message,
                                    ByteView signature) const override {
    if (scheme != Names<P>::kSchemes[0]) {
      return fail(ErrorCode::UnsupportedAlgorithm, "the scheme does not fit the key");
    }
    return key_.verify(message, signature);
  }

 private:
  MlDsaPublicKey<P> key_;
};

template <class P>
Result<std::shared_ptr<const SigningKey>> load_signer(const PrivateKeyFields& fields,
                                                      PqBackend backend) {
  auto key = decode_private_key<P>(fields.private_key, backend);
  if (!key) return propagate(key);
  if (fields.public_key && !std::ranges::equal(*fields.public_key, key->public_key())) {
    return fail(ErrorCode::KeyMalformed, "private and public half of the key disagree");
  }
  return std::make_shared<const Signer<P>>(std::move(*key));
}

template <class P>
Result<std::shared_ptr<const VerificationKey>> load_verifier(ByteView octets, PqBackend backend) {
  const auto key = MlDsaPublicKey<P>::parse(octets, backend);
  if (!key) return propagate(key);
  return std::make_shared<const Verifier<P>>(*key);
}

class Loader final : public KeyLoader {
 public:
  Loader(std::shared_ptr<const KeyLoader> others, PqBackend backend) noexcept
      : others_(std::move(others)), backend_(backend) {}

  [[nodiscard]] Result<std::shared_ptr<const SigningKey>> load_private_key(
      ByteView der) const override {
    const auto head = private_key_head(der);
    if (!head) return others_->load_private_key(der);
    const auto fields = private_key_fields(*head);
    if (!fields) return propagate(fields);
    switch (head->algorithm.arc) {
      case Names<MlDsa44>::kArc:
        return load_signer<MlDsa44>(*fields, backend_);
      case Names<MlDsa65>::kArc:
        return load_signer<MlDsa65>(*fields, backend_);
      default:
        return load_signer<MlDsa87>(*fields, backend_);
    }
  }

  [[nodiscard]] Result<std::shared_ptr<const VerificationKey>> load_public_key(
      ByteView spki) const override {
    ByteView rest = spki;
    auto outer = take(rest, kDerSequence);
    if (!outer || !rest.empty()) return others_->load_public_key(spki);
    const auto algorithm = take_algorithm(*outer);
    if (!algorithm) return others_->load_public_key(spki);
    if (!algorithm->sound) return fail(ErrorCode::KeyMalformed, kParameters);
    const auto bits = take(*outer, kDerBitString);
    if (!bits || bits->empty() || (*bits)[0] != 0 || !outer->empty()) {
      return fail(ErrorCode::KeyMalformed, "not a SubjectPublicKeyInfo");
    }
    switch (algorithm->arc) {
      case Names<MlDsa44>::kArc:
        return load_verifier<MlDsa44>(bits->subspan(1), backend_);
      case Names<MlDsa65>::kArc:
        return load_verifier<MlDsa65>(bits->subspan(1), backend_);
      default:
        return load_verifier<MlDsa87>(bits->subspan(1), backend_);
    }
  }

 private:
  std::shared_ptr<const KeyLoader> others_;
  PqBackend backend_;
};

}  // namespace

template <class P>
ByteVector mldsa_spki(std::span<const std::uint8_t, P::kPublicKeySize> public_key) {
  constexpr std::size_t kAlgorithmSize = 2 + 2 + kOidPrefix.size() + 1;
  constexpr std::size_t kBits = 1 + P::kPublicKeySize;
  ByteVector out;
  put_header(out, kDerSequence, kAlgorithmSize + 4 + kBits);
  put_algorithm(out, Names<P>::kArc);
  put_header(out, kDerBitString, kBits);
  out.push_back(0);
  out.insert(out.end(), public_key.begin(), public_key.end());
  return out;
}

template <class P>
SecretBytes mldsa_pkcs8(std::span<const std::uint8_t, kMlDsaSeedSize> seed) {
  ByteVector head{kDerSequence, 0x34, kDerInteger, 1, 0};
  put_algorithm(head, Names<P>::kArc);
  put_header(head, kDerOctetString, 2 + kMlDsaSeedSize);
  put_header(head, kDerSeed, kMlDsaSeedSize);
  SecretBytes out(head.size() + kMlDsaSeedSize);
  const auto at = std::ranges::copy(head, out.expose_mutable().begin()).out;
  std::ranges::copy(seed, at);
  return out;
}

std::shared_ptr<const KeyLoader> mldsa_key_loader(std::shared_ptr<const KeyLoader> others,
                                                  PqBackend backend) {
  return std::make_shared<const Loader>(std::move(others), backend);
}

template ByteVector mldsa_spki<MlDsa44>(std::span<const std::uint8_t, MlDsa44::kPublicKeySize>);
template ByteVector mldsa_spki<MlDsa65>(std::span<const std::uint8_t, MlDsa65::kPublicKeySize>);
template ByteVector mldsa_spki<MlDsa87>(std::span<const std::uint8_t, MlDsa87::kPublicKeySize>);
template SecretBytes mldsa_pkcs8<MlDsa44>(std::span<const std::uint8_t, kMlDsaSeedSize>);
template SecretBytes mldsa_pkcs8<MlDsa65>(std::span<const std::uint8_t, kMlDsaSeedSize>);
template SecretBytes mldsa_pkcs8<MlDsa87>(std::span<const std::uint8_t, kMlDsaSeedSize>);

}  // namespace nautilus::inline v0::crypto::pq
