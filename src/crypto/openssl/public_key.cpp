#include "crypto/openssl/public_key.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/x509.h>

#include "crypto/openssl/rsa.hpp"

namespace nautilus::inline v0::crypto::openssl {
namespace {

using Octet = std::uint8_t;

constexpr std::array<Octet, 7> kOidEcPublicKey{0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
constexpr std::array<Octet, 3> kOidEd25519{0x2b, 0x65, 0x70};
constexpr std::array<Octet, 9> kOidRsaEncryption{0x2a, 0x86, 0x48, 0x86, 0xf7,
                                                 0x0d, 0x01, 0x01, 0x01};
/// rsaEncryption and the NULL that RFC 3279 §2.3.1 demands after it.
constexpr std::array<Octet, 13> kRsaAlgorithm{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                              0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
constexpr std::array<Octet, 9> kOidRsassaPss{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a};

// For elliptic curves the one DER encoding is a constant in front of the key's own octets: all that
// precedes the point (or the Ed25519 key), including every length.
constexpr std::array<Octet, 26> kP256Prefix{0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                            0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                            0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
constexpr std::array<Octet, 23> kP384Prefix{0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                                            0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
                                            0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00};
constexpr std::array<Octet, 25> kP521Prefix{0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                                            0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81,
                                            0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00};
constexpr std::array<Octet, 12> kEd25519Prefix{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                               0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

struct CurveForm {
  KeyKind kind;
  ByteView prefix;
  std::size_t key_size;
  const char* name;  ///< libcrypto's
  const char* description;
};

constexpr std::array kCurveForms{
    CurveForm{KeyKind::EcdsaP256, kP256Prefix, 65, "prime256v1", "ECDSA P-256"},
    CurveForm{KeyKind::EcdsaP384, kP384Prefix, 97, "secp384r1", "ECDSA P-384"},
    CurveForm{KeyKind::EcdsaP521, kP521Prefix, 133, "secp521r1", "ECDSA P-521"},
    CurveForm{KeyKind::Ed25519, kEd25519Prefix, 32, "ED25519", "Ed25519"},
};

constexpr Octet kDerInteger = 0x02;
constexpr Octet kDerBitString = 0x03;
constexpr Octet kDerOid = 0x06;
constexpr Octet kDerSequence = 0x30;

/// Takes one element with the given tag and a minimally encoded length off the front of `in` and
/// returns its content.
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

/// The algorithm's object identifier; nothing when this is not a SubjectPublicKeyInfo at all.
std::optional<ByteView> algorithm_oid(ByteView spki) noexcept {
  auto outer = take_element(spki, kDerSequence);
  if (!outer || !spki.empty()) return {};
  auto algorithm = take_element(*outer, kDerSequence);
  if (!algorithm) return {};
  return take_element(*algorithm, kDerOid);
}

/// The curve's object identifier in an id-ecPublicKey SPKI.
std::optional<ByteView> curve_oid(ByteView spki) noexcept {
  auto outer = take_element(spki, kDerSequence);
  if (!outer || !spki.empty()) return {};
  auto algorithm = take_element(*outer, kDerSequence);
  if (!algorithm || !take_element(*algorithm, kDerOid)) return {};
  return take_element(*algorithm, kDerOid);
}

PkeyPtr build_ec(const CurveForm& form, ByteView point) {
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  // OSSL_PARAM takes pointers to non-const but only reads here.
  std::array params{
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(form.name), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<Octet*>(point.data()),
                                        point.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.data()) != 1) {
    return nullptr;
  }
  return PkeyPtr(key);
}

Result<PublicKey> parse_curve_key(const CurveForm& form, ByteView key_octets) {
  PkeyPtr key;
  if (form.kind == KeyKind::Ed25519) {
    key.reset(EVP_PKEY_new_raw_public_key_ex(nullptr, form.name, nullptr, key_octets.data(),
                                             key_octets.size()));
  } else if (key_octets[0] == POINT_CONVERSION_UNCOMPRESSED) {
    key = build_ec(form, key_octets);
  }
  if (!key) return fail(ErrorCode::KeyMalformed, "not a point on the curve");
  const auto schemes = schemes_of(form.kind);
  return PublicKey{form.kind, std::move(key), {schemes.begin(), schemes.end()}, form.description};
}

/// A positive INTEGER in its one DER form, as an unsigned number without leading zeros.
std::optional<ByteView> take_positive(ByteView& in) noexcept {
  const std::optional<ByteView> content = take_element(in, kDerInteger);
  if (!content || content->empty() || (*content)[0] >= 0x80) return {};
  if ((*content)[0] != 0) return content;
  if (content->size() < 2 || (*content)[1] < 0x80) return {};
  return content->subspan(1);
}

struct RsaNumbers {
  ByteView modulus;
  ByteView exponent;
};

/// The numbers of an rsaEncryption key (RFC 8017 §A.1.1).
std::optional<RsaNumbers> rsa_numbers(ByteView spki) noexcept {
  auto outer = take_element(spki, kDerSequence);
  if (!outer || !spki.empty()) return {};
  const auto algorithm = take_element(*outer, kDerSequence);
  if (!algorithm || !std::ranges::equal(*algorithm, kRsaAlgorithm)) return {};
  const auto bits = take_element(*outer, kDerBitString);
  if (!bits || !outer->empty() || bits->empty() || (*bits)[0] != 0) return {};
  ByteView content = bits->subspan(1);
  auto key = take_element(content, kDerSequence);
  if (!key || !content.empty()) return {};
  const auto modulus = take_positive(*key);
  const auto exponent = modulus ? take_positive(*key) : std::nullopt;
  if (!exponent || !key->empty()) return {};
  return RsaNumbers{*modulus, *exponent};
}

/// Libcrypto's own decoder costs ten times as much.
PkeyPtr build_rsa(const RsaNumbers& numbers) {
  const auto number = [](ByteView bytes) {
    return BnPtr(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  };
  const BnPtr modulus = number(numbers.modulus);
  const BnPtr exponent = number(numbers.exponent);
  const OsslPtr<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  if (!modulus || !exponent || !builder ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return nullptr;
  }
  const OsslPtr<OSSL_PARAM, OSSL_PARAM_free> params(OSSL_PARAM_BLD_to_param(builder.get()));
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return PkeyPtr(key);
}

/// With its parameters, an id-RSASSA-PSS key is left to libcrypto.
PkeyPtr decode_pss(ByteView spki) {
  const Octet* cursor = spki.data();
  PkeyPtr key(d2i_PUBKEY_ex(nullptr, &cursor, static_cast<long>(spki.size()), nullptr, nullptr));
  // Writing it again must give the same octets: what is not DER is refused.
  if (!key || !std::ranges::equal(encode_public_key(key.get()), spki)) return nullptr;
  return key;
}

Result<PublicKey> finish_rsa_key(KeyKind kind, PkeyPtr key) {
  if (!key) return fail(ErrorCode::KeyMalformed, "not a DER-encoded RSA key");
  if (auto checked = check_rsa(key.get()); !checked) return propagate(checked);
  std::vector<SignatureScheme> schemes = usable_pss_schemes(kind, key.get());
  if (schemes.empty()) {
    return fail(ErrorCode::UnsupportedAlgorithm, "RSASSA-PSS parameters unknown to TLS 1.3");
  }
  std::string description = kind == KeyKind::Rsa ? "RSA " : "RSASSA-PSS ";
  description += std::to_string(EVP_PKEY_get_bits(key.get()));
  return PublicKey{kind, std::move(key), std::move(schemes), std::move(description)};
}

}  // namespace

Result<PublicKey> parse_public_key(ByteView spki) {
  // Far above any RSA key that check_rsa lets pass.
  constexpr std::size_t kMaxSpki = 8192;
  if (spki.size() > kMaxSpki) return fail(ErrorCode::KeyMalformed, "public key too long");
  for (const CurveForm& form : kCurveForms) {
    if (spki.size() == form.prefix.size() + form.key_size &&
        std::ranges::equal(spki.first(form.prefix.size()), form.prefix)) {
      return parse_curve_key(form, spki.subspan(form.prefix.size()));
    }
  }
  const std::optional<ByteView> oid = algorithm_oid(spki);
  if (!oid) return fail(ErrorCode::KeyMalformed, "not a SubjectPublicKeyInfo");
  if (std::ranges::equal(*oid, kOidRsaEncryption)) {
    const std::optional<RsaNumbers> numbers = rsa_numbers(spki);
    return finish_rsa_key(KeyKind::Rsa, numbers ? build_rsa(*numbers) : nullptr);
  }
  if (std::ranges::equal(*oid, kOidRsassaPss)) {
    return finish_rsa_key(KeyKind::RsaPss, decode_pss(spki));
  }
  if (std::ranges::equal(*oid, kOidEd25519)) {
    return fail(ErrorCode::KeyMalformed, "not a DER-encoded Ed25519 key");
  }
  if (std::ranges::equal(*oid, kOidEcPublicKey)) {
    const std::optional<ByteView> curve = curve_oid(spki);
    if (!curve) return fail(ErrorCode::KeyMalformed, "elliptic curve without a name");
    const auto known = [&](const CurveForm& form) {
      return form.kind != KeyKind::Ed25519 && !curve->empty() &&
             !std::ranges::search(form.prefix, *curve).empty();
    };
    if (std::ranges::any_of(kCurveForms, known)) {
      return fail(ErrorCode::KeyMalformed, "not a DER-encoded uncompressed point");
    }
    return fail(ErrorCode::UnsupportedAlgorithm, "elliptic curve without a signature scheme");
  }
  return fail(ErrorCode::UnsupportedAlgorithm, "public key algorithm");
}

ByteVector encode_public_key(EVP_PKEY* key) {
  Octet* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) return {};
  // Freed even where memory runs out for the copy.
  const auto free_der = [](Octet* octets) { OPENSSL_free(octets); };
  const std::unique_ptr<Octet, decltype(free_der)> owned(der, free_der);
  return {der, der + size};
}

}  // namespace nautilus::inline v0::crypto::openssl
