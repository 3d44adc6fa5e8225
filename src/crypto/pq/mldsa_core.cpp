#include "crypto/pq/mldsa_core.hpp"

#include <algorithm>
#include <cstring>

#include "core/ct.hpp"
#include "crypto/pq/keccak.hpp"
#include "crypto/pq/mldsa_encode.hpp"
#include "crypto/pq/mldsa_field.hpp"
#include "crypto/pq/sensitive.hpp"

namespace nautilus::inline v0::crypto::pq::mldsa {
namespace {

template <std::size_t Size>
std::int32_t* first(std::array<Poly, Size>& polys) noexcept {
  return polys.front().c.data();
}
template <std::size_t Size>
const std::int32_t* first(const std::array<Poly, Size>& polys) noexcept {
  return polys.front().c.data();
}

// All ones if some |coefficient| >= bound, else zero. Takes least magnitudes.
template <std::size_t Size>
std::uint32_t exceeds(const std::array<Poly, Size>& polys, std::int32_t bound) noexcept {
  std::int32_t any = 0;
  for (const Poly& poly : polys) {
    for (const std::int32_t c : poly.c) any |= (bound - 1 - c) | (bound - 1 + c);
  }
  return static_cast<std::uint32_t>(any >> 31);
}

// Whether a mask of the signing loop asks for another turn. FIPS 204 lets these verdicts be seen:
// what is thrown away is independent of the key as far as the verdict tells (§3.2, §6.2).
bool rejected(std::uint32_t verdict) noexcept {
  ct::declassify(&verdict, sizeof verdict);
  return verdict != 0;
}

// t1·2^d + t0 = t (algorithm 35), with t in (-q, q).
void power2_round(std::int32_t t, std::int32_t& t1, std::int32_t& t0) noexcept {
  constexpr std::int32_t kHalf = std::int32_t{1} << (kD - 1);
  t = to_positive(t);
  t1 = (t + kHalf - 1) >> kD;
  t0 = t - (t1 << kD);
}

// The public key and t0 from t, in (-q, q).
template <class P>
void split_t(const std::array<Poly, P::k>& t, PublicOctets<P> pk,
             std::array<Poly, P::k>& t0) noexcept {
  for (std::size_t r = 0; r < P::k; ++r) {
    Poly t1;
    for (std::size_t i = 0; i < kN; ++i) power2_round(t[r].c[i], t1.c[i], t0[r].c[i]);
    // t1 is part of the public key.
    ct::declassify(t1.c.data(), sizeof t1);
    simple_bit_pack<10>(t1.c.data(), pk.data() + 32 + r * packed_size(10));
  }
}

// t = NTT⁻¹(Â ∘ NTT(s1)) + s2, where s1_hat becomes NTT(s1) on the way.
template <class P>
void compute_t(const MlDsaKernels& kernels, const Matrix<P>& a_hat, std::array<Poly, P::l>& s1,
               const std::array<Poly, P::k>& s2, std::array<Poly, P::k>& t) noexcept {
  kernels.ntt(first(s1), P::l);
  kernels.multiply(first(a_hat), P::k, P::l, first(s1), nullptr, nullptr, first(t));
  kernels.ntt_inverse(first(t), P::k);
  for (std::size_t r = 0; r < P::k; ++r) {
    for (std::size_t i = 0; i < kN; ++i) {
      // Back into (-q, q), where s2 might have led out of it.
      const std::int32_t sum = to_positive(t[r].c[i]) + s2[r].c[i];
      t[r].c[i] = sum - (kQ & ((kQ - 1 - sum) >> 31));
    }
  }
}

// skDecode (algorithm 25) of the vectors, in plain form.
template <class P>
void decode_plain(const MlDsaKernels& kernels, PrivateView<P> sk, SecretVectors<P>& out) noexcept {
  const std::uint8_t* at = sk.data() + kVectorsOffset;
  const auto take = [&](Poly& poly, std::size_t bits, std::int32_t b) {
    kernels.bit_unpack(at, bits, b, poly.c.data());
    at += packed_size(bits);
  };
  for (Poly& poly : out.s1_hat) take(poly, P::kEtaBits, std::int32_t{P::eta});
  for (Poly& poly : out.s2_hat) take(poly, P::kEtaBits, std::int32_t{P::eta});
  for (Poly& poly : out.t0_hat) take(poly, kD, std::int32_t{1} << (kD - 1));
}

// MakeHint (algorithm 39) for all coefficients, from what LowBits and HighBits of w give: a one
// where adding c·t0 to w - c·s2 changes the high bits. Gives the number of ones.
template <class P>
std::int32_t make_hints(const std::array<Poly, P::k>& low, const std::array<Poly, P::k>& high,
                        std::array<Poly, P::k>& hints) noexcept {
  std::int32_t ones = 0;
  for (std::size_t r = 0; r < P::k; ++r) {
    for (std::size_t i = 0; i < kN; ++i) {
      const std::int32_t a = low[r].c[i];
      const std::int32_t above = (P::gamma2 - a) >> 31;
      // At exactly -γ2 the high bits stay the same only where they are 0.
      const std::int32_t at_least = (P::gamma2 + a - 1) >> 31;  // a <= -γ2
      const std::int32_t below = (P::gamma2 + a) >> 31;         // a < -γ2
      const std::int32_t high_is_zero = (high[r].c[i] - 1) >> 31;
      const std::int32_t hint = (above | below | (at_least & ~high_is_zero)) & 1;
      hints[r].c[i] = hint;
      ones += hint;
    }
  }
  return ones;
}

// UseHint (algorithm 40).
template <class P>
std::int32_t use_hint(std::int32_t hint, std::int32_t r1, std::int32_t r0) noexcept {
  if (hint == 0) return r1;
  if (r0 > 0) return r1 == P::m - 1 ? 0 : r1 + 1;
  return r1 == 0 ? P::m - 1 : r1 - 1;
}

// c̃ = H(μ ‖ w1Encode(w1), λ/4).
template <class P>
void challenge_hash(const MlDsaKernels& kernels, const MlDsaMu& mu,
                    const std::array<Poly, P::k>& w1,
                    std::span<std::uint8_t, P::kChallengeSize> out) noexcept {
  Sensitive<std::array<std::uint8_t, kMlDsaMuSize + P::kW1Size>> message;
  std::uint8_t* const encoded = std::ranges::copy(mu, message->data()).out;
  kernels.encode_w1(first(w1), P::k, P::kW1Bits, encoded);
  kernels.shake256(message->data(), message->size(), out.data(), out.size());
}

// The masks y: as the nonces go on from one turn of the signing loop to the next, they are made
// some turns ahead where that costs little.
template <class P>
class MaskStream {
 public:
  MaskStream(const MlDsaKernels& kernels, const std::uint8_t* rho_prime) noexcept
      : kernels_(kernels),
        rho_prime_(rho_prime),
        batch_(std::min(std::max<std::size_t>(kernels.mask_batch, 1), kMaxBatch)) {}

