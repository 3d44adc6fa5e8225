#include "crypto/pq/mldsa_encode.hpp"

#include <algorithm>
#include <bit>

namespace nautilus::inline v0::crypto::pq::mldsa {

void hint_bit_pack(std::span<const HintBits> h, std::size_t omega, ByteSpan out) noexcept {
  std::ranges::fill(out, std::uint8_t{0});
  std::size_t index = 0;
  for (std::size_t i = 0; i < h.size(); ++i) {
    for (std::size_t w = 0; w < h[i].size(); ++w) {
      for (std::uint64_t left = h[i][w]; left != 0; left &= left - 1) {
        out[index++] =
            static_cast<std::uint8_t>(64 * w + static_cast<unsigned>(std::countr_zero(left)));
      }
    }
    out[omega + i] = static_cast<std::uint8_t>(index);
  }
}

Result<void> hint_bit_unpack(ByteView octets, std::size_t omega, std::span<HintBits> h) noexcept {
  std::size_t index = 0;
  for (std::size_t i = 0; i < h.size(); ++i) {
    h[i].fill(0);
    const std::size_t end = octets[omega + i];
    if (end < index || end > omega) {
      return fail(ErrorCode::BadSignature, "ML-DSA hint with impossible counts");
    }
    for (const std::size_t first = index; index < end; ++index) {
      if (index > first && octets[index - 1] >= octets[index]) {
        return fail(ErrorCode::BadSignature, "ML-DSA hint out of order");
      }
      h[i][octets[index] / 64] |= std::uint64_t{1} << (octets[index] % 64);
    }
  }
  if (std::ranges::any_of(octets.subspan(index, omega - index), [](auto o) { return o != 0; })) {
    return fail(ErrorCode::BadSignature, "ML-DSA hint with octets left over");
  }
  return {};
}

}  // namespace nautilus::inline v0::crypto::pq::mldsa
