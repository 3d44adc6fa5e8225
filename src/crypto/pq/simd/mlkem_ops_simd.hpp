// The operations of mlkem_kernels.hpp over an instruction set `Isa` (isa_*.hpp).
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/pq/mlkem_kernels.hpp"
#include "crypto/pq/mlkem_params.hpp"
#include "crypto/pq/simd/mlkem_keygen_simd.hpp"
#include "crypto/pq/simd/mlkem_lanes_simd.hpp"
#include "crypto/pq/simd/wipe.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

template <class Isa, class P>
struct MlKemOps {
  using W = typename Isa::Words;
  using Word = std::int16_t;
  using Poly = MlKemPoly<W>;
  using Operand = typename Poly::Operand;
  using Codec = MlKemCodec<W>;
  using Lanes = MlKemLanes<Isa>;
  static constexpr std::size_t k = P::k;
  static constexpr std::size_t kRhoAt = P::kVectorSize;
  using EkMessage = PaddedMessage<P::kEncapsulationKeySize>;
  using RejectMessage = PaddedMessage<32 + P::kCiphertextSize>;
  static_assert(EkMessage::kBlocks == RejectMessage::kBlocks && EkMessage::kBlocks % 3 == 0);

  /// All memory that an operation needs; wiped afterwards.
  struct Workspace {
    typename Lanes::Workspace lanes;
    alignas(64) Word noise[2 * k + 1][256];
    Operand operands[k];
    alignas(64) Word sum[256];
    alignas(64) Word other[256];
    alignas(64) Word s_hat[k][256];
    std::uint8_t m[32];
    std::uint8_t seeds[64];
    std::uint8_t rejected[32];
    std::uint8_t again[P::kCiphertextSize];
    RejectMessage reject;
  };
  struct PublicSpace {
    alignas(64) Word a_hat[k * k][256];
    alignas(64) Word t_hat[k][256];
    EkMessage ek;
    std::uint8_t hash[32];
  };

  static HashInput set_ek(PublicSpace& space, const std::uint8_t* ek) noexcept {
    __builtin_memcpy(space.ek.octets, ek, P::kEncapsulationKeySize);
    space.ek.pad(kSha3Suffix);
    return {space.ek.octets, space.hash};
  }
  static HashInput set_reject(Workspace& work, const std::uint8_t* z,
                              const std::uint8_t* ciphertext) noexcept {
    __builtin_memcpy(work.reject.octets, z, 32);
    __builtin_memcpy(work.reject.octets + 32, ciphertext, P::kCiphertextSize);
    work.reject.pad(kShakeSuffix);
    return {work.reject.octets, work.rejected};
  }

  /// All ones if the octets differ, else zero.
  template <std::size_t Size>
  static std::uint64_t differ(const std::uint8_t* a, const std::uint8_t* b) noexcept {
    std::uint64_t difference = 0;
    if constexpr (Size >= sizeof(W)) {
      W any = W::zero();
      for (std::size_t i = 0; i < Size; i += sizeof(W)) {
        const std::size_t at = i + sizeof(W) <= Size ? i : Size - sizeof(W);
        any = any | (W::load(a + at) - W::load(b + at));
      }
      std::uint64_t words[sizeof(W) / 8];
      any.store(words);
      for (const std::uint64_t word : words) difference |= word;
    } else {
      for (std::size_t i = 0; i < Size; i += 8) difference |= load_word(a + i) ^ load_word(b + i);
    }
    // Barriers, so that no compiler turns the masks back into branches.
    asm volatile("" : "+r"(difference));
    std::uint64_t differs = 0 - ((difference | (0 - difference)) >> 63);
    asm volatile("" : "+r"(differs));
    return differs;
  }

  static std::uint32_t decode_vector(const std::uint8_t* octets, Word (*out)[256]) noexcept {
    W below = W::splat(-1);
    for (std::size_t i = 0; i < k; ++i) Codec::decode_12(octets + 384 * i, out[i], below);
    return Codec::all_negative(below);
  }