  /// The next l masks; valid until the next call.
  const std::array<Poly, P::l>& next() noexcept {
    while (end_ - begin_ < P::l) refill();
    std::memcpy(first(*current_), (*polys_)[begin_].c.data(), sizeof *current_);
    begin_ += P::l;
    return *current_;
  }

 private:
  static constexpr std::size_t kMaxBatch = 8;

  void refill() noexcept {
    std::copy(polys_->begin() + static_cast<std::ptrdiff_t>(begin_),
              polys_->begin() + static_cast<std::ptrdiff_t>(end_), polys_->begin());
    end_ -= begin_;
    begin_ = 0;
    kernels_.expand_mask(rho_prime_, kappa_, P::kZBits, batch_, (*polys_)[end_].c.data());
    kappa_ += batch_;
    end_ += batch_;
  }

  const MlDsaKernels& kernels_;
  const std::uint8_t* rho_prime_;
  std::size_t batch_;
  std::size_t kappa_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  Sensitive<std::array<Poly, P::l - 1 + kMaxBatch>> polys_;
  Sensitive<std::array<Poly, P::l>> current_;
};

// One turn of the signing loop (algorithm 7, lines 11 to 30).
template <class P>
class Attempt {
 public:
  Attempt(const MlDsaKernels& kernels, const Matrix<P>& a_hat, const SecretVectors<P>& secrets,
          const MlDsaMu& mu) noexcept
      : kernels_(kernels), a_hat_(a_hat), secrets_(secrets), mu_(mu) {}

