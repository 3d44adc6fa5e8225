#include "crypto/pq/mlkem.hpp"

#include <algorithm>
#include <new>
#include <type_traits>

#include <gtest/gtest.h>

#include "unit/crypto/fixed_random.hpp"
#include "unit/crypto_pq/backends.hpp"
#include "unit/crypto_pq/mlkem_accumulated.hpp"

namespace nautilus {
namespace {

using namespace crypto::pq;

std::array<std::uint8_t, 64> seed_of(std::uint8_t start) {
  std::array<std::uint8_t, 64> seed;
  for (std::size_t i = 0; i < seed.size(); ++i) {
    seed[i] = static_cast<std::uint8_t>(start + 11 * i);
  }
  return seed;
}

std::array<std::uint8_t, 32> message_of(std::uint8_t start) {
  std::array<std::uint8_t, 32> m;
  for (std::size_t i = 0; i < m.size(); ++i) m[i] = static_cast<std::uint8_t>(start ^ (i * 13));
  return m;
}

template <class P>
Encapsulation<P> encapsulate(const DecapsulationKey<P>& key, std::uint8_t start = 1) {
  return EncapsulationKey<P>::parse(key.encapsulation_key(), key.backend())
      .value()
      .encapsulate_with(message_of(start));
}

template <class P>
constexpr const char* kDigest = nullptr;
template <>
constexpr const char* kDigest<MlKem512> =
    "86b1b4703b8ffef6f7f3290c6dbce4ad954498a0673ded401a94828e8c519a59";
template <>
constexpr const char* kDigest<MlKem768> =
    "1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d346696ce564415";
template <>
constexpr const char* kDigest<MlKem1024> =
    "800018fec3e2723f73f1d657fe239b4d5d8782efaade297e8cd448e54cc2ac00";

template <class Case>
class MlKemTest : public test::BackendTest<Case> {};
TYPED_TEST_SUITE(MlKemTest, test::AllCases, test::CaseNames);

TYPED_TEST(MlKemTest, Accumulated) {
  using P = typename TypeParam::Set;
  EXPECT_EQ(test::mlkem_accumulated<P>(100, this->backend()), kDigest<P>);
}

TYPED_TEST(MlKemTest, BothSidesAgree) {
  using P = typename TypeParam::Set;
  for (std::uint8_t i = 0; i < 50; ++i) {
    const DecapsulationKey<P> key(seed_of(i), this->backend());
    const auto made = encapsulate(key, i);
    const auto agreed = key.decapsulate(made.ciphertext);
    ASSERT_TRUE(agreed);
    ASSERT_EQ(test::to_hex(agreed->expose()), test::to_hex(made.shared_key.expose()));
  }
}

TYPED_TEST(MlKemTest, TamperedCiphertextGivesAnotherKeyWithoutError) {
  using P = typename TypeParam::Set;
  const DecapsulationKey<P> key(seed_of(3), this->backend());
  const auto made = encapsulate(key);
  const std::string shared = test::to_hex(made.shared_key.expose());
  std::vector<std::string> seen = {shared};
  for (std::size_t at = 0; at < made.ciphertext.size(); at += 7) {
    auto tampered = made.ciphertext;
    tampered[at] = static_cast<std::uint8_t>(tampered[at] ^ (1U << (at % 8)));
    const auto rejected = key.decapsulate(tampered);
    ASSERT_TRUE(rejected);
    seen.push_back(test::to_hex(rejected->expose()));
    // The same false ciphertext always gives the same key.
    ASSERT_EQ(test::to_hex(key.decapsulate(tampered)->expose()), seen.back());
  }
  std::ranges::sort(seen);
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
}

TYPED_TEST(MlKemTest, RejectionKeyIsTheHashOfZAndTheCiphertext) {
  using P = typename TypeParam::Set;
  const auto seed = seed_of(4);
  const DecapsulationKey<P> key(seed, this->backend());
  auto tampered = encapsulate(key).ciphertext;
  tampered.back() = static_cast<std::uint8_t>(tampered.back() ^ 0x80);
  Shake256 j;
  j.absorb(std::span(seed).last(32));
  j.absorb(tampered);
  std::array<std::uint8_t, 32> expected;
  j.squeeze(expected);
  EXPECT_EQ(test::to_hex(key.decapsulate(tampered)->expose()), test::to_hex(expected));
}

TYPED_TEST(MlKemTest, WrongLengthsAreRefused) {
  using P = typename TypeParam::Set;
  const DecapsulationKey<P> key(seed_of(5), this->backend());
  const auto made = encapsulate(key);
  ByteVector octets(std::max(P::kDecapsulationKeySize, P::kCiphertextSize) + 1);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, made.ciphertext.size() - 1, made.ciphertext.size() + 1}) {
    const auto refused = key.decapsulate(ByteView(octets).first(size));
    ASSERT_FALSE(refused) << size;
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidKeyShare);
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, P::kEncapsulationKeySize - 1,
                                 P::kEncapsulationKeySize + 1}) {
    const auto refused = EncapsulationKey<P>::parse(ByteView(octets).first(size), this->backend());
    ASSERT_FALSE(refused) << size;
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidKeyShare);
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, P::kDecapsulationKeySize - 1,
                                 P::kDecapsulationKeySize + 1}) {
    const auto refused =
        DecapsulationKey<P>::from_expanded(ByteView(octets).first(size), this->backend());
    ASSERT_FALSE(refused) << size;
    EXPECT_EQ(refused.error().code, ErrorCode::KeyMalformed);
  }
  for (const std::size_t size : {0U, 32U, 63U, 65U, 96U}) {
    const auto refused =
        DecapsulationKey<P>::from_seed(ByteView(octets).first(size), this->backend());
    ASSERT_FALSE(refused) << size;
    EXPECT_EQ(refused.error().code, ErrorCode::KeyMalformed);
  }
}

