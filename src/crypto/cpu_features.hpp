// What the CPU can do: asked in one place, so that what a backend needs is stated as data.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace nautilus::inline v0::crypto {

/// Instructions that not every CPU of the architecture has, by their names in Intel's manual.
enum class CpuFeature : std::uint8_t {
  Adx,
  Aes,
  Avx,
  Avx2,
  Avx512Bw,
  Avx512Dq,
  Avx512F,
  Avx512Ifma,
  Avx512Vbmi,
  Avx512Vbmi2,
  Avx512Vl,
  Avx512Vnni,
  Bmi1,
  Bmi2,
  Popcnt,
};

/// A set of them.
class CpuFeatures {
 public:
  constexpr CpuFeatures(std::initializer_list<CpuFeature> features) noexcept {
    for (const CpuFeature feature : features) bits_ |= bit(feature);
  }

  /// Those this CPU has and the operating system lets programs use.
  [[nodiscard]] static CpuFeatures here() noexcept;

  [[nodiscard]] constexpr bool include(CpuFeatures needed) const noexcept {
    return (bits_ & needed.bits_) == needed.bits_;
  }
  [[nodiscard]] constexpr CpuFeatures with(CpuFeature feature, bool present = true) const noexcept {
    CpuFeatures more = *this;
    more.bits_ |= static_cast<std::uint32_t>(present) << static_cast<unsigned>(feature);
    return more;
  }
  [[nodiscard]] constexpr CpuFeatures without(CpuFeature feature) const noexcept {
    CpuFeatures fewer = *this;
    fewer.bits_ &= ~bit(feature);
    return fewer;
  }
  [[nodiscard]] friend constexpr bool operator==(CpuFeatures, CpuFeatures) noexcept = default;

 private:
  [[nodiscard]] static constexpr std::uint32_t bit(CpuFeature feature) noexcept {
    return std::uint32_t{1} << static_cast<unsigned>(feature);
  }

  std::uint32_t bits_ = 0;
};

}  // namespace nautilus::inline v0::crypto