  [[nodiscard]] bool run(const std::array<Poly, P::l>& y, MlDsaSignature<P>& signature) noexcept {
    commit(y);
    std::array<std::uint8_t, P::kChallengeSize> challenge;
    challenge_hash<P>(kernels_, mu_, space_->w1, challenge);
    // Of a turn that fails, c̃ is seen by nobody but through timing; as the output of a hash over
    // w1, whose entropy is high, it says nothing about w1 or the key.
    ct::declassify(challenge.data(), challenge.size());
    sample_in_ball(challenge, P::tau, c_hat_);
    kernels_.ntt(c_hat_.c.data(), 1);
    if (!respond(y) || !lower() || !hint()) return false;
    encode(challenge, signature);
    return true;
  }

 private:
  // w = Â·y and its halves.
  void commit(const std::array<Poly, P::l>& y) noexcept {
    space_->z = y;
    kernels_.ntt(first(space_->z), P::l);
    kernels_.multiply(first(a_hat_), P::k, P::l, first(space_->z), nullptr, nullptr,
                      first(space_->w));
    kernels_.ntt_inverse(first(space_->w), P::k);
    kernels_.decompose(first(space_->w), P::k, P::m, first(space_->w1), first(space_->w0));
  }

  // z = y + c·s1.
  [[nodiscard]] bool respond(const std::array<Poly, P::l>& y) noexcept {
    kernels_.scale(c_hat_.c.data(), first(secrets_.s1_hat), P::l, first(space_->z));
    kernels_.ntt_inverse(first(space_->z), P::l);
    return !rejected(
        kernels_.add(first(space_->z), first(y), P::l, P::gamma1 - P::beta, first(space_->z)));
  }

  // w0 - c·s2: LowBits(w - c·s2) wherever it is small enough, and else too large as that is.
  [[nodiscard]] bool lower() noexcept {
    kernels_.scale(c_hat_.c.data(), first(secrets_.s2_hat), P::k, first(space_->w));
    kernels_.ntt_inverse(first(space_->w), P::k);
    return !rejected(kernels_.subtract(first(space_->w), first(space_->w0), P::k,
                                       P::gamma2 - P::beta, first(space_->w0)));
  }

  [[nodiscard]] bool hint() noexcept {
    std::array<Poly, P::k>& ct0 = space_->w;
    kernels_.scale(c_hat_.c.data(), first(secrets_.t0_hat), P::k, first(ct0));
    kernels_.ntt_inverse(first(ct0), P::k);
    for (std::size_t r = 0; r < P::k; ++r) {
      for (std::size_t i = 0; i < kN; ++i) {
        ct0[r].c[i] = to_centered(ct0[r].c[i]);
        space_->w0[r].c[i] += ct0[r].c[i];
      }
    }
    if (rejected(exceeds(ct0, P::gamma2))) return false;
    const std::int32_t ones = make_hints<P>(space_->w0, space_->w1, space_->w);
    return !rejected(
        static_cast<std::uint32_t>((static_cast<std::int32_t>(P::omega) - ones) >> 31));
  }

  void encode(std::span<const std::uint8_t, P::kChallengeSize> challenge,
              MlDsaSignature<P>& signature) noexcept {
    std::uint8_t* at = std::ranges::copy(challenge, signature.data()).out;
    for (const Poly& poly : space_->z) {
      bit_pack<P::kZBits>(poly.c.data(), P::gamma1, at);
      at += packed_size(P::kZBits);
    }
    // The hint is part of the signature.
    ct::declassify(first(space_->w), sizeof space_->w);
    hint_bit_pack(space_->w, P::omega, ByteSpan(at, P::omega + P::k));
    ct::declassify(signature.data(), signature.size());
  }

  struct Space {
    std::array<Poly, P::l> z;
    std::array<Poly, P::k> w;  // w, then c·s2, c·t0 and the hint
    std::array<Poly, P::k> w1;
    std::array<Poly, P::k> w0;
  };