// Puts q into the 12-bit coefficient `index` of an encoded vector.
void put_q(ByteSpan octets, std::size_t index) {
  const std::size_t at = index / 2 * 3;
  if (index % 2 == 0) {
    octets[at] = 0x01;
    octets[at + 1] = static_cast<std::uint8_t>((octets[at + 1] & 0xf0) | 0x0d);
  } else {
    octets[at + 1] = static_cast<std::uint8_t>((octets[at + 1] & 0x0f) | 0x10);
    octets[at + 2] = 0xd0;
  }
}

TYPED_TEST(MlKemTest, EncapsulationKeysOutOfRangeAreRefused) {
  using P = typename TypeParam::Set;
  const DecapsulationKey<P> key(seed_of(6), this->backend());
  for (const std::size_t index :
       {std::size_t{0}, std::size_t{1}, std::size_t{255}, P::k * 256 - 1}) {
    ByteVector ek = to_vector(key.encapsulation_key());
    put_q(ek, index);
    const auto refused = EncapsulationKey<P>::parse(ek, this->backend());
    ASSERT_FALSE(refused) << index;
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidKeyShare);
  }
  // ρ has no such limit.
  ByteVector ek = to_vector(key.encapsulation_key());
  std::fill(ek.end() - 32, ek.end(), 0xff);
  EXPECT_TRUE(EncapsulationKey<P>::parse(ek, this->backend()));
}

TYPED_TEST(MlKemTest, ExpandedKeyRoundTrip) {
  using P = typename TypeParam::Set;
  const DecapsulationKey<P> key(seed_of(7), this->backend());
  std::array<std::uint8_t, P::kDecapsulationKeySize> expanded;
  key.write_expanded(expanded);
  const auto imported = DecapsulationKey<P>::from_expanded(expanded, this->backend());
  ASSERT_TRUE(imported);
  EXPECT_TRUE(imported->seed().empty());
  EXPECT_EQ(to_vector(imported->encapsulation_key()), to_vector(key.encapsulation_key()));
  std::array<std::uint8_t, P::kDecapsulationKeySize> again;
  imported->write_expanded(again);
  EXPECT_EQ(again, expanded);

  const auto made = encapsulate(key);
  EXPECT_EQ(test::to_hex(imported->decapsulate(made.ciphertext)->expose()),
            test::to_hex(made.shared_key.expose()));
  auto tampered = made.ciphertext;
  tampered[0] = static_cast<std::uint8_t>(tampered[0] ^ 1);
  EXPECT_EQ(test::to_hex(imported->decapsulate(tampered)->expose()),
            test::to_hex(key.decapsulate(tampered)->expose()));
}

