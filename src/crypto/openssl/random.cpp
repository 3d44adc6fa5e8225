#include "crypto/openssl/random.hpp"

#include <algorithm>
#include <limits>

#include <openssl/rand.h>

#include "crypto/openssl/ossl_ptr.hpp"

namespace nautilus::inline v0::crypto::openssl {
namespace {

class LibcryptoRandom final : public Random {
 public:
  [[nodiscard]] Result<void> fill(ByteSpan out) noexcept override {
    const ErrorScope errors;
    constexpr std::size_t kMost = std::numeric_limits<int>::max();
    while (!out.empty()) {
      const std::size_t take = std::min(out.size(), kMost);
      // Keys come from here, so it is the generator that libcrypto keeps for keys, apart from the
      // one whose output the application may publish.
      if (RAND_priv_bytes(out.data(), static_cast<int>(take)) != 1) {
        return fail(ErrorCode::RandomFailure, "libcrypto's generator failed");
      }
      out = out.subspan(take);
    }
    return {};
  }
};

}  // namespace

std::shared_ptr<Random> system_random() { return std::make_shared<LibcryptoRandom>(); }

}  // namespace nautilus::inline v0::crypto::openssl
