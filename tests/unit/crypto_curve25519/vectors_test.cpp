// Wycheproof's vectors for X25519 and Ed25519 and CCTV's edge cases for Ed25519.
#include <algorithm>
#include <iostream>
#include <set>

#include "crypto/curve25519/ed25519.hpp"
#include "crypto/curve25519/ed25519_keys.hpp"
#include "crypto/curve25519/x25519.hpp"
#include "crypto/openssl/digest.hpp"
#include "crypto/openssl/key_load.hpp"
#include "unit/crypto/fixed_random.hpp"
#include "unit/crypto_curve25519/backends.hpp"

namespace nautilus {
namespace {

namespace wp = test::wycheproof;
using namespace crypto::curve25519;

class Curve25519Vectors : public test::Curve25519Test {
 protected:
  void SetUp() override {
    if (!wp::available()) GTEST_SKIP() << wp::kUnavailable;
    test::Curve25519Test::SetUp();
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, Curve25519Vectors, test::kEveryBackend, test::backend_case);

bool has_flag(const wp::Json& test, std::string_view flag) {
  return std::ranges::any_of(test.at("flags"), [&](const wp::Json& f) { return f == flag; });
}

// "acceptable" are twist points, non-canonical values and zero results. Expected: the first two are
// computed like any other (RFC 7748 §5), the zero result alone is refused (RFC 9846 §7.4.2).
TEST_P(Curve25519Vectors, WycheproofX25519) {
  const auto group = x25519_group(backend());
  wp::for_each("x25519", backend().name(), [&](const wp::Json&, const wp::Json& test) {
    test::FixedRandom random(wp::bytes(test, "private"));
    const auto own = group->start(random).value();
    const auto secret = own->complete(wp::bytes(test, "public"));
    const ByteVector expected = wp::bytes(test, "shared");
    const bool zero = has_flag(test, "ZeroSharedSecret");
    EXPECT_EQ(zero, expected == ByteVector(32, 0));
    EXPECT_EQ(secret.has_value(), !zero);
    if (!secret) {
      EXPECT_EQ(secret.error().code, ErrorCode::InvalidKeyShare);
      return wp::Outcome::Refused;
    }
    EXPECT_EQ(to_vector(secret->expose()), expected);
    return wp::Outcome::Run;
  });
}

// Through the interface that CertificateVerify uses. The file leaves no choice: all cases are valid
// or invalid.
TEST_P(Curve25519Vectors, WycheproofEd25519) {
  const auto loader =
      key_loader(crypto::openssl::key_loader(), crypto::openssl::sha512(), backend());
  wp::for_each("ed25519", backend().name(), [&](const wp::Json& group, const wp::Json& test) {
    const auto key = loader->load_public_key(wp::bytes(group, "publicKeyDer")).value();
    const auto verdict =
        key->verify(SignatureScheme::ed25519, wp::bytes(test, "msg"), wp::bytes(test, "sig"));
    EXPECT_EQ(verdict.has_value(), wp::is_valid(test));
    if (!verdict) {
      EXPECT_EQ(verdict.error().code, ErrorCode::BadSignature);
    }
    return wp::Outcome::Run;
  });
}

// Expected of each case: refused when A is of small order or not canonical, when R is not canonical
// (R' is encoded canonically), or when a residue of small order remains (no cofactor). reencoded_k
// marks cases whose signature fits another k than ours. All others are accepted.
TEST_P(Curve25519Vectors, CctvEd25519) {
  const std::filesystem::path path =
      std::filesystem::path(std::getenv("NAUTILUS_VECTORS")) / "cctv/ed25519/ed25519vectors.json";
  std::ifstream file(path);
  ASSERT_TRUE(file.is_open()) << path;
  int accepted = 0;
  int refused = 0;
  for (const wp::Json& test : wp::Json::parse(file)) {
    SCOPED_TRACE(test.at("number").dump());
    std::set<std::string> flags;
    if (test.at("flags").is_array()) flags = test.at("flags").get<std::set<std::string>>();
    bool expected = true;
    for (const char* refusal : {"low_order_A", "non_canonical_A", "non_canonical_R",
                                "low_order_residue", "reencoded_k"}) {
      if (flags.contains(refusal)) expected = false;
    }
    const test::Octets octets = test::octets32(test.at("key").get<std::string>());
    const Ed25519PublicKey key(octets, crypto::openssl::sha512(), backend());
    EXPECT_EQ(key.usable(), !flags.contains("low_order_A") && !flags.contains("non_canonical_A"));
    const auto verdict =
        key.verify(as_bytes(test.at("msg").get_ref<const std::string&>()), wp::bytes(test, "sig"));
    EXPECT_EQ(verdict.has_value(), expected);
    ++(verdict ? accepted : refused);
  }
  std::cout << "cctv ed25519 [" << backend().name() << "]: " << accepted << " accepted, " << refused
            << " refused\n";
  EXPECT_EQ(accepted + refused, 914);
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace nautilus
