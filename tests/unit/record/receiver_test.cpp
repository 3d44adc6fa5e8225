#include "record/receiver.hpp"

#include <random>

#include <gtest/gtest.h>

#include "unit/record/record_fixture.hpp"

namespace nautilus::record {
namespace {

namespace simple = test::rfc8448_simple;
constexpr auto kData = ContentType::application_data;

Receiver protected_receiver() {
  Receiver receiver;
  receiver.install(1, protection());
  return receiver;
}

/// The error of the next record; `Unreachable` when there is none.
ErrorCode code_of(Receiver& receiver, ByteVector input) {
  const auto r = receiver.next(input);
  return r ? ErrorCode::Unreachable : r.error().code;
}

// RFC 9846 §5.2-2
TEST(Receiver, ReplayReorderAndDropFail) {
  const Protection keys = protection();
  const ByteVector first = sealed(keys, 0, kData, as_bytes("first"));
  const ByteVector second = sealed(keys, 1, kData, as_bytes("second"));
  const ByteVector third = sealed(keys, 2, kData, as_bytes("third"));
  Receiver replay = protected_receiver();
  EXPECT_EQ(code_of(replay, first), ErrorCode::Unreachable);
  EXPECT_EQ(code_of(replay, first), ErrorCode::BadRecordMac);
  Receiver reorder = protected_receiver();
  EXPECT_EQ(code_of(reorder, second), ErrorCode::BadRecordMac);
  Receiver drop = protected_receiver();
  EXPECT_EQ(code_of(drop, first), ErrorCode::Unreachable);
  EXPECT_EQ(code_of(drop, third), ErrorCode::BadRecordMac);
}

// RFC 9846 §5.1-8
TEST(Receiver, NothingElseInTheClearOnceKeysAreInstalled) {
  Receiver receiver = protected_receiver();
  EXPECT_EQ(code_of(receiver, plain(22, as_bytes("x"))), ErrorCode::UnexpectedRecordType);
  Receiver unprotected;
  EXPECT_EQ(code_of(unprotected, plain(23, as_bytes("x"))), ErrorCode::UnexpectedRecordType);
}

TEST(Receiver, ClearAlertsEndWithTheFirstProtectedRecord) {
  const ByteVector alert = plain(21, test::from_hex("0228"));
  Receiver receiver = protected_receiver();
  EXPECT_EQ(code_of(receiver, alert), ErrorCode::Unreachable);
  EXPECT_EQ(code_of(receiver, sealed(protection(), 0, kData, as_bytes("x"))),
            ErrorCode::Unreachable);
  EXPECT_EQ(code_of(receiver, alert), ErrorCode::UnexpectedRecordType);
  // A new key does not open the door again: a forged close_notify would truncate the stream.
  receiver.install(2, protection());
  EXPECT_EQ(code_of(receiver, plain(21, test::from_hex("0100"))), ErrorCode::UnexpectedRecordType);
}

// RFC 9846 §5-2
TEST(Receiver, ChangeCipherSpec) {
  for (const bool with_keys : {false, true}) {
    Receiver receiver;
    if (with_keys) receiver.install(1, protection());
    ByteVector good = plain(20, test::from_hex("01"));
    const auto r = receiver.next(good);
    ASSERT_TRUE(r && *r);
    EXPECT_FALSE((*r)->was_protected);
    EXPECT_EQ((*r)->type, ContentType::change_cipher_spec);
    EXPECT_EQ(receiver.sequence(), 0u);
    for (const char* bad : {"", "00", "02", "0101"}) {
      EXPECT_EQ(code_of(receiver, plain(20, test::from_hex(bad))),
                ErrorCode::MalformedChangeCipherSpec);
    }
  }
}

// RFC 9846 §5-4, §5.4-3
TEST(Receiver, InnerTypes) {
  for (int type = 1; type < 256; ++type) {
    Receiver receiver = protected_receiver();
    const ByteVector inner{'x', static_cast<std::uint8_t>(type)};
    const ErrorCode code = code_of(receiver, sealed_inner(simple::kServerApplication, inner));
    EXPECT_EQ(code,
              type >= 21 && type <= 23 ? ErrorCode::Unreachable : ErrorCode::UnexpectedRecordType)
        << type;
  }
}

// RFC 9846 §5.1-3, §5.4-2
TEST(Receiver, EmptyHandshakeAndAlertAreRefused) {
  for (const std::uint8_t type : ByteVector{21, 22}) {
    Receiver clear;
    EXPECT_EQ(code_of(clear, plain(type, {})), ErrorCode::EmptyHandshakeRecord);
    for (const std::size_t padding : {0u, 9u}) {
      Receiver receiver = protected_receiver();
      EXPECT_EQ(code_of(receiver, sealed(protection(), 0, ContentType{type}, {}, padding)),
                ErrorCode::EmptyHandshakeRecord);
    }
  }
}

TEST(Receiver, FloodOfEmptyRecords) {
  const Protection keys = protection();
  Receiver receiver = protected_receiver();
  std::uint64_t sequence = 0;
  // Content in between starts the count again; change_cipher_spec counts too.
  for (int round = 0; round < 2; ++round) {
    for (unsigned i = 0; i < kMaxEmptyRecords / 2; ++i) {
      ASSERT_EQ(code_of(receiver, sealed(keys, sequence++, kData, {}, i)), ErrorCode::Unreachable);
      ASSERT_EQ(code_of(receiver, plain(20, test::from_hex("01"))), ErrorCode::Unreachable);
    }
    if (round == 0) {
      ASSERT_EQ(code_of(receiver, sealed(keys, sequence++, kData, as_bytes("x"))),
                ErrorCode::Unreachable);
    }
  }
  EXPECT_EQ(code_of(receiver, sealed(keys, sequence, kData, {})), ErrorCode::TooManyEmptyRecords);
}

TEST(Receiver, OctetByOctetEqualsAllAtOnce) {
  const Protection keys = protection();
  ByteVector stream;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const ByteVector content(static_cast<std::size_t>(i * 13 + 1), static_cast<std::uint8_t>(i));
    const ByteVector record = sealed(keys, i, kData, content, static_cast<std::size_t>(i % 3));
    stream.insert(stream.end(), record.begin(), record.end());
  }
  const auto run = [&](std::size_t step) {
    Receiver receiver = protected_receiver();
    ByteBuffer input;
    ByteVector out;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      input.append(ByteView(stream).subspan(at, std::min(step, stream.size() - at)));
      for (;;) {
        const auto r = receiver.next(input.readable());
        EXPECT_TRUE(r);
        if (!r || !*r) break;
        out.insert(out.end(), (*r)->content.begin(), (*r)->content.end());
        input.consume((*r)->consumed);
      }
    }
    EXPECT_EQ(receiver.sequence(), 20u);
    return out;
  };
  const ByteVector whole = run(stream.size());
  EXPECT_EQ(whole.size(), 20u + 13u * 190u);
  EXPECT_EQ(run(1), whole);
  EXPECT_EQ(run(7), whole);
}

TEST(Receiver, RandomInputNeverYieldsProtectedContent) {
  std::mt19937 random(20260817);
  for (int round = 0; round < 20000; ++round) {
    ByteVector input(random() % 64);
    for (std::uint8_t& octet : input) octet = static_cast<std::uint8_t>(random());
    if (input.size() >= 5 && round % 2 == 0) {
      encode_header(input.data(), ContentType{static_cast<std::uint8_t>(20 + random() % 4)}, 0x0303,
                    random() % 64);
    }
    Receiver receiver;
    if (round % 4 < 2) receiver.install(1, protection());
    const auto r = receiver.next(input);
    if (!r || !*r) continue;
    EXPECT_FALSE((*r)->was_protected);
    EXPECT_LE((*r)->consumed, input.size());
  }
}

}  // namespace
}  // namespace nautilus::record
