// Tests of Curve25519 on each backend, forced by name.
#pragma once

#include <array>
#include <optional>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "crypto/curve25519/backend.hpp"
#include "crypto/curve25519/kernels.hpp"
#include "support/wycheproof.hpp"
#include "unit/crypto_curve25519/emulated_backend.hpp"

namespace nautilus::test {

using Octets = std::array<std::uint8_t, 32>;

inline Octets octets32(std::string_view hex) {
  const ByteVector bytes = wycheproof::from_hex(hex);
  EXPECT_EQ(bytes.size(), 32U) << hex;
  Octets out{};
  std::copy_n(bytes.begin(), std::min<std::size_t>(bytes.size(), 32), out.begin());
  return out;
}

/// "emulated" is the IFMA code over vectors in plain C++.
class Curve25519Test : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string name = GetParam();
    if (name == "emulated") {
      backend_ = emulated_curve25519();
    } else {
      const auto found = crypto::curve25519::Backend::find(name);
      if (!found && found.error().code == ErrorCode::BackendUnavailable) {
        GTEST_SKIP() << name << ": " << found.error().detail << "; NOT run";
      }
      ASSERT_TRUE(found);
      backend_ = *found;
    }
    ASSERT_EQ(backend_->name(), name);
  }

  [[nodiscard]] crypto::curve25519::Backend backend() const { return *backend_; }
  [[nodiscard]] const crypto::curve25519::Kernels& kernels() const { return backend_->kernels(); }

  [[nodiscard]] Octets x25519(const Octets& scalar, const Octets& u) const {
    Octets out{};
    kernels().x25519(out, scalar, u);
    return out;
  }

 private:
  std::optional<crypto::curve25519::Backend> backend_;
};

inline std::string backend_case(const testing::TestParamInfo<const char*>& info) {
  return info.param;
}

inline const auto kEveryBackend = testing::Values("portable", "adx", "ifma", "emulated");

/// Random octets with long runs of equal bits now and then: where carries go far.
class EdgyRandom {
 public:
  explicit EdgyRandom(std::uint64_t seed) : generator_(seed) {}
  [[nodiscard]] std::uint64_t next() { return generator_(); }
  void fill(ByteSpan out) {
    for (std::uint8_t& octet : out) octet = static_cast<std::uint8_t>(generator_());
    const std::uint64_t kind = generator_() % 8;
    if (kind > 1 || out.empty()) return;
    const std::size_t from = generator_() % out.size();
    const std::size_t to = from + generator_() % (out.size() - from) + 1;
    for (std::size_t i = from; i < to; ++i) out[i] = kind == 0 ? 0 : 0xff;
  }
  [[nodiscard]] Octets octets() {
    Octets out;
    fill(out);
    return out;
  }

 private:
  std::mt19937_64 generator_;
};

}  // namespace nautilus::test
