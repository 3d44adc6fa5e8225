// What every AEAD backend must do, as functions over an AeadAlgorithm. The test programs of the
// backends call them.
#pragma once

#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <nautilus/crypto/aead.hpp>

#include "support/wycheproof.hpp"

namespace nautilus::test::aead {

namespace wp = wycheproof;
using AlgorithmPtr = std::shared_ptr<const AeadAlgorithm>;

inline ByteVector random_bytes(std::mt19937& engine, std::size_t size) {
  ByteVector out(size);
  for (std::uint8_t& octet : out) octet = static_cast<std::uint8_t>(engine());
  return out;
}

inline std::unique_ptr<AeadKey> key_for(const AeadAlgorithm& algorithm, ByteView key) {
  auto made = algorithm.make_key(key);
  EXPECT_TRUE(made);
  return made ? std::move(*made) : nullptr;
}

inline ByteVector seal(const AeadKey& key, ByteView nonce, ByteView aad,
                       std::span<const ByteView> parts) {
  std::size_t size = 16;
  for (const ByteView part : parts) size += part.size();
  ByteVector out(size);
  EXPECT_TRUE(key.seal(nonce, aad, parts, out));
  return out;
}

inline ByteVector seal(const AeadKey& key, ByteView nonce, ByteView aad, ByteView text) {
  return seal(key, nonce, aad, std::span<const ByteView>(&text, 1));
}

/// Opens and, if that succeeds, returns the plaintext.
inline std::optional<ByteVector> open(const AeadKey& key, ByteView nonce, ByteView aad,
                                      ByteVector sealed) {
  const auto size = key.open(nonce, aad, sealed);
  if (!size) {
    EXPECT_EQ(size.error().code, ErrorCode::BadRecordMac);
    return {};
  }
  sealed.resize(*size);
  return sealed;
}

/// One published answer: a committed vector, so that a lone clone proves itself.
struct KnownAnswer {
  const char* key;
  const char* nonce;
  const char* aad;
  const char* text;
  const char* sealed;
};

inline void check_known_answer(const AeadAlgorithm& algorithm, const KnownAnswer& known) {
  const auto key = key_for(algorithm, wp::from_hex(known.key));
  ASSERT_TRUE(key);
  const ByteVector nonce = wp::from_hex(known.nonce);
  const ByteVector aad = wp::from_hex(known.aad);
  const ByteVector text = wp::from_hex(known.text);
  const ByteVector sealed = wp::from_hex(known.sealed);
  EXPECT_EQ(seal(*key, nonce, aad, text), sealed);
  EXPECT_EQ(open(*key, nonce, aad, sealed), text);
}

/// NIST's GCM test cases 4 and 16, and RFC 8439 §2.8.2.
inline constexpr KnownAnswer kAes128Gcm{
    "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b5"
    "25b16aedf5aa0de657ba637b39",
    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa"
    "051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47"};
inline constexpr KnownAnswer kAes256Gcm{
    "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b5"
    "25b16aedf5aa0de657ba637b39",
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b10568288"
    "38"
    "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"};
inline constexpr KnownAnswer kChaCha20Poly1305{
    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "070000004041424344454647",
    "50515253c0c1c2c3c4c5c6c7",
    "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920"
    "636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c207375"
    "6e73637265656e20776f756c642062652069742e",
    "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da9272"
    "8b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831"
    "d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"};

/// Wycheproof over the algorithms (one per key size). What TLS does not use must be refused.
inline void check_wycheproof(const std::string& file, const std::vector<AlgorithmPtr>& algorithms) {
  wp::for_each(
      file, algorithms.front()->backend(), [&](const wp::Json& group, const wp::Json& test) {
        const ByteVector key_bytes = wp::bytes(test, "key");
        const ByteVector nonce = wp::bytes(test, "iv");
        const ByteVector aad = wp::bytes(test, "aad");
        const ByteVector text = wp::bytes(test, "msg");
        ByteVector sealed = wp::bytes(test, "ct");
        const ByteVector tag = wp::bytes(test, "tag");
        sealed.insert(sealed.end(), tag.begin(), tag.end());
        for (const AlgorithmPtr& algorithm : algorithms) {
          if (algorithm->key_size() != key_bytes.size()) {
            EXPECT_EQ(algorithm->make_key(key_bytes).error().code, ErrorCode::ApiMisuse);
            continue;
          }
          const auto key = key_for(*algorithm, key_bytes);
          if (nonce.size() != algorithm->nonce_size()) {
            const ByteView part = text;
            ByteVector out(text.size() + 16);
            EXPECT_EQ(key->seal(nonce, aad, {&part, 1}, out).error().code, ErrorCode::ApiMisuse);
            EXPECT_EQ(key->open(nonce, aad, sealed).error().code, ErrorCode::ApiMisuse);
            return wp::Outcome::Refused;
          }
          if (tag.size() != algorithm->tag_size()) {
            EXPECT_FALSE(open(*key, nonce, aad, sealed));
            return wp::Outcome::Refused;
          }
          EXPECT_EQ(group.at("tagSize").get<std::size_t>(), tag.size() * 8);
          const auto opened = open(*key, nonce, aad, sealed);
          EXPECT_EQ(opened.has_value(), wp::is_valid(test));
          if (wp::is_valid(test)) {
            EXPECT_EQ(opened, text);
            EXPECT_EQ(seal(*key, nonce, aad, text), sealed);
          }
          return wp::Outcome::Run;
        }
        return wp::Outcome::Refused;  // no algorithm takes this key size
      });
}

/// Flipping any bit of ciphertext, tag, associated data or nonce fails, and leaves no plaintext.
inline void check_tampering(const AeadAlgorithm& algorithm) {
  std::mt19937 engine(7);
  const auto key = key_for(algorithm, random_bytes(engine, algorithm.key_size()));
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 64U, 255U, 256U, 257U, 1000U}) {
    const ByteVector nonce = random_bytes(engine, algorithm.nonce_size());
    const ByteVector aad = random_bytes(engine, 5);
    const ByteVector text(size, 0xa5);
    const ByteVector sealed = seal(*key, nonce, aad, text);
    const auto refuses = [&](const ByteVector& n, const ByteVector& a, ByteVector s) {
      const auto opened = key->open(n, a, s);
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error().code, ErrorCode::BadRecordMac);
      for (std::size_t i = 0; i + 16 < s.size(); ++i) ASSERT_EQ(s[i], 0) << "plaintext left";
    };
    const auto each_flip = [&](const ByteVector& original, auto use) {
      for (std::size_t i = 0; i < original.size(); ++i) {
        ByteVector changed = original;
        changed[i] = static_cast<std::uint8_t>(changed[i] ^ (1U << (i % 8)));
        use(changed);
      }
    };
    each_flip(sealed, [&](const ByteVector& s) { refuses(nonce, aad, s); });
    each_flip(aad, [&](const ByteVector& a) { refuses(nonce, a, sealed); });
    each_flip(nonce, [&](const ByteVector& n) { refuses(n, aad, sealed); });
    ByteVector cut(sealed.begin(), sealed.end() - 1);
    EXPECT_FALSE(open(*key, nonce, aad, cut));
    EXPECT_EQ(open(*key, nonce, aad, sealed), text);  // the key works on after failures
  }
  for (std::size_t size = 0; size < 16; ++size) {
    EXPECT_FALSE(open(*key, ByteVector(algorithm.nonce_size()), {}, ByteVector(size)));
  }
}

