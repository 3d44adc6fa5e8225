// Keccak-f[1600] and SHAKE on four or eight states at once, for whoever expands a matrix.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

#include <nautilus/bytes.hpp>
#include <nautilus/secret.hpp>

#include "crypto/pq/pq_backend.hpp"
#include "crypto/pq/simd/keccak_kernels.hpp"

namespace nautilus::inline v0::crypto::pq {

/// `Lanes` (4 or 8) SHAKE functions with a rate of `Rate` octets (FIPS 202 §6.2) side by side, each
/// on a message of its own; all messages have one length, shorter than a block. The running time
/// depends on lengths only. Wiped on destruction; not copyable.
template <std::size_t Rate, std::size_t Lanes>
class ParallelShake {
  static_assert((Lanes == 4 || Lanes == 8) && Rate % 8 == 0);

 public:
  static constexpr std::size_t kRate = Rate;
  static constexpr std::size_t kLanes = Lanes;

  explicit ParallelShake(PqBackend backend = PqBackend::best()) noexcept
      : kernels_(backend.parts().keccak) {}
  ParallelShake(const ParallelShake&) = delete;
  ParallelShake& operator=(const ParallelShake&) = delete;
  ~ParallelShake() { wipe_states(); }

  /// Starts anew on these messages.
  void absorb(const std::array<ByteView, Lanes>& messages) noexcept {
    wipe_states();
    for (std::size_t i = 0; i < Lanes; ++i) {
      assert(messages[i].size() == messages[0].size() && messages[i].size() < Rate);
      for (std::size_t at = 0; at < messages[i].size(); ++at) xor_octet(i, at, messages[i][at]);
      xor_octet(i, messages[i].size(), 0x1f);
      xor_octet(i, Rate - 1, 0x80);
    }
  }

  /// The next `Rate` octets of each output.
  void squeeze_block(const std::array<std::span<std::uint8_t, Rate>, Lanes>& out) noexcept {
    (Lanes == 4 ? kernels_->permute_4 : kernels_->permute_8)(states_.data());
    for (std::size_t i = 0; i < Lanes; ++i) {
      for (std::size_t at = 0; at < Rate; ++at) {
        out[i][at] = static_cast<std::uint8_t>(states_[Lanes * (at / 8) + i] >> (8 * (at % 8)));
      }
    }
  }

 private:
  void xor_octet(std::size_t lane, std::size_t at, std::uint8_t octet) noexcept {
    states_[Lanes * (at / 8) + lane] ^= std::uint64_t{octet} << (8 * (at % 8));
  }
  void wipe_states() noexcept {
    wipe({reinterpret_cast<std::uint8_t*>(states_.data()), sizeof states_});
  }

  const KeccakKernels* kernels_;
  alignas(64) std::array<std::uint64_t, 25 * Lanes> states_{};
};

template <std::size_t Lanes>
using ParallelShake128 = ParallelShake<168, Lanes>;
template <std::size_t Lanes>
using ParallelShake256 = ParallelShake<136, Lanes>;

}  // namespace nautilus::inline v0::crypto::pq
