// Four and eight SHAKE functions at once against one after the other.
#include "crypto/pq/keccak_parallel.hpp"

#include <algorithm>
#include <new>

#include <gtest/gtest.h>

#include "crypto/pq/keccak.hpp"
#include "unit/crypto_pq/emulated_backend.hpp"

namespace nautilus {
namespace {

using namespace crypto::pq;

class ParallelShakes : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string name = GetParam();
    if (name == "emulated") {
      backend_ = test::emulated_backend();
    } else {
      const auto found = PqBackend::find(name);
      if (!found) GTEST_SKIP() << name << ": " << found.error().detail << "; NOT run";
      backend_ = *found;
    }
    ASSERT_EQ(backend_.name(), name);
  }

  PqBackend backend_ = PqBackend::portable();
};

template <class Parallel, class Single>
void check_against(PqBackend backend) {
  Parallel parallel(backend);
  for (const std::size_t size : {0UL, 1UL, 7UL, 8UL, 34UL, 66UL, Parallel::kRate - 1}) {
    std::array<ByteVector, Parallel::kLanes> messages;
    std::array<ByteView, Parallel::kLanes> views;
    std::array<std::array<std::uint8_t, Parallel::kRate>, Parallel::kLanes> blocks;
    for (std::size_t i = 0; i < Parallel::kLanes; ++i) {
      messages[i].resize(size);
      for (std::size_t at = 0; at < size; ++at) {
        messages[i][at] = static_cast<std::uint8_t>(31 * i + 7 * at + size);
      }
      views[i] = messages[i];
    }
    const auto spans = [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::array{std::span<std::uint8_t, Parallel::kRate>(blocks[I])...};
    }(std::make_index_sequence<Parallel::kLanes>());
    std::array<Single, Parallel::kLanes> singles;
    for (std::size_t i = 0; i < Parallel::kLanes; ++i) singles[i].absorb(views[i]);
    parallel.absorb(views);
    for (int block = 0; block < 4; ++block) {
      parallel.squeeze_block(spans);
      for (std::size_t i = 0; i < Parallel::kLanes; ++i) {
        std::array<std::uint8_t, Parallel::kRate> expected;
        singles[i].squeeze(expected);
        ASSERT_EQ(blocks[i], expected) << "lane " << i << ", " << size << " octets, " << block;
      }
    }
  }
}

TEST_P(ParallelShakes, EqualSingleOnes) {
  check_against<ParallelShake128<4>, Shake128>(backend_);
  check_against<ParallelShake128<8>, Shake128>(backend_);
  check_against<ParallelShake256<4>, Shake256>(backend_);
  check_against<ParallelShake256<8>, Shake256>(backend_);
}

TEST_P(ParallelShakes, AreWiped) {
  using Parallel = ParallelShake256<8>;
  alignas(Parallel) std::array<std::uint8_t, sizeof(Parallel)> storage{};
  auto* shake = new (storage.data()) Parallel(backend_);
  const ByteVector message(64, 0x5a);
  std::array<ByteView, 8> messages;
  messages.fill(message);
  shake->absorb(messages);
  const volatile std::uint8_t* memory = storage.data();
  const auto count = [&] {
    std::size_t found = 0;
    for (std::size_t i = 0; i < storage.size(); ++i) found += memory[i] == 0x5a ? 1U : 0U;
    return found;
  };
  ASSERT_GE(count(), 8 * 64U);
  shake->~Parallel();
  EXPECT_LT(count(), 8U);
}

INSTANTIATE_TEST_SUITE_P(Backends, ParallelShakes,
                         testing::Values("portable", "avx2", "avx512", "emulated"),
                         [](const auto& name) { return std::string(name.param); });

}  // namespace
}  // namespace nautilus
