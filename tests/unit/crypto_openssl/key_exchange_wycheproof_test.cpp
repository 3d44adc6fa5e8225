#include <algorithm>

#include "crypto/openssl/ecdh.hpp"
#include "crypto/openssl/x25519.hpp"
#include "support/wycheproof.hpp"
#include "unit/crypto/fixed_random.hpp"

namespace nautilus {
namespace {

namespace wp = test::wycheproof;

/// A key pair whose private octets are the vector's, as the group's own generator would draw them.
std::unique_ptr<ActiveKeyExchange> key_with(const KeyExchangeGroup& group, ByteVector scalar,
                                            std::size_t size) {
  if (scalar.size() > size) {
    scalar.erase(scalar.begin(), scalar.begin() + std::ptrdiff_t(scalar.size() - size));
  }
  scalar.insert(scalar.begin(), size - scalar.size(), 0);
  test::FixedRandom random(std::move(scalar));
  auto started = group.start(random);
  return started ? std::move(*started) : nullptr;
}

TEST(Wycheproof, LibcryptoX25519) {
  if (!wp::available()) GTEST_SKIP() << wp::kUnavailable;
  const auto group = crypto::openssl::x25519_group();
  wp::for_each("x25519", "libcrypto", [&](const wp::Json&, const wp::Json& test) {
    const auto own = key_with(*group, wp::bytes(test, "private"), 32);
    EXPECT_TRUE(own);
    const ByteVector expected = wp::bytes(test, "shared");
    const auto secret = own->complete(wp::bytes(test, "public"));
    // RFC 9846 §7.4.2: the all-zero result, and nothing else, must be refused.
    const bool zero = std::ranges::all_of(expected, [](std::uint8_t octet) { return octet == 0; });
    EXPECT_EQ(secret.has_value(), !zero);
    if (!secret) {
      EXPECT_EQ(secret.error().code, ErrorCode::InvalidKeyShare);
      return wp::Outcome::Refused;
    }
    EXPECT_EQ(to_vector(secret->expose()), expected);
    return wp::Outcome::Run;
  });
}

void run_ecdh(const std::string& file, NamedGroup id, std::size_t size) {
  const auto group = crypto::openssl::ecdh_group(id).value();
  wp::for_each(file, "libcrypto", [&](const wp::Json&, const wp::Json& test) {
    const auto own = key_with(*group, wp::bytes(test, "private"), size);
    EXPECT_TRUE(own);
    const ByteVector share = wp::bytes(test, "public");
    const bool uncompressed = share.size() == 1 + 2 * size && share[0] == 0x04;
    const auto secret = own->complete(share);
    if (!secret) {
      // TLS allows uncompressed points only; whatever Wycheproof says of the other forms.
      EXPECT_TRUE(wp::is_invalid(test) || !uncompressed);
      EXPECT_EQ(secret.error().code, ErrorCode::InvalidKeyShare);
      return wp::Outcome::Refused;
    }
    EXPECT_TRUE(wp::is_valid(test));
    EXPECT_EQ(to_vector(secret->expose()), wp::bytes(test, "shared"));
    return wp::Outcome::Run;
  });
}

TEST(Wycheproof, LibcryptoEcdh) {
  if (!wp::available()) GTEST_SKIP() << wp::kUnavailable;
  run_ecdh("ecdh_secp256r1_ecpoint", NamedGroup::secp256r1, 32);
  run_ecdh("ecdh_secp384r1_ecpoint", NamedGroup::secp384r1, 48);
  run_ecdh("ecdh_secp521r1_ecpoint", NamedGroup::secp521r1, 66);
}

}  // namespace
}  // namespace nautilus
