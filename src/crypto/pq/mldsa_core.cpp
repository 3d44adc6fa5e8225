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

// Whether a mask of the signing loop asks for another turn. FIPS 204 lets these verdicts be seen:
// what is thrown away is independent of the key as far as the verdict tells (§3.2, §6.2).
bool rejected(std::uint32_t verdict) noexcept {
  ct::declassify(&verdict, sizeof verdict);
  return verdict != 0;
}

// Power2Round of t = NTT⁻¹(Â ∘ NTT(s1)) + s2, the public key and the encoded t0. `s1` becomes
// NTT(s1) on the way.
template <class P>
void make_t(const MlDsaKernels& kernels, const Matrix<P>& a_hat, Poly* s1, const Poly* s2,
            std::array<Poly, P::k>& t, PublicOctets<P> pk, std::uint8_t* t0) noexcept {
  kernels.ntt(s1->c.data(), P::l, s1->c.data());
  kernels.multiply(first(a_hat), P::k, P::l, s1->c.data(), nullptr, nullptr, first(t));
  kernels.ntt_inverse(first(t), P::k);
  kernels.power2_round(first(t), s2->c.data(), P::k, pk.data() + 32, t0);
  ct::declassify(pk.data() + 32, pk.size() - 32);  // t1 is public
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
  const Poly* next() noexcept {
    while (end_ - begin_ < P::l) refill();
    const Poly* const masks = polys_->data() + begin_;
    begin_ += P::l;
    return masks;
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
};

// One turn of the signing loop (algorithm 7, lines 11 to 30).
template <class P>
class Attempt {
 public:
  Attempt(const MlDsaKernels& kernels, const Matrix<P>& a_hat, const SecretVectors<P>& secrets,
          const MlDsaMu& mu) noexcept
      : kernels_(kernels), a_hat_(a_hat), secrets_(secrets) {
    std::ranges::copy(mu, space_->message.begin());
  }

  [[nodiscard]] bool run(const Poly* y, MlDsaSignature<P>& signature) noexcept {
    commit(y);
    std::array<std::uint8_t, P::kChallengeSize> challenge;
    kernels_.shake256(space_->message.data(), space_->message.size(), challenge.data(),
                      challenge.size());
    // Of a turn that fails, c̃ is seen by nobody but through timing; as the output of a hash over
    // w1, whose entropy is high, it says nothing about w1 or the key.
    ct::declassify(challenge.data(), challenge.size());
    sample_in_ball(kernels_, challenge, P::tau, c_);
    if (!lower() || !respond(y) || !hint()) return false;
    encode(challenge, signature);
    return true;
  }

 private:
  // w = Â·y and its halves.
  void commit(const Poly* y) noexcept {
    kernels_.ntt(y->c.data(), P::l, first(space_->z));
    kernels_.multiply(first(a_hat_), P::k, P::l, first(space_->z), nullptr, nullptr,
                      first(space_->w));
    kernels_.ntt_inverse(first(space_->w), P::k);
    kernels_.decompose(first(space_->w), P::k, P::m, first(space_->w1), first(space_->w0));
    kernels_.encode_w1(first(space_->w1), P::k, P::kW1Bits, space_->message.data() + kMlDsaMuSize);
  }

  // w0 - c·s2: LowBits(w - c·s2) wherever it is small enough, and else too large as that is. The
  // check that fails most often comes first. Which polynomial failed may be seen as well: each is
  // as independent of the key as all together.
  [[nodiscard]] bool lower() noexcept {
    Challenge minus = c_;
    minus.negate();
    for (std::size_t r = 0; r < P::k; ++r) {
      std::int32_t* const w0 = space_->w0[r].c.data();
      if (rejected(kernels_.add_product(minus.terms.data(), P::tau, P::eta, secrets_.s2[r].c.data(),
                                        w0, P::gamma2 - P::beta, w0))) {
        return false;
      }
    }
    return true;
  }

  // z = y + c·s1.
  [[nodiscard]] bool respond(const Poly* y) noexcept {
    for (std::size_t r = 0; r < P::l; ++r) {
      if (rejected(kernels_.add_product(c_.terms.data(), P::tau, P::eta, secrets_.s1[r].c.data(),
                                        y[r].c.data(), P::gamma1 - P::beta,
                                        space_->z[r].c.data()))) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] bool hint() noexcept {
    Poly c_hat;
    c_.expand(1, c_hat);
    kernels_.ntt(c_hat.c.data(), 1, c_hat.c.data());
    std::array<Poly, P::k>& ct0 = space_->w;
    kernels_.scale(c_hat.c.data(), first(secrets_.t0_hat), P::k, first(ct0));
    kernels_.ntt_inverse(first(ct0), P::k);
    std::uint32_t ones = 0;
    if (rejected(kernels_.make_hints(first(space_->w0), first(space_->w1), first(ct0), P::k, P::m,
                                     space_->hints.front().data(), &ones))) {
      return false;
    }
    return !rejected(static_cast<std::uint32_t>(static_cast<std::int32_t>(P::omega - ones) >> 31));
  }

  void encode(std::span<const std::uint8_t, P::kChallengeSize> challenge,
              MlDsaSignature<P>& signature) noexcept {
    std::uint8_t* at = std::ranges::copy(challenge, signature.data()).out;
    for (const Poly& poly : space_->z) {
      kernels_.bit_pack(poly.c.data(), P::kZBits, P::gamma1, at);
      at += packed_size(P::kZBits);
    }
    // The hint is part of the signature.
    ct::declassify(&space_->hints, sizeof space_->hints);
    hint_bit_pack(space_->hints, P::omega, ByteSpan(at, P::omega + P::k));
    ct::declassify(signature.data(), signature.size());
  }

  struct Space {
    std::array<Poly, P::l> z;
    std::array<Poly, P::k> w;  // w, then c·t0
    std::array<Poly, P::k> w1;
    std::array<Poly, P::k> w0;
    std::array<HintBits, P::k> hints;
    std::array<std::uint8_t, kMlDsaMuSize + P::kW1Size> message;  // μ ‖ w1Encode(w1)
  };

  const MlDsaKernels& kernels_;
  const Matrix<P>& a_hat_;
  const SecretVectors<P>& secrets_;
  Challenge c_;
  Sensitive<Space> space_;
};

}  // namespace

void Challenge::expand(std::int32_t factor, Poly& c) const noexcept {
  c.c.fill(0);
  for (const std::uint16_t term : std::span(terms).first(tau)) {
    c.c[-std::size_t{term} % kN] = term <= kN ? factor : -factor;
  }
}

void Challenge::negate() noexcept {
  for (std::uint16_t& term : std::span(terms).first(tau)) {
    term = static_cast<std::uint16_t>(term <= kN ? term + kN : term - kN);
  }
}

void sample_in_ball(const MlDsaKernels& kernels, ByteView challenge, std::size_t tau,
                    Challenge& c) noexcept {
  std::array<std::uint8_t, Shake256::kRate> octets;
  kernels.shake256(challenge.data(), challenge.size(), octets.data(), octets.size());
  Shake256 xof;  // what follows, hardly ever needed
  bool started = false;
  std::uint64_t signs = 0;
  for (std::size_t i = 0; i < 8; ++i) signs |= std::uint64_t{octets[i]} << (8 * i);
  std::size_t used = 8;
  constexpr std::uint8_t kNone = 0xff;
  std::array<std::uint8_t, kN> holder;  // which term has an exponent
  holder.fill(kNone);
  std::array<std::uint8_t, 64> exponents;
  for (std::size_t i = kN - tau, term = 0; i < kN; ++i, ++term) {
    std::size_t j = kN;
    while (j > i) {
      if (used == octets.size()) {
        if (!started) {
          xof.absorb(challenge);
          xof.squeeze(octets);
          started = true;
        }
        xof.squeeze(octets);
        used = 0;
      }
      j = octets[used++];
    }
    if (holder[j] != kNone) {
      holder[i] = holder[j];
      exponents[holder[i]] = static_cast<std::uint8_t>(i);
    }
    holder[j] = static_cast<std::uint8_t>(term);
    exponents[term] = static_cast<std::uint8_t>(j);
  }
  c.tau = tau;
  for (std::size_t term = 0; term < tau; ++term, signs >>= 1) {
    c.terms[term] = static_cast<std::uint16_t>(kN + kN * (signs & 1) - exponents[term]);
  }
}

template <class P>
void Core<P>::key_gen(const MlDsaKernels& kernels, std::span<const std::uint8_t, 32> seed,
                      Matrix<P>& a_hat, PublicOctets<P> pk, PrivateOctets<P> sk) noexcept {
  Sensitive<std::array<std::uint8_t, 128>> seeds;  // ρ ‖ ρ' ‖ K
  const std::span<std::uint8_t, 128> all(*seeds);
  const auto rho = all.template first<32>();
  const auto rho_prime = all.template subspan<32, 64>();
  const auto own_key = all.template last<32>();
  {
    Sensitive<std::array<std::uint8_t, 34>> message;
    std::ranges::copy(seed, message->begin());
    (*message)[32] = P::k;
    (*message)[33] = P::l;
    kernels.shake256(message->data(), message->size(), all.data(), all.size());
  }
  ct::declassify(rho.data(), rho.size());  // part of the public key
  kernels.expand_a(rho.data(), P::k, P::l, first(a_hat), nullptr);

  struct Vectors {
    std::array<Poly, P::l + P::k> s;
    std::array<Poly, P::k> t;
  };
  Sensitive<Vectors> v;
  kernels.expand_s(rho_prime.data(), P::eta, P::l + P::k, first(v->s));
  std::uint8_t* at = sk.data() + kVectorsOffset;
  for (const Poly& poly : v->s) {
    kernels.bit_pack(poly.c.data(), P::kEtaBits, std::int32_t{P::eta}, at);
    at += packed_size(P::kEtaBits);
  }
  make_t<P>(kernels, a_hat, v->s.data(), v->s.data() + P::l, v->t, pk, at);
  std::ranges::copy(rho, pk.begin());
  std::ranges::copy(rho, sk.begin());
  std::ranges::copy(own_key, sk.begin() + kKeyOffset);
  kernels.shake256(pk.data(), pk.size(), sk.data() + kTrOffset, 64);
}

template <class P>
std::uint32_t Core<P>::decode_secrets(const MlDsaKernels& kernels, PrivateView<P> sk,
                                      SecretVectors<P>& secrets) noexcept {
  const std::uint8_t* at = sk.data() + kVectorsOffset;
  std::uint64_t above = 0;  // the encoding has room for values below -η
  const auto take_small = [&](SmallPoly& poly) {
    above |= small_bit_unpack<P::kEtaBits>(at, P::eta, poly);
    at += packed_size(P::kEtaBits);
  };
  for (SmallPoly& poly : secrets.s1) take_small(poly);
  for (SmallPoly& poly : secrets.s2) take_small(poly);
  for (Poly& poly : secrets.t0_hat) {
    kernels.bit_unpack(at, kD, std::int32_t{1} << (kD - 1), poly.c.data());
    at += packed_size(kD);
  }
  kernels.ntt(first(secrets.t0_hat), P::k, first(secrets.t0_hat));
  return ~ct::mask_nonzero(static_cast<std::uint32_t>(above | above >> 32));
}

template <class P>
std::uint32_t Core<P>::recompute(const MlDsaKernels& kernels, PrivateView<P> sk, Matrix<P>& a_hat,
                                 PublicOctets<P> pk) noexcept {
  const auto rho = sk.template first<32>();
  kernels.expand_a(rho.data(), P::k, P::l, first(a_hat), nullptr);
  struct Vectors {
    std::array<Poly, P::l> s1;
    std::array<Poly, P::k> s2;
    std::array<Poly, P::k> t;
    std::array<std::uint8_t, P::k * packed_size(kD)> t0;
  };
  Sensitive<Vectors> v;
  const std::uint8_t* at = sk.data() + kVectorsOffset;
  const auto take = [&](Poly& poly) {
    kernels.bit_unpack(at, P::kEtaBits, std::int32_t{P::eta}, poly.c.data());
    at += packed_size(P::kEtaBits);
  };
  std::ranges::for_each(v->s1, take);
  std::ranges::for_each(v->s2, take);
  make_t<P>(kernels, a_hat, v->s1.data(), v->s2.data(), v->t, pk, v->t0.data());
  std::ranges::copy(rho, pk.begin());

  const bool t0_right = ct_equal(v->t0, sk.template last<sizeof v->t0>());
  std::array<std::uint8_t, 64> tr;
  kernels.shake256(pk.data(), pk.size(), tr.data(), tr.size());
  const bool tr_right = ct_equal(tr, sk.template subspan<kTrOffset, 64>());
  return ~ct::mask_nonzero(static_cast<std::uint32_t>(!t0_right) |
                           static_cast<std::uint32_t>(!tr_right));
}

template <class P>
void Core<P>::sign(const MlDsaKernels& kernels, const Matrix<P>& a_hat,
                   const SecretVectors<P>& secrets, std::span<const std::uint8_t, 32> key,
                   const MlDsaMu& mu, std::span<const std::uint8_t, 32> rnd,
                   MlDsaSignature<P>& signature) noexcept {
  Sensitive<std::array<std::uint8_t, 64>> rho_prime;
  {
    Sensitive<std::array<std::uint8_t, 32 + 32 + kMlDsaMuSize>> message;
    std::uint8_t* const after = std::ranges::copy(key, message->data()).out;
    std::ranges::copy(mu, std::ranges::copy(rnd, after).out);
    kernels.shake256(message->data(), message->size(), rho_prime->data(), rho_prime->size());
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
  }
  kernels.ntt(first(t1_hat), P::k, first(t1_hat));
}

template <class P>
Result<void> Core<P>::verify(const MlDsaKernels& kernels, const Matrix<P>& a_hat,
                             const std::array<Poly, P::k>& t1_hat, const MlDsaMu& mu,
                             ByteView signature) noexcept {
  if (signature.size() != P::kSignatureSize) {
    return fail(ErrorCode::BadSignature, "ML-DSA signature of wrong length");
  }
  const ByteView challenge = signature.first(P::kChallengeSize);
  std::array<HintBits, P::k> hints;
  auto unpacked = hint_bit_unpack(signature.last(P::omega + P::k), P::omega, hints);
  if (!unpacked) return unpacked;

  std::array<Poly, P::l> z;
  for (std::size_t r = 0; r < P::l; ++r) {
    kernels.bit_unpack(signature.data() + P::kChallengeSize + r * packed_size(P::kZBits), P::kZBits,
                       P::gamma1, z[r].c.data());
  }
  if (kernels.exceeds(first(z), P::l, P::gamma1 - P::beta) != 0) {
    return fail(ErrorCode::BadSignature, "ML-DSA signature with a response out of range");
  }
  Challenge c;
  sample_in_ball(kernels, challenge, P::tau, c);
  Poly c_hat;
  c.expand(-(std::int32_t{1} << kD), c_hat);  // times -t1: c·t1·2^d
  kernels.ntt(c_hat.c.data(), 1, c_hat.c.data());
  kernels.ntt(first(z), P::l, first(z));
  std::array<Poly, P::k> w;
  kernels.multiply(first(a_hat), P::k, P::l, first(z), c_hat.c.data(), first(t1_hat), first(w));
  kernels.ntt_inverse(first(w), P::k);

  std::array<std::uint8_t, kMlDsaMuSize + P::kW1Size> message;
  std::uint8_t* const encoded = std::ranges::copy(mu, message.data()).out;
  kernels.use_hints(first(w), hints.front().data(), P::k, P::m, encoded);
  std::array<std::uint8_t, P::kChallengeSize> expected;
  kernels.shake256(message.data(), message.size(), expected.data(), expected.size());
  if (!ct_equal(expected, challenge)) {
    return fail(ErrorCode::BadSignature, "ML-DSA signature does not match");
  }
  return {};
}

template struct Core<MlDsa44>;
template struct Core<MlDsa65>;
template struct Core<MlDsa87>;

}  // namespace nautilus::inline v0::crypto::pq::mldsa
