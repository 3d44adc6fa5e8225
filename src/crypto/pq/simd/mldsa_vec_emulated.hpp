// ML-DSA's vectors and sampling steps of mldsa_vec_avx512.hpp in plain C++: the kernels written
// over them can so be run by a checker that does not know AVX-512, and on any CPU. For tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "crypto/pq/mldsa_field.hpp"
#include "crypto/pq/simd/mldsa_tables.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

/// Sixteen 32-bit words.
struct EmulatedInts {
  static constexpr std::size_t kLanes = 16;
  std::int32_t w[kLanes];

  template <class F>
  static EmulatedInts make(F f) noexcept {
    EmulatedInts r;
    for (std::size_t i = 0; i < kLanes; ++i) r.w[i] = static_cast<std::int32_t>(f(i));
    return r;
  }
  static EmulatedInts load(const std::int32_t* from) noexcept {
    return make([&](std::size_t i) { return from[i]; });
  }
  void store(std::int32_t* to) const noexcept { std::memcpy(to, w, sizeof w); }
  static EmulatedInts splat(std::int32_t value) noexcept {
    return make([&](std::size_t) { return value; });
  }
  // As the machine does it: around at 2^32.
  [[nodiscard]] std::uint32_t at(std::size_t i) const noexcept {
    return static_cast<std::uint32_t>(w[i]);
  }
  friend EmulatedInts operator+(EmulatedInts a, EmulatedInts b) noexcept {
    return make([&](std::size_t i) { return a.at(i) + b.at(i); });
  }
  friend EmulatedInts operator-(EmulatedInts a, EmulatedInts b) noexcept {
    return make([&](std::size_t i) { return a.at(i) - b.at(i); });
  }
  friend EmulatedInts operator&(EmulatedInts a, EmulatedInts b) noexcept {
    return make([&](std::size_t i) { return a.w[i] & b.w[i]; });
  }
  friend EmulatedInts operator|(EmulatedInts a, EmulatedInts b) noexcept {
    return make([&](std::size_t i) { return a.w[i] | b.w[i]; });
  }
  static EmulatedInts and_not(EmulatedInts a, EmulatedInts b) noexcept {
    return make([&](std::size_t i) { return ~a.w[i] & b.w[i]; });
  }
  template <int N>
  EmulatedInts shift_right_signed() const noexcept {
    return make([&](std::size_t i) { return w[i] >> N; });
  }
  template <int N>
  EmulatedInts shift_left() const noexcept {
    return make([&](std::size_t i) { return at(i) << N; });
  }
  static EmulatedInts multiply_low(EmulatedInts a, EmulatedInts b) noexcept {
    return make([&](std::size_t i) { return a.at(i) * b.at(i); });
  }
  [[nodiscard]] std::uint64_t signs() const noexcept {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < kLanes; ++i) bits |= std::uint64_t{at(i) >> 31} << i;
    return bits;
  }
  static EmulatedInts from_bits(std::uint64_t bits) noexcept {
    return make([&](std::size_t i) { return std::uint32_t{0} - (bits >> i & 1); });
  }

  struct Factor {
    std::int32_t z[kLanes];
    std::int32_t z_qinv[kLanes];
    static Factor splat(std::int32_t z) noexcept {
      Factor factor;
      for (std::size_t i = 0; i < kLanes; ++i) {
        factor.z[i] = z;
        factor.z_qinv[i] = mldsa::times_qinv(z);
      }
      return factor;
    }
    static Factor load(const std::int32_t* z, const std::int32_t* z_qinv) noexcept {
      Factor factor;
      std::memcpy(factor.z, z, sizeof factor.z);
      std::memcpy(factor.z_qinv, z_qinv, sizeof factor.z_qinv);
      return factor;
    }
  };
  static EmulatedInts multiply_montgomery(EmulatedInts a, const Factor& by) noexcept {
    return make([&](std::size_t i) {
      const auto t = static_cast<std::int32_t>(a.at(i) * static_cast<std::uint32_t>(by.z_qinv[i]));
      const std::int64_t product = std::int64_t{a.w[i]} * by.z[i];
      return (product - std::int64_t{t} * mldsa::kModulus) >> 32;
    });
  }

  struct Sum {
    std::int64_t sums[kLanes];
    static Sum zero() noexcept { return {}; }
    void add(const std::int32_t* a, const std::int32_t* b) noexcept {
      for (std::size_t i = 0; i < kLanes; ++i) sums[i] += std::int64_t{a[i]} * b[i];
    }
    void subtract(const std::int32_t* a, const std::int32_t* b) noexcept {
      for (std::size_t i = 0; i < kLanes; ++i) sums[i] -= std::int64_t{a[i]} * b[i];
    }
    [[nodiscard]] EmulatedInts reduce() const noexcept {
      return make([&](std::size_t i) { return mldsa::montgomery_reduce(sums[i]); });
    }
  };

  /// 64 octets with sign.
  struct Octets {
    static constexpr std::size_t kLanes = 64;
    std::int8_t v[kLanes];
    static Octets zero() noexcept { return {}; }
    void add(const std::int8_t* from) noexcept {
      for (std::size_t i = 0; i < kLanes; ++i) v[i] = static_cast<std::int8_t>(v[i] + from[i]);
    }
    template <std::size_t Part>
    [[nodiscard]] EmulatedInts words() const noexcept {
      return make([&](std::size_t i) { return v[16 * Part + i]; });
    }
  };

  static void transpose(EmulatedInts* r) noexcept {
    for (std::size_t i = 0; i < kLanes; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const std::int32_t kept = r[i].w[j];
        r[i].w[j] = r[j].w[i];
        r[j].w[i] = kept;
      }
    }
  }
};

