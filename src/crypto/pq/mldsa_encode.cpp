#include "crypto/pq/mldsa_encode.hpp"

#include <algorithm>

namespace nautilus::inline v0::crypto::pq::mldsa {

void hint_bit_pack(std::span<const Poly> h, std::size_t omega, ByteSpan out) noexcept {
  std::ranges::fill(out, std::uint8_t{0});
  std::size_t index = 0;
  for (std::size_t i = 0; i < h.size(); ++i) {
    for (std::size_t j = 0; j < kN; ++j) {
      if (h[i].c[j] != 0) out[index++] = static_cast<std::uint8_t>(j);
    }
    out[omega + i] = static_cast<std::uint8_t>(index);
  }
}

Result<void> hint_bit_unpack(ByteView octets, std::size_t omega, std::span<Poly> h) noexcept {
  std::size_t index = 0;
  for (std::size_t i = 0; i < h.size(); ++i) {
    h[i].c.fill(0);
    const std::size_t end = octets[omega + i];
    if (end < index || end > omega) {
      return fail(ErrorCode::BadSignature, "ML-DSA hint with impossible counts");
    }
    for (const std::size_t first = index; index < end; ++index) {
      if (index > first && octets[index - 1] >= octets[index]) {
        return fail(ErrorCode::BadSignature, "ML-DSA hint out of order");
      }
      h[i].c[octets[index]] = 1;
    }
  }
  if (std::ranges::any_of(octets.subspan(index, omega - index), [](auto o) { return o != 0; })) {
    return fail(ErrorCode::BadSignature, "ML-DSA hint with octets left over");
  }
  return {};
}

}  // namespace nautilus::inline v0::crypto::pq::mldsa