TYPED_TEST(MlKemTest, InconsistentExpandedKeysAreRefused) {
  using P = typename TypeParam::Set;
  const DecapsulationKey<P> key(seed_of(8), this->backend());
  ByteVector expanded(P::kDecapsulationKeySize);
  key.write_expanded(std::span<std::uint8_t, P::kDecapsulationKeySize>(expanded));
  constexpr std::size_t kEk = P::kVectorSize;
  constexpr std::size_t kHash = kEk + P::kEncapsulationKeySize;
  for (const std::size_t at : {kEk, kHash - 1, kHash, kHash + 31}) {
    ByteVector wrong = expanded;
    wrong[at] = static_cast<std::uint8_t>(wrong[at] ^ 1);
    const auto refused = DecapsulationKey<P>::from_expanded(wrong, this->backend());
    ASSERT_FALSE(refused) << at;
    EXPECT_EQ(refused.error().code, ErrorCode::KeyMalformed);
  }
  // ŝ out of range.
  ByteVector wrong = expanded;
  put_q(wrong, 17);
  EXPECT_EQ(DecapsulationKey<P>::from_expanded(wrong, this->backend()).error().code,
            ErrorCode::KeyMalformed);
  // t̂ out of range, with the hash that belongs to it.
  wrong = expanded;
  put_q(ByteSpan(wrong).subspan(kEk), 3);
  sha3_256(ByteView(wrong).subspan(kEk, P::kEncapsulationKeySize),
           ByteSpan(wrong).subspan(kHash).template first<32>());
  EXPECT_EQ(DecapsulationKey<P>::from_expanded(wrong, this->backend()).error().code,
            ErrorCode::KeyMalformed);
  // z is any 32 octets.
  wrong = expanded;
  wrong.back() = static_cast<std::uint8_t>(wrong.back() ^ 1);
  EXPECT_TRUE(DecapsulationKey<P>::from_expanded(wrong, this->backend()));
}

template <class R>
std::string why_not(const R& result, ErrorCode code) {
  if (result) return "accepted";
  EXPECT_EQ(result.error().code, code);
  return result.error().detail;
}

