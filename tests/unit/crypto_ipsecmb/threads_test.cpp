#include "crypto/ipsecmb/backend.hpp"
#include "unit/crypto/aead_suite.hpp"

namespace nautilus {
namespace {

TEST(IpsecMbThreads, OneAeadKeyServesMany) {
  const crypto::ipsecmb::Backend backend = crypto::ipsecmb::load();
  if (!backend.available) GTEST_SKIP() << "ipsec-mb is off: " << backend.note;
  test::aead::check_threads(*backend.aes_128_gcm);
  test::aead::check_threads(*backend.aes_256_gcm);
  test::aead::check_threads(*backend.chacha20_poly1305);
}

}  // namespace
}  // namespace nautilus