/// Gathered, one-shot and in place give the same octets, whatever the cut; and so does `reference`.
inline void check_agreement(const AeadAlgorithm& algorithm, const AeadAlgorithm& reference) {
  std::mt19937 engine(11);
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size <= 300; ++size) sizes.push_back(size);
  sizes.insert(sizes.end(), {1350, 2031, 2032, 2047, 2048, 2049, 4096, 16384, 16385, 100003});
  for (const std::size_t size : sizes) {
    SCOPED_TRACE(size);
    const ByteVector key_bytes = random_bytes(engine, algorithm.key_size());
    const auto key = key_for(algorithm, key_bytes);
    const auto other = key_for(reference, key_bytes);
    const ByteVector nonce = random_bytes(engine, algorithm.nonce_size());
    const ByteVector aad = random_bytes(engine, engine() % 40);
    const ByteVector text = random_bytes(engine, size);
    const ByteView view = text;
    const ByteVector sealed = seal(*other, nonce, aad, text);
    ASSERT_EQ(seal(*key, nonce, aad, text), sealed);
    ASSERT_EQ(open(*key, nonce, aad, sealed), text);

    const std::size_t cut = size == 0 ? 0 : engine() % (size + 1);
    const std::size_t end = size == 0 ? 0 : size - 1;
    const std::vector<std::vector<ByteView>> gathers{
        {view.first(cut), view.subspan(cut)},
        {view.first(end), {}, view.subspan(end)},  // as a record ends: its content type last
        {{}, view.first(cut / 2), view.subspan(cut / 2, cut - cut / 2), view.subspan(cut), {}},
    };
    for (const auto& parts : gathers) {
      ASSERT_EQ(seal(*key, nonce, aad, parts), sealed);
      // The same with the first part already in its place in the output.
      ByteVector out(size + 16, 0xee);
      std::ranges::copy(parts[0], out.begin());
      std::vector<ByteView> placed = parts;
      placed[0] = ByteView(out).first(parts[0].size());
      ASSERT_TRUE(key->seal(nonce, aad, placed, out));
      ASSERT_EQ(out, sealed);
    }
    // Unaligned.
    ByteVector shifted(size + 16 + 3);
    std::ranges::copy(sealed, shifted.begin() + 3);
    ASSERT_EQ(key->open(nonce, aad, ByteSpan(shifted).subspan(3)), size);
    ASSERT_TRUE(std::ranges::equal(ByteView(shifted).subspan(3, size), text));
  }
}