TYPED_TEST(MlKemTest, BadInputIsToldApart) {
  using P = typename TypeParam::Set;
  const PqBackend backend = this->backend();
  const auto seed = seed_of(12);
  const DecapsulationKey<P> key(seed, backend);
  const ByteVector ek = to_vector(key.encapsulation_key());
  ByteVector dk(P::kDecapsulationKeySize);
  key.write_expanded(std::span<std::uint8_t, P::kDecapsulationKeySize>(dk));
  const auto made = encapsulate(key);
  constexpr ErrorCode kShare = ErrorCode::InvalidKeyShare;
  constexpr ErrorCode kKey = ErrorCode::KeyMalformed;

  constexpr std::array<std::uint8_t, kMlKemMessageSize> kM{};
  std::array<std::uint8_t, P::kCiphertextSize> ciphertext;
  std::array<std::uint8_t, kMlKemSharedKeySize> shared;
  const auto encapsulated = [&](ByteView to) {
    shared.fill(0x55);
    const auto result = MlKem<P>::encapsulate(to, kM, ciphertext, shared, backend);
    return why_not(result, kShare);
  };
  const auto decapsulated = [&](ByteView with, ByteView what, ErrorCode code) {
    shared.fill(0x55);
    const auto result = MlKem<P>::decapsulate(with, what, shared, backend);
    EXPECT_TRUE(result || std::ranges::count(shared, 0) == kMlKemSharedKeySize);
    return why_not(result, code);
  };
  const auto imported = [&](ByteView octets) {
    return why_not(DecapsulationKey<P>::from_expanded(octets, backend), kKey);
  };

  constexpr const char* kEkLength = "ML-KEM key of wrong length";
  EXPECT_EQ(encapsulated(ByteView(ek).first(ek.size() - 1)), kEkLength);
  EXPECT_EQ(why_not(EncapsulationKey<P>::parse(ByteView(ek).first(1), backend), kShare), kEkLength);
  constexpr const char* kUnreduced = "ML-KEM key with a coefficient not below q";
  ByteVector wrong = ek;
  put_q(wrong, 100);
  EXPECT_EQ(encapsulated(wrong), kUnreduced);
  EXPECT_EQ(why_not(EncapsulationKey<P>::parse(wrong, backend), kShare), kUnreduced);

  constexpr const char* kDkLength = "ML-KEM decapsulation key of wrong length";
  EXPECT_EQ(decapsulated(ByteView(dk).first(7), made.ciphertext, kKey), kDkLength);
  EXPECT_EQ(imported(ByteView(dk).first(7)), kDkLength);
  constexpr const char* kHash = "ML-KEM decapsulation key with a wrong hash";
  wrong = dk;
  wrong[P::kVectorSize + P::kEncapsulationKeySize] ^= 1;
  EXPECT_EQ(decapsulated(wrong, made.ciphertext, kKey), kHash);
  EXPECT_EQ(imported(wrong), kHash);
  wrong = dk;
  put_q(wrong, 255);
  EXPECT_EQ(decapsulated(wrong, made.ciphertext, kKey), kUnreduced);
  EXPECT_EQ(imported(wrong), kUnreduced);

  constexpr const char* kCiphertext = "ML-KEM ciphertext of wrong length";
  EXPECT_EQ(decapsulated(dk, ByteView(made.ciphertext).first(8), kShare), kCiphertext);
  EXPECT_EQ(why_not(key.decapsulate(ByteView(made.ciphertext).first(8)), kShare), kCiphertext);
  EXPECT_EQ(why_not(DecapsulationKey<P>::from_seed(ByteView(seed).first(63), backend), kKey),
            "ML-KEM seed of wrong length");
}

TYPED_TEST(MlKemTest, SeedIsKeptAndGivesTheSameKey) {
  using P = typename TypeParam::Set;
  const auto seed = seed_of(9);
  const DecapsulationKey<P> key(seed, this->backend());
  EXPECT_EQ(to_vector(key.seed()), to_vector(seed));
  const auto imported = DecapsulationKey<P>::from_seed(key.seed(), this->backend());
  ASSERT_TRUE(imported);
  EXPECT_EQ(to_vector(imported->encapsulation_key()), to_vector(key.encapsulation_key()));
}

TYPED_TEST(MlKemTest, RandomnessComesFromTheGeneratorAlone) {
  using P = typename TypeParam::Set;
  const auto seed = seed_of(10);
  const auto m = message_of(10);
  ByteVector stream(seed.begin(), seed.end());
  stream.insert(stream.end(), m.begin(), m.end());
  test::FixedRandom random(stream);
  const auto key = DecapsulationKey<P>::generate(random, this->backend());
  ASSERT_TRUE(key);
  EXPECT_EQ(random.used(), 64U);
  const auto peer = EncapsulationKey<P>::parse(key->encapsulation_key(), this->backend());
  const auto made = peer->encapsulate(random);
  ASSERT_TRUE(made);
  EXPECT_EQ(random.used(), 96U);
  EXPECT_EQ(made->ciphertext, peer->encapsulate_with(m).ciphertext);
  EXPECT_EQ(to_vector(key->encapsulation_key()),
            to_vector(DecapsulationKey<P>(seed, this->backend()).encapsulation_key()));

  EXPECT_EQ(peer->encapsulate(random).error().code, ErrorCode::RandomFailure);
  EXPECT_EQ(DecapsulationKey<P>::generate(random, this->backend()).error().code,
            ErrorCode::RandomFailure);
}