  /// Algorithm 14 with the noise of coins r, 32 octets.
  static void encrypt(Workspace& work, const Word (*t_hat)[256], const Word* a_hat,
                      const std::uint8_t* m, const std::uint8_t* r, std::uint8_t* out) noexcept {
    Lanes::template noise<P::eta1, P::eta2>(work.lanes, r, k, 2 * k + 1, work.noise[0]);
    for (std::size_t i = 0; i < k; ++i) {
      Poly::ntt(work.noise[i]);
      Poly::template make_operand<false>(work.noise[i], work.operands[i]);
    }
    for (std::size_t i = 0; i < k; ++i) {
      Poly::template inner_product<k>(a_hat + 256 * i, k, work.operands, work.sum);
      Poly::inverse_ntt(work.sum);
      Codec::add(work.sum, work.noise[k + i]);
      Codec::template compress_and_encode<P::du>(work.sum, out + 32 * P::du * i);
    }
    Poly::template inner_product<k>(t_hat[0], 1, work.operands, work.sum);
    Poly::inverse_ntt(work.sum);
    Codec::add(work.sum, work.noise[2 * k]);
    Codec::add_message(m, work.sum);
    Codec::template compress_and_encode<P::dv>(work.sum, out + 32 * P::du * k);
  }

  /// Algorithm 15, to work.m.
  static void decrypt(Workspace& work, const Word* s_hat, const std::uint8_t* ciphertext) noexcept {
    for (std::size_t i = 0; i < k; ++i) {
      Codec::template decode_and_decompress<P::du>(ciphertext + 32 * P::du * i, work.other);
      Poly::ntt(work.other);
      Poly::template make_operand<false>(work.other, work.operands[i]);
    }
    Poly::template inner_product<k>(s_hat, 1, work.operands, work.sum);
    Poly::inverse_ntt(work.sum);
    Codec::template decode_and_decompress<P::dv>(ciphertext + 32 * P::du * k, work.other);
    Codec::message_of_difference(work.other, work.sum, work.m);
  }

  /// Encrypts work.m again and chooses between the keys (algorithm 18, lines 6 to 12); the hash of
  /// z ‖ c is in work.rejected.
  static void choose(Workspace& work, const Word (*t_hat)[256], const Word* a_hat,
                     const std::uint8_t* hash, const std::uint8_t* ciphertext,
                     std::uint8_t* shared_key) noexcept {
    Lanes::template sha3_512<64>(work.lanes, work.m, hash, work.seeds);
    encrypt(work, t_hat, a_hat, work.m, work.seeds + 32, work.again);
    const std::uint64_t differs = differ<P::kCiphertextSize>(ciphertext, work.again);
    for (std::size_t i = 0; i < 32; i += 8) {
      const std::uint64_t key =
          (load_word(work.rejected + i) & differs) | (load_word(work.seeds + i) & ~differs);
      __builtin_memcpy(shared_key + i, &key, sizeof key);
    }
  }

  // The operations themselves, each in its own stack frame below that of the wiped workspace.

  [[gnu::noinline]] static void key_gen_in(Workspace& work, const std::uint8_t* d,
                                           MlKemKeyParts key) noexcept {
    const std::uint8_t domain = P::k;
    Lanes::template sha3_512<33>(work.lanes, d, &domain, work.seeds);
    std::uint8_t* const rho = key.ek + kRhoAt;
    __builtin_memcpy(rho, work.seeds, 32);
    declassify_memory(rho, 32);  // half of the public key
    MlKemKeyGen<Isa, P>(work.lanes, work.noise, work.operands, key).run(work.seeds + 32);
  }

  [[gnu::noinline]] static std::uint32_t expand_in(Workspace& work, PublicSpace& space,
                                                   const std::uint8_t* dk_pke,
                                                   MlKemKeyParts key) noexcept {
    const HashInput input = set_ek(space, key.ek);
    Lanes::template matrix_and_hashes<k, 1>(work.lanes, key.ek + kRhoAt, key.a_hat, &input,
                                            EkMessage::kBlocks);
    __builtin_memcpy(key.hash, space.hash, 32);
    return decode_vector(dk_pke, reinterpret_cast<Word(*)[256]>(key.s_hat)) &
           decode_vector(key.ek, space.t_hat);
  }

  [[gnu::noinline]] static std::uint32_t encapsulate_in(Workspace& work, PublicSpace& space,
                                                        const std::uint8_t* ek,
                                                        const std::uint8_t* m,
                                                        std::uint8_t* ciphertext,
                                                        std::uint8_t* shared_key) noexcept {
    const std::uint32_t sound = decode_vector(ek, space.t_hat);
    const HashInput input = set_ek(space, ek);
    Lanes::template matrix_and_hashes<k, 1>(work.lanes, ek + kRhoAt, space.a_hat[0], &input,
                                            EkMessage::kBlocks);
    Lanes::template sha3_512<64>(work.lanes, m, space.hash, work.seeds);
    encrypt(work, space.t_hat, space.a_hat[0], m, work.seeds + 32, ciphertext);
    __builtin_memcpy(shared_key, work.seeds, 32);
    return sound;
  }