/// Wrong sizes and overlapping buffers are refused before anything is written.
inline void check_misuse(const AeadAlgorithm& algorithm) {
  EXPECT_EQ(algorithm.tag_size(), 16U);
  EXPECT_FALSE(algorithm.name().empty());
  for (const std::size_t size :
       {std::size_t{0}, algorithm.key_size() - 1, algorithm.key_size() + 1, std::size_t{24}}) {
    const auto made = algorithm.make_key(ByteVector(size));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::ApiMisuse);
  }
  const auto key = key_for(algorithm, ByteVector(algorithm.key_size(), 1));
  const ByteVector nonce(algorithm.nonce_size());
  ByteVector buffer(200, 0x77);
  const ByteVector untouched = buffer;
  const auto refused = [&](ByteView n, ByteView aad, std::vector<ByteView> parts, ByteSpan out) {
    const auto done = key->seal(n, aad, parts, out);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::ApiMisuse);
    EXPECT_EQ(buffer, untouched);
  };
  const ByteVector text(50);
  const ByteSpan whole(buffer);
  refused(ByteVector(nonce.size() - 1), {}, {text}, whole.first(66));
  refused(ByteVector(nonce.size() + 1), {}, {text}, whole.first(66));
  refused({}, {}, {text}, whole.first(66));
  refused(nonce, {}, {text}, whole.first(65));
  refused(nonce, {}, {text}, whole.first(67));
  refused(nonce, {}, {text, text}, whole.first(66));
  refused(nonce, {}, {}, whole.first(15));
  refused(nonce, {}, {whole.subspan(1, 50)}, whole.first(66));             // shifted by one
  refused(nonce, {}, {ByteView(text), whole.first(10)}, whole.first(76));  // not the first part
  refused(nonce, {}, {whole.subspan(66, 50)}, whole.subspan(65, 66));
  refused(nonce, whole.first(5), {text}, whole.first(66));
  EXPECT_TRUE(key->seal(nonce, {}, {}, whole.first(16)));
  const auto bad_nonce = key->open(ByteVector(8), {}, whole.first(66));
  ASSERT_FALSE(bad_nonce);
  EXPECT_EQ(bad_nonce.error().code, ErrorCode::ApiMisuse);
}

/// Eight threads seal and open with one key at once.
inline void check_threads(const AeadAlgorithm& algorithm) {
  constexpr int kThreads = 8;
  constexpr std::size_t kRounds = 300;
  const auto key = key_for(algorithm, ByteVector(algorithm.key_size(), 0x42));
  const ByteVector aad(5, 9);
  const auto nonce_of = [&](std::size_t i) {
    ByteVector nonce(algorithm.nonce_size());
    nonce[10] = static_cast<std::uint8_t>(i >> 8);
    nonce[11] = static_cast<std::uint8_t>(i);
    return nonce;
  };
  const auto text_of = [](std::size_t i) {
    return ByteVector((i * 37) % 3000, static_cast<std::uint8_t>(i));
  };
  std::vector<ByteVector> expected;
  for (std::size_t i = 0; i < kRounds; ++i) {
    expected.push_back(seal(*key, nonce_of(i), aad, text_of(i)));
  }
  std::vector<int> wrong(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t round = 0; round < kRounds; ++round) {
        const std::size_t i = (round + static_cast<std::size_t>(t) * 41) % kRounds;
        const ByteVector text = text_of(i);
        const ByteView part = text;
        ByteVector out(text.size() + 16);
        const bool sealed = key->seal(nonce_of(i), aad, {&part, 1}, out).has_value();
        const bool right = sealed && out == expected[i];
        const bool opened = key->open(nonce_of(i), aad, out) == text.size() &&
                            std::ranges::equal(ByteView(out).first(text.size()), text);
        if (!right || !opened) ++wrong[static_cast<std::size_t>(t)];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(kThreads));
}

}  // namespace nautilus::test::aead
