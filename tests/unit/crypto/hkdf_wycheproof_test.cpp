#include "crypto/hkdf.hpp"
#include "crypto/openssl/digest.hpp"
#include "support/wycheproof.hpp"

namespace nautilus {
namespace {

namespace wp = test::wycheproof;

void run_hkdf(const std::string& file, const HashAlgorithm& hash) {
  wp::for_each(file, hash.backend, [&](const wp::Json&, const wp::Json& test) {
    const auto prk = crypto::hkdf_extract(hash, wp::bytes(test, "salt"), wp::bytes(test, "ikm"));
    ByteVector okm(test.at("size").get<std::size_t>());
    const auto done =
        crypto::hkdf_expand(crypto::HmacKey(hash, prk.expose()), wp::bytes(test, "info"), okm);
    EXPECT_EQ(done.has_value() && okm == wp::bytes(test, "okm"), wp::is_valid(test));
    return done ? wp::Outcome::Run : wp::Outcome::Refused;
  });
}

void run_hmac(const std::string& file, const HashAlgorithm& hash) {
  wp::for_each(file, hash.backend, [&](const wp::Json& group, const wp::Json& test) {
    const auto mac = crypto::HmacKey(hash, wp::bytes(test, "key")).mac(wp::bytes(test, "msg"));
    const std::size_t size = group.at("tagSize").get<std::size_t>() / 8;
    EXPECT_EQ(ct_equal(mac.expose().first(size), wp::bytes(test, "tag")), wp::is_valid(test));
    return wp::Outcome::Run;
  });
}

TEST(Wycheproof, Hkdf) {
  if (!wp::available()) GTEST_SKIP() << wp::kUnavailable;
  run_hkdf("hkdf_sha256", crypto::openssl::sha256());
  run_hkdf("hkdf_sha384", crypto::openssl::sha384());
}

TEST(Wycheproof, Hmac) {
  if (!wp::available()) GTEST_SKIP() << wp::kUnavailable;
  run_hmac("hmac_sha256", crypto::openssl::sha256());
  run_hmac("hmac_sha384", crypto::openssl::sha384());
}

}  // namespace
}  // namespace nautilus