  [[gnu::noinline]] static void decapsulate_in(Workspace& work, PublicSpace& space,
                                               MlKemKeyView key, const std::uint8_t* z,
                                               const std::uint8_t* ciphertext,
                                               std::uint8_t* shared_key) noexcept {
    Lanes::hash(work.lanes, set_reject(work, z, ciphertext), RejectMessage::kBlocks);
    (void)decode_vector(key.ek, space.t_hat);
    decrypt(work, key.s_hat, ciphertext);
    choose(work, space.t_hat, key.a_hat, key.hash, ciphertext, shared_key);
  }

  [[gnu::noinline]] static std::uint32_t decapsulate_once_in(Workspace& work, PublicSpace& space,
                                                             const std::uint8_t* dk,
                                                             const std::uint8_t* ciphertext,
                                                             std::uint8_t* shared_key) noexcept {
    const std::uint8_t* const ek = dk + P::kVectorSize;
    const std::uint8_t* const stated_hash = ek + P::kEncapsulationKeySize;
    const HashInput inputs[2] = {set_ek(space, ek), set_reject(work, stated_hash + 32, ciphertext)};
    Lanes::template matrix_and_hashes<k, 2>(work.lanes, ek + kRhoAt, space.a_hat[0], inputs,
                                            EkMessage::kBlocks);
    const auto hash_right = static_cast<std::uint32_t>(~differ<32>(space.hash, stated_hash));
    const std::uint32_t sound = decode_vector(dk, work.s_hat) & decode_vector(ek, space.t_hat);
    decrypt(work, work.s_hat[0], ciphertext);
    choose(work, space.t_hat, space.a_hat[0], space.hash, ciphertext, shared_key);
    return sound & hash_right;
  }

  // What the table holds. Registers spilled below are wiped with `clear_stack`.

  static void key_gen(const std::uint8_t* d, MlKemKeyParts key) noexcept {
    Wiped<Workspace> work;
    key_gen_in(work.value, d, key);
    clear_stack<Isa>();
  }
  static std::uint32_t expand(const std::uint8_t* dk_pke, MlKemKeyParts key) noexcept {
    Wiped<Workspace> work;
    PublicSpace space;
    const std::uint32_t verdict = expand_in(work.value, space, dk_pke, key);
    clear_stack<Isa>();
    return verdict;
  }
  static void encode_s(const Word* s_hat, std::uint8_t* out) noexcept {
    for (std::size_t i = 0; i < k; ++i) Codec::encode_12(s_hat + 256 * i, out + 384 * i);
    clear_stack<Isa>();
  }
  static std::uint32_t check_ek(const std::uint8_t* ek) noexcept {
    PublicSpace space;
    return decode_vector(ek, space.t_hat);
  }
  static std::uint32_t encapsulate(const std::uint8_t* ek, const std::uint8_t* m,
                                   std::uint8_t* ciphertext, std::uint8_t* shared_key) noexcept {
    Wiped<Workspace> work;
    PublicSpace space;
    const std::uint32_t verdict = encapsulate_in(work.value, space, ek, m, ciphertext, shared_key);
    clear_stack<Isa>();
    return verdict;
  }
  static void decapsulate(MlKemKeyView key, const std::uint8_t* z, const std::uint8_t* ciphertext,
                          std::uint8_t* shared_key) noexcept {
    Wiped<Workspace> work;
    PublicSpace space;
    decapsulate_in(work.value, space, key, z, ciphertext, shared_key);
    clear_stack<Isa>();
  }
  static std::uint32_t decapsulate_once(const std::uint8_t* dk, const std::uint8_t* ciphertext,
                                        std::uint8_t* shared_key) noexcept {
    Wiped<Workspace> work;
    PublicSpace space;
    const std::uint32_t verdict =
        decapsulate_once_in(work.value, space, dk, ciphertext, shared_key);
    clear_stack<Isa>();
    return verdict;
  }

  static constexpr MlKemKernels kKernels = {key_gen,     expand,      encode_s,        check_ek,
                                            encapsulate, decapsulate, decapsulate_once};
};

}  // namespace nautilus::inline v0::crypto::pq::simd
