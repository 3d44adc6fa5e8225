// Test cases of a parameter set on a backend, forced by name, and what they share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "crypto/pq/keccak.hpp"
#include "crypto/pq/mldsa.hpp"
#include "unit/crypto_pq/emulated_backend.hpp"
#include "unit/crypto_pq/hex.hpp"

namespace nautilus::test::mldsa {

template <class P>
inline constexpr const char* kSetName = nullptr;
template <>
inline constexpr const char* kSetName<crypto::pq::MlDsa44> = "44";
template <>
inline constexpr const char* kSetName<crypto::pq::MlDsa65> = "65";
template <>
inline constexpr const char* kSetName<crypto::pq::MlDsa87> = "87";

struct Portable {
  static constexpr const char* kName = "portable";
};
struct Avx2 {
  static constexpr const char* kName = "avx2";
};
struct Avx512 {
  static constexpr const char* kName = "avx512";
};

/// The kernels of AVX-512 in plain C++.
struct Emulated {
  static constexpr const char* kName = "emulated";
};

/// As PqBackend::find, and also finds "emulated".
inline Result<crypto::pq::PqBackend> find_backend(std::string_view name) {
  if (name == Emulated::kName) return emulated_backend();
  return crypto::pq::PqBackend::find(name);
}

template <class P, class B>
struct OnBackend {
  using Set = P;
  using Backend = B;
};

/// Skips, loudly, where the backend cannot run.
template <class Case>
class BackendTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string name = Case::Backend::kName;
    const auto found = find_backend(name);
    if (!found && found.error().code == ErrorCode::BackendUnavailable) {
      GTEST_SKIP() << name << ": " << found.error().detail << "; NOT run";
    }
    ASSERT_TRUE(found);
    ASSERT_EQ(found->name(), name);
    ASSERT_NE(found->parts().mldsa, nullptr) << name << " has no kernels of its own";
    backend_ = *found;
  }

  [[nodiscard]] crypto::pq::PqBackend backend() const { return *backend_; }

 private:
  std::optional<crypto::pq::PqBackend> backend_;
};

struct CaseNames {
  template <class Case>
  static std::string GetName(int /*index*/) {
    return std::string(kSetName<typename Case::Set>) + "_" + Case::Backend::kName;
  }
};

/// What the library ships.
using ShippedCases =
    testing::Types<OnBackend<crypto::pq::MlDsa44, Portable>,
                   OnBackend<crypto::pq::MlDsa65, Portable>,
                   OnBackend<crypto::pq::MlDsa87, Portable>, OnBackend<crypto::pq::MlDsa44, Avx2>,
                   OnBackend<crypto::pq::MlDsa65, Avx2>, OnBackend<crypto::pq::MlDsa87, Avx2>,
                   OnBackend<crypto::pq::MlDsa44, Avx512>, OnBackend<crypto::pq::MlDsa65, Avx512>,
                   OnBackend<crypto::pq::MlDsa87, Avx512>>;

template <class... Shipped>
testing::Types<Shipped..., OnBackend<crypto::pq::MlDsa44, Emulated>,
               OnBackend<crypto::pq::MlDsa65, Emulated>, OnBackend<crypto::pq::MlDsa87, Emulated>>
    with_emulated(testing::Types<Shipped...>);
using AllCases = decltype(with_emulated(ShippedCases()));

/// Random octets that are the same in every run.
class ScriptedRandom final : public Random {
 public:
  Result<void> fill(ByteSpan out) noexcept override {
    stream_.squeeze(out);
    return {};
  }

 private:
  crypto::pq::Shake128 stream_;
};

class BrokenRandom final : public Random {
 public:
  Result<void> fill(ByteSpan /*out*/) noexcept override { return fail(ErrorCode::RandomFailure); }
};

/// One digest over `iterations` key generations and deterministic signatures of the empty message;
/// the seeds come from one SHAKE-128 stream over the empty message.
template <class P>
std::string accumulated(int iterations, crypto::pq::PqBackend backend) {
  crypto::pq::Shake128 inputs;
  crypto::pq::Shake128 outputs;
  for (int i = 0; i < iterations; ++i) {
    std::array<std::uint8_t, crypto::pq::kMlDsaSeedSize> seed;
    inputs.squeeze(seed);
    std::array<std::uint8_t, P::kPublicKeySize> pk;
    std::array<std::uint8_t, P::kPrivateKeySize> sk;
    crypto::pq::MlDsa<P>::key_gen(seed, pk, sk, backend);
    outputs.absorb(pk);
    crypto::pq::MlDsaSignature<P> signature;
    constexpr std::array<std::uint8_t, crypto::pq::kMlDsaRandomSize> kZeros{};
    if (!crypto::pq::MlDsa<P>::sign(sk, {}, {}, kZeros, signature, backend)) return "not signed";
    outputs.absorb(signature);
    if (!crypto::pq::MlDsa<P>::verify(pk, {}, {}, signature, backend)) return "not verified";
  }
  std::array<std::uint8_t, 32> digest;
  outputs.squeeze(digest);
  return to_hex(digest);
}

}  // namespace nautilus::test::mldsa
