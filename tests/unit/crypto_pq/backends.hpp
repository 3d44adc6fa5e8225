// Test cases of a parameter set on a backend, forced by name.
#pragma once

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "crypto/pq/mlkem.hpp"
#include "unit/crypto_pq/emulated_backend.hpp"

namespace nautilus::test {

template <class P>
inline constexpr const char* kSetName = nullptr;
template <>
inline constexpr const char* kSetName<crypto::pq::MlKem512> = "512";
template <>
inline constexpr const char* kSetName<crypto::pq::MlKem768> = "768";
template <>
inline constexpr const char* kSetName<crypto::pq::MlKem1024> = "1024";

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

template <class P, class B>
struct OnBackend {
  using Set = P;
  using Backend = B;
};

template <class Case>
class BackendTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string name = Case::Backend::kName;
    if (name == "emulated") {
      backend_ = emulated_backend();
    } else {
      const auto found = crypto::pq::PqBackend::find(name);
      if (!found && found.error().code == ErrorCode::BackendUnavailable) {
        GTEST_SKIP() << name << ": " << found.error().detail << "; NOT run";
      }
      ASSERT_TRUE(found);
      backend_ = *found;
    }
    ASSERT_EQ(backend_->name(), name);
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

using AllCases = testing::Types<
    OnBackend<crypto::pq::MlKem512, Portable>, OnBackend<crypto::pq::MlKem768, Portable>,
    OnBackend<crypto::pq::MlKem1024, Portable>, OnBackend<crypto::pq::MlKem512, Avx2>,
    OnBackend<crypto::pq::MlKem768, Avx2>, OnBackend<crypto::pq::MlKem1024, Avx2>,
    OnBackend<crypto::pq::MlKem512, Avx512>, OnBackend<crypto::pq::MlKem768, Avx512>,
    OnBackend<crypto::pq::MlKem1024, Avx512>, OnBackend<crypto::pq::MlKem512, Emulated>,
    OnBackend<crypto::pq::MlKem768, Emulated>, OnBackend<crypto::pq::MlKem1024, Emulated>>;

}  // namespace nautilus::test
