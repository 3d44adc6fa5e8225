#include "crypto/openssl/aead.hpp"
#include "unit/crypto/aead_suite.hpp"

namespace nautilus {
namespace {

TEST(LibcryptoThreads, OneAeadKeyServesMany) {
  test::aead::check_threads(*crypto::openssl::aes_128_gcm().value());
  test::aead::check_threads(*crypto::openssl::aes_256_gcm().value());
  test::aead::check_threads(*crypto::openssl::chacha20_poly1305().value());
}

}  // namespace
}  // namespace nautilus