// The secrets that a key object holds: d ‖ z, z, and ŝ as it lies in memory.
template <class P>
std::vector<ByteVector> secrets_of(const DecapsulationKey<P>& key) {
  ByteVector expanded(P::kDecapsulationKeySize);
  key.write_expanded(std::span<std::uint8_t, P::kDecapsulationKeySize>(expanded));
  std::vector<std::int16_t> s_hat;
  for (std::size_t i = 0; i < P::kVectorSize; i += 3) {
    s_hat.push_back(static_cast<std::int16_t>(expanded[i] | (expanded[i + 1] & 15) << 8));
    s_hat.push_back(static_cast<std::int16_t>(expanded[i + 1] >> 4 | expanded[i + 2] << 4));
  }
  const auto* raw = reinterpret_cast<const std::uint8_t*>(s_hat.data());
  return {to_vector(key.seed()), ByteVector(expanded.end() - 32, expanded.end()),
          ByteVector(raw, raw + 2 * s_hat.size())};
}

// Whether any eight octets of `secret`, taken every eight, are still in memory.
bool finds(const std::uint8_t* memory, std::size_t size, const ByteVector& secret) {
  const volatile std::uint8_t* source = memory;
  ByteVector copy(size);
  for (std::size_t i = 0; i < size; ++i) copy[i] = source[i];
  for (std::size_t at = 0; at + 8 <= secret.size(); at += 8) {
    const auto from = secret.begin() + static_cast<std::ptrdiff_t>(at);
    if (std::search(copy.begin(), copy.end(), from, from + 8) != copy.end()) return true;
  }
  return false;
}

TYPED_TEST(MlKemTest, SecretsAreWipedOnDestruction) {
  using P = typename TypeParam::Set;
  using Key = DecapsulationKey<P>;
  alignas(Key) std::array<std::uint8_t, sizeof(Key)> storage{};
  auto* key = new (storage.data()) Key(seed_of(11), this->backend());
  const auto secrets = secrets_of(*key);
  for (const auto& secret : secrets) {
    ASSERT_FALSE(secret.empty());
    ASSERT_TRUE(finds(storage.data(), storage.size(), secret));
  }
  key->~Key();
  for (const auto& secret : secrets) EXPECT_FALSE(finds(storage.data(), storage.size(), secret));
}

TYPED_TEST(MlKemTest, SecretsAreWipedWhenMovedFrom) {
  using P = typename TypeParam::Set;
  using Key = DecapsulationKey<P>;
  static_assert(!std::is_copy_constructible_v<Key> && !std::is_copy_assignable_v<Key>);
  static_assert(std::is_nothrow_move_constructible_v<Key>);
  alignas(Key) std::array<std::uint8_t, sizeof(Key)> storage{};
  auto* key = new (storage.data()) Key(seed_of(12), this->backend());
  const auto secrets = secrets_of(*key);
  const auto made = encapsulate(*key);
  const Key moved(std::move(*key));
  for (const auto& secret : secrets) EXPECT_FALSE(finds(storage.data(), storage.size(), secret));
  EXPECT_EQ(test::to_hex(moved.decapsulate(made.ciphertext)->expose()),
            test::to_hex(made.shared_key.expose()));
  key->~Key();
}

TYPED_TEST(MlKemTest, SecretsAreWipedWhenReplaced) {
  using P = typename TypeParam::Set;
  using Key = DecapsulationKey<P>;
  Key key(seed_of(13), this->backend());
  const auto secrets = secrets_of(key);
  key = Key(seed_of(14), this->backend());
  for (const auto& secret : secrets) {
    EXPECT_FALSE(finds(reinterpret_cast<const std::uint8_t*>(&key), sizeof key, secret));
  }
}

}  // namespace
}  // namespace nautilus