  const MlDsaKernels& kernels_;
  const Matrix<P>& a_hat_;
  const SecretVectors<P>& secrets_;
  const MlDsaMu& mu_;
  Poly c_hat_;
  Sensitive<Space> space_;
};

}  // namespace

void sample_in_ball(ByteView challenge, std::size_t tau, Poly& c) noexcept {
  Shake256 xof;
  xof.absorb(challenge);
  std::array<std::uint8_t, Shake256::kRate> octets;
  xof.squeeze(octets);
  std::uint64_t signs = 0;
  for (std::size_t i = 0; i < 8; ++i) signs |= std::uint64_t{octets[i]} << (8 * i);
  std::size_t used = 8;
  c.c.fill(0);
  for (std::size_t i = kN - tau; i < kN; ++i) {
    std::size_t j = kN;
    while (j > i) {
      if (used == octets.size()) {
        xof.squeeze(octets);
        used = 0;
      }
      j = octets[used++];
    }
    c.c[i] = c.c[j];
    c.c[j] = 1 - 2 * static_cast<std::int32_t>(signs & 1);
    signs >>= 1;
  }
}

template <class P>
void Core<P>::key_gen(const MlDsaKernels& kernels, std::span<const std::uint8_t, 32> seed,
                      Matrix<P>& a_hat, PublicOctets<P> pk, PrivateOctets<P> sk) noexcept {
  struct Seeds {
    std::array<std::uint8_t, 32> rho;
    std::array<std::uint8_t, 64> rho_prime;
    std::array<std::uint8_t, 32> key;
  };
  Sensitive<Seeds> seeds;
  {
    constexpr std::array<std::uint8_t, 2> kDimensions = {P::k, P::l};
    Shake256 h;
    h.absorb(seed);
    h.absorb(kDimensions);
    h.squeeze(seeds->rho);
    h.squeeze(seeds->rho_prime);
    h.squeeze(seeds->key);
  }
  ct::declassify(seeds->rho.data(), seeds->rho.size());  // part of the public key
  kernels.expand_a(seeds->rho.data(), P::k, P::l, first(a_hat));

  struct Vectors {
    std::array<Poly, P::l + P::k> s;
    std::array<Poly, P::l> s1_hat;
    std::array<Poly, P::k> s2;
    std::array<Poly, P::k> t;
    std::array<Poly, P::k> t0;
  };
  Sensitive<Vectors> v;
  kernels.expand_s(seeds->rho_prime.data(), P::eta, P::l + P::k, first(v->s));
  std::copy_n(v->s.begin(), P::l, v->s1_hat.begin());
  std::copy_n(v->s.begin() + P::l, P::k, v->s2.begin());
  compute_t<P>(kernels, a_hat, v->s1_hat, v->s2, v->t);
  std::ranges::copy(seeds->rho, pk.begin());
  split_t<P>(v->t, pk, v->t0);

  std::ranges::copy(seeds->rho, sk.begin());
  std::ranges::copy(seeds->key, sk.begin() + kKeyOffset);
  kernels.shake256(pk.data(), pk.size(), sk.data() + kTrOffset, 64);
  std::uint8_t* at = sk.data() + kVectorsOffset;
  for (const Poly& poly : v->s) {
    bit_pack<P::kEtaBits>(poly.c.data(), std::int32_t{P::eta}, at);
    at += packed_size(P::kEtaBits);
  }
  for (const Poly& poly : v->t0) {
    bit_pack<kD>(poly.c.data(), std::int32_t{1} << (kD - 1), at);
    at += packed_size(kD);
  }
}

template <class P>
std::uint32_t Core<P>::decode_secrets(const MlDsaKernels& kernels, PrivateView<P> sk,
                                      SecretVectors<P>& secrets) noexcept {
  decode_plain<P>(kernels, sk, secrets);
  // The encoding has room for values below -η.
  const std::uint32_t sound = ~(exceeds(secrets.s1_hat, std::int32_t{P::eta} + 1) |
                                exceeds(secrets.s2_hat, std::int32_t{P::eta} + 1));
  kernels.ntt(first(secrets.s1_hat), P::l);
  kernels.ntt(first(secrets.s2_hat), P::k);
  kernels.ntt(first(secrets.t0_hat), P::k);
  return sound;
}

template <class P>
std::uint32_t Core<P>::recompute(const MlDsaKernels& kernels, PrivateView<P> sk, Matrix<P>& a_hat,
                                 PublicOctets<P> pk) noexcept {
  const auto rho = sk.template first<32>();
  kernels.expand_a(rho.data(), P::k, P::l, first(a_hat));
  struct Vectors {
    SecretVectors<P> plain;
    std::array<Poly, P::k> t;
    std::array<Poly, P::k> t0;
  };
  Sensitive<Vectors> v;
  decode_plain<P>(kernels, sk, v->plain);
  compute_t<P>(kernels, a_hat, v->plain.s1_hat, v->plain.s2_hat, v->t);
  std::ranges::copy(rho, pk.begin());
  split_t<P>(v->t, pk, v->t0);

  std::int32_t difference = 0;
  for (std::size_t r = 0; r < P::k; ++r) {
    for (std::size_t i = 0; i < kN; ++i) difference |= v->t0[r].c[i] ^ v->plain.t0_hat[r].c[i];
  }
  std::array<std::uint8_t, 64> tr;
  kernels.shake256(pk.data(), pk.size(), tr.data(), tr.size());
  const bool tr_right = ct_equal(tr, sk.template subspan<kTrOffset, 64>());
  return ~ct::mask_nonzero(static_cast<std::uint32_t>(difference) |
                           static_cast<std::uint32_t>(!tr_right));
}

template <class P>
void Core<P>::sign(const MlDsaKernels& kernels, const Matrix<P>& a_hat,
                   const SecretVectors<P>& secrets, std::span<const std::uint8_t, 32> key,
                   const MlDsaMu& mu, std::span<const std::uint8_t, 32> rnd,
                   MlDsaSignature<P>& signature) noexcept {
  Sensitive<std::array<std::uint8_t, 64>> rho_prime;
  {
    Shake256 h;
    h.absorb(key);
    h.absorb(rnd);
    h.absorb(mu);
    h.squeeze(*rho_prime);
  }
  MaskStream<P> masks(kernels, rho_prime->data());
  Attempt<P> attempt(kernels, a_hat, secrets, mu);
  while (!attempt.run(masks.next(), signature)) {
  }
}

template <class P>
void Core<P>::decode_t1(const MlDsaKernels& kernels, const std::uint8_t* pk,
                        std::array<Poly, P::k>& t1_hat) noexcept {
  for (std::size_t r = 0; r < P::k; ++r) {
    kernels.bit_unpack(pk + 32 + r * packed_size(10), 10, 0, t1_hat[r].c.data());
    for (std::int32_t& c : t1_hat[r].c) c *= -(std::int32_t{1} << kD);
  }
  kernels.ntt(first(t1_hat), P::k);
}

template <class P>
Result<void> Core<P>::verify(const MlDsaKernels& kernels, const Matrix<P>& a_hat,
                             const std::array<Poly, P::k>& t1_hat, const MlDsaMu& mu,
                             ByteView signature) noexcept {
  if (signature.size() != P::kSignatureSize) {
    return fail(ErrorCode::BadSignature, "ML-DSA signature of wrong length");
  }
  const ByteView challenge = signature.first(P::kChallengeSize);
  std::array<Poly, P::k> hints;
  auto unpacked = hint_bit_unpack(signature.last(P::omega + P::k), P::omega, hints);
  if (!unpacked) return unpacked;

  std::array<Poly, P::l> z;
  for (std::size_t r = 0; r < P::l; ++r) {
    kernels.bit_unpack(signature.data() + P::kChallengeSize + r * packed_size(P::kZBits), P::kZBits,
                       P::gamma1, z[r].c.data());
  }
  if (exceeds(z, P::gamma1 - P::beta) != 0) {
    return fail(ErrorCode::BadSignature, "ML-DSA signature with a response out of range");
  }
  Poly c;
  sample_in_ball(challenge, P::tau, c);
  kernels.ntt(c.c.data(), 1);
  kernels.ntt(first(z), P::l);
  std::array<Poly, P::k> w;
  kernels.multiply(first(a_hat), P::k, P::l, first(z), c.c.data(), first(t1_hat), first(w));
  kernels.ntt_inverse(first(w), P::k);

  std::array<Poly, P::k> w1;
  std::array<Poly, P::k> w0;
  kernels.decompose(first(w), P::k, P::m, first(w1), first(w0));
  for (std::size_t r = 0; r < P::k; ++r) {
    for (std::size_t i = 0; i < kN; ++i) {
      w1[r].c[i] = use_hint<P>(hints[r].c[i], w1[r].c[i], w0[r].c[i]);
    }
  }
  std::array<std::uint8_t, P::kChallengeSize> expected;
  challenge_hash<P>(kernels, mu, w1, expected);
  if (!ct_equal(expected, challenge)) {
    return fail(ErrorCode::BadSignature, "ML-DSA signature does not match");
  }
  return {};
}

template struct Core<MlDsa44>;
template struct Core<MlDsa65>;
template struct Core<MlDsa87>;

}  // namespace nautilus::inline v0::crypto::pq::mldsa
