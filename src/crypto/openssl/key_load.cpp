#include "crypto/openssl/key_load.hpp"

#include <optional>

#include <openssl/x509.h>

#include "crypto/openssl/ossl_ptr.hpp"
#include "crypto/openssl/public_key.hpp"
#include "crypto/openssl/sign.hpp"
#include "crypto/openssl/verify.hpp"

namespace nautilus::inline v0::crypto::openssl {
namespace {

using Pkcs8Ptr = OsslPtr<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;

/// Generous for RSA of 8192 bits; keeps lengths within libcrypto's types.
constexpr std::size_t kMaxPrivateKey = 65536;

bool known_algorithm(const ASN1_OBJECT* oid) noexcept {
  switch (OBJ_obj2nid(oid)) {
    case NID_X9_62_id_ecPublicKey:
    case NID_ED25519:
    case NID_rsaEncryption:
    case NID_rsassaPss:
      return true;
    default:
      return false;
  }
}

Result<PkeyPtr> decode_pkcs8(ByteView der) {
  const std::uint8_t* cursor = der.data();
  const Pkcs8Ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &cursor, static_cast<long>(der.size())));
  const ASN1_OBJECT* oid = nullptr;
  if (!info || cursor != der.data() + der.size() ||
      PKCS8_pkey_get0(&oid, nullptr, nullptr, nullptr, info.get()) != 1) {
    return fail(ErrorCode::KeyMalformed, "not a PKCS#8 private key");
  }
  if (!known_algorithm(oid)) {
    return fail(ErrorCode::UnsupportedAlgorithm, "private key algorithm");
  }
  PkeyPtr key(EVP_PKCS82PKEY_ex(info.get(), nullptr, nullptr));
  if (!key) return fail(ErrorCode::KeyMalformed, "PKCS#8 holds no valid key");
  return key;
}

Result<PkeyPtr> decode_traditional(int type, ByteView der) {
  const std::uint8_t* cursor = der.data();
  PkeyPtr key(
      d2i_PrivateKey_ex(type, nullptr, &cursor, static_cast<long>(der.size()), nullptr, nullptr));
  if (!key || cursor != der.data() + der.size()) {
    return fail(ErrorCode::KeyMalformed, "not a SEC 1 or PKCS #1 private key");
  }
  return key;
}

/// All three formats are SEQUENCE { version INTEGER, X ... }; X tells which one it is.
std::optional<std::uint8_t> second_tag(ByteView der) noexcept {
  if (der.size() < 2 || der[0] != 0x30) return {};
  const std::size_t length_octets = der[1] < 0x80 ? 0 : der[1] & 0x7fU;
  const std::size_t version = 2 + length_octets;
  if (der.size() < version + 4 || der[version] != 0x02 || der[version + 1] != 0x01) return {};
  return der[version + 3];
}

class LibcryptoKeyLoader final : public KeyLoader {
 public:
  [[nodiscard]] Result<std::shared_ptr<const SigningKey>> load_private_key(
      ByteView der) const override {
    const ErrorScope errors;
    Result<PkeyPtr> key = decode(der);
    if (!key) return propagate(key);
    return make_signing_key(std::move(*key));
  }

  [[nodiscard]] Result<std::shared_ptr<const VerificationKey>> load_public_key(
      ByteView spki) const override {
    const ErrorScope errors;
    Result<PublicKey> key = parse_public_key(spki);
    if (!key) return propagate(key);
    return make_verification_key(std::move(*key));
  }

 private:
  static Result<PkeyPtr> decode(ByteView der) {
    constexpr std::uint8_t kSequence = 0x30;
    constexpr std::uint8_t kOctetString = 0x04;
    constexpr std::uint8_t kInteger = 0x02;
    const std::optional<std::uint8_t> tag =
        der.size() <= kMaxPrivateKey ? second_tag(der) : std::nullopt;
    if (tag == kSequence) return decode_pkcs8(der);
    if (tag == kOctetString) return decode_traditional(EVP_PKEY_EC, der);
    if (tag == kInteger) return decode_traditional(EVP_PKEY_RSA, der);
    return fail(ErrorCode::KeyMalformed, "not a DER private key");
  }
};

}  // namespace

std::shared_ptr<const KeyLoader> key_loader() {
  return std::make_shared<const LibcryptoKeyLoader>();
}

}  // namespace nautilus::inline v0::crypto::openssl