struct SamplingEmulated {
  static std::size_t sample_public(const std::uint8_t* octets, std::size_t size, std::int32_t* out,
                                   std::size_t filled) noexcept {
    for (std::size_t i = 0; i < size && filled < 256; i += 3) {
      const std::int32_t value = octets[i] | octets[i + 1] << 8 | (octets[i + 2] & 0x7f) << 16;
      if (value < mldsa::kModulus) out[filled++] = value;
    }
    return filled;
  }

  static int half_byte(const std::uint8_t* octets, std::size_t i) noexcept {
    return octets[i / 2] >> (4 * (i % 2)) & 15;
  }
  static void accept_half_bytes(const std::uint8_t* octets, std::size_t groups, std::size_t eta,
                                std::uint16_t* accepted) noexcept {
    const int limit = eta == 2 ? 15 : 9;
    for (std::size_t g = 0; g < groups; ++g) {
      unsigned bits = 0;
      for (std::size_t i = 0; i < 16; ++i) {
        bits |= (static_cast<unsigned>(half_byte(octets + 8 * g, i) - limit) >> 31) << i;
      }
      accepted[g] = static_cast<std::uint16_t>(bits);
    }
  }
  static std::size_t take_half_bytes(const std::uint8_t* octets, std::size_t groups,
                                     std::size_t eta, const std::uint16_t* accepted,
                                     std::int32_t* out, std::size_t filled) noexcept {
    const std::int8_t* const table = eta == 2 ? kHalfBytes.eta_2 : kHalfBytes.eta_4;
    for (std::size_t i = 0; i < 16 * groups; ++i) {
      if ((accepted[i / 16] >> (i % 16) & 1) == 0) continue;
      const int wanted = half_byte(octets, i);
      // The whole table is read, as a shuffle within a register does.
      int value = 0;
      for (int entry = 0; entry < 16; ++entry) {
        value |= table[entry] & (((wanted ^ entry) - 1) >> 31);
      }
      out[filled++] = value;
    }
    return filled;
  }

  template <std::size_t Bits>
  static void bit_unpack(const std::uint8_t* octets, std::int32_t b, std::int32_t* w) noexcept {
    for (std::size_t i = 0; i < 256; ++i) {
      std::uint32_t window = 0;
      std::memcpy(&window, octets + Bits * i / 8, sizeof window);
      w[i] = b - static_cast<std::int32_t>(window >> (Bits * i % 8) & ((1U << Bits) - 1));
    }
  }
  template <std::size_t Bits>
  static void bit_pack(const std::int32_t* w, std::int32_t b, std::uint8_t* out) noexcept {
    pack<Bits>(256, out, [&](std::size_t i) { return b - w[i]; });
  }
  template <std::size_t Bits>
  static void pack_16(const std::int32_t* w, std::uint8_t* out) noexcept {
    pack<Bits>(16, out, [&](std::size_t i) { return w[i]; });
  }

 private:
  template <std::size_t Bits, class Value>
  static void pack(std::size_t count, std::uint8_t* out, Value value) noexcept {
    std::memset(out, 0, Bits * count / 8);
    for (std::size_t bit = 0; bit < Bits * count; ++bit) {
      const auto field = static_cast<std::uint32_t>(value(bit / Bits));
      out[bit / 8] =
          static_cast<std::uint8_t>(out[bit / 8] | (field >> (bit % Bits) & 1) << (bit % 8));
    }
  }
};

}  // namespace nautilus::inline v0::crypto::pq::simd
