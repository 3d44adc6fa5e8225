// SHA-3 and SHAKE (FIPS 202). Running time depends on lengths only; every state is wiped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <nautilus/bytes.hpp>

namespace nautilus::inline v0::crypto::pq {

/// The 1600 bits of a Keccak state as 25 lanes; lane x + 5y is A[x, y] of FIPS 202 §3.1.2.
using KeccakLanes = std::array<std::uint64_t, 25>;

/// Keccak-f[1600], the permutation (FIPS 202 §3.3, §3.4).
void keccak_f1600(KeccakLanes& lanes) noexcept;

/// The sponge construction over Keccak-f[1600] (FIPS 202 §4), with octet-aligned messages. First
/// any number of `absorb`, then any number of `squeeze`. Not copyable, wiped on destruction.
class Sponge {
 public:
  Sponge(const Sponge&) = delete;
  Sponge& operator=(const Sponge&) = delete;

  /// Appends to the message. Not to be called once output has been taken, until `reset`.
  void absorb(ByteView data) noexcept;

  /// Takes the next `out.size()` octets of output; the first call ends the message.
  void squeeze(ByteSpan out) noexcept;

  /// Forgets everything, ready for another message.
  void reset() noexcept;

 protected:
  /// `rate` in octets, a multiple of 8; `suffix` holds the domain bits and the first padding bit
  /// (FIPS 202 §B.2).
  Sponge(std::size_t rate, std::uint8_t suffix) noexcept : rate_(rate), suffix_(suffix) {}
  ~Sponge() { reset(); }

 private:
  void finish_message() noexcept;

  KeccakLanes lanes_{};
  std::size_t rate_;
  std::size_t position_ = 0;  // octets of the current block absorbed or handed out
  std::uint8_t suffix_;
  bool squeezing_ = false;
};

/// An extendable-output function with a rate of `Rate` octets (FIPS 202 §6.2).
template <std::size_t Rate>
class Shake final : public Sponge {
 public:
  static constexpr std::size_t kRate = Rate;
  Shake() noexcept : Sponge(Rate, 0x1f) {}
};
using Shake128 = Shake<168>;
using Shake256 = Shake<136>;

/// A SHA-3 hash function with `Size` octets of output (FIPS 202 §6.1).
template <std::size_t Size>
class Sha3 final : private Sponge {
 public:
  static constexpr std::size_t kRate = 200 - 2 * Size;
  Sha3() noexcept : Sponge(kRate, 0x06) {}
  using Sponge::absorb;
  /// Ends the message and writes its digest. To be called once.
  void finish(std::span<std::uint8_t, Size> digest) noexcept { squeeze(digest); }
};
using Sha3_256 = Sha3<32>;
using Sha3_512 = Sha3<64>;

/// One-shot forms. `out` may not overlap `data`.
void sha3_256(ByteView data, std::span<std::uint8_t, 32> out) noexcept;
void sha3_512(ByteView data, std::span<std::uint8_t, 64> out) noexcept;
void shake128(ByteView data, ByteSpan out) noexcept;
void shake256(ByteView data, ByteSpan out) noexcept;

}  // namespace nautilus::inline v0::crypto::pq
