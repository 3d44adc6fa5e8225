#include <gtest/gtest.h>

#include "crypto/aegis/backend.hpp"
#include "unit/crypto/aead_suite.hpp"

namespace nautilus {
namespace {

TEST(AegisThreads, OneKeyServesEight) {
  const crypto::aegis::Backend backend = crypto::aegis::load();
  if (!backend.available) GTEST_SKIP() << "AEGIS is off: " << backend.note;
  test::aead::check_threads(*backend.aegis_128l);
  test::aead::check_threads(*backend.aegis_256);
}

}  // namespace
}  // namespace nautilus
