#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unit/wire/wire_support.hpp"

namespace nautilus::test {
namespace {

using wire::Reader;
using wire::Writer;

TEST(Reader, NumbersAreBigEndian) {
  const ByteVector octets = hex("01 0203 040506 0708090a 0b0c0d0e0f101112");
  Reader reader(octets);
  EXPECT_EQ(reader.u8(), 0x01);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u24(), 0x040506u);
  EXPECT_EQ(reader.u32(), 0x0708090Au);
  EXPECT_EQ(reader.u64(), 0x0B0C0D0E0F101112u);
  EXPECT_TRUE(reader.empty());
  EXPECT_TRUE(reader.finish("all"));
}

TEST(Reader, StaysFailedAfterTheFirstFailure) {
  const ByteVector octets = hex("00 01 02");
  Reader reader(octets);
  EXPECT_EQ(reader.u32(), 0u);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_TRUE(reader.bytes(0).empty());
  EXPECT_EQ(reader.remaining(), 0u);
  const auto finished = reader.finish("three octets");
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, ErrorCode::DecodeError);
  EXPECT_STREQ(finished.error().detail, "three octets");
}

TEST(Reader, FinishRefusesLeftovers) {
  const ByteVector octets = hex("00 01");
  Reader reader(octets);
  (void)reader.u8();
  EXPECT_FALSE(reader.failed());
  EXPECT_FALSE(reader.finish("x"));
}

TEST(Reader, VectorsKeepTheirBounds) {
  for (const std::size_t size : {0u, 1u, 2u, 3u, 4u}) {
    ByteVector octets(1 + size, 0xAA);
    octets[0] = static_cast<std::uint8_t>(size);
    Reader reader(octets);
    EXPECT_EQ(reader.vector8(1, 3).size(), size >= 1 && size <= 3 ? size : 0);
    EXPECT_EQ(reader.failed(), size < 1 || size > 3) << size;
  }
}

TEST(Reader, LengthsBeyondTheInputFail) {
  for (const char* octets : {"02 00", "ff", ""}) {
    const ByteVector in = hex(octets);
    Reader reader(in);
    (void)reader.vector8(0, 255);
    EXPECT_TRUE(reader.failed()) << octets;
  }
  for (const char* octets : {"0002 00", "ffff 00", "00"}) {
    const ByteVector in = hex(octets);
    Reader reader(in);
    (void)reader.vector16(0, 0xFFFF);
    EXPECT_TRUE(reader.failed()) << octets;
  }
  for (const char* octets : {"000002 00", "ffffff 00", "0000"}) {
    const ByteVector in = hex(octets);
    Reader reader(in);
    (void)reader.vector24(0, 0xFFFFFF);
    EXPECT_TRUE(reader.failed()) << octets;
  }
}

TEST(Reader, ArrayOfATruncatedInputIsZero) {
  const ByteVector octets = hex("01 02 03");
  Reader reader(octets);
  EXPECT_EQ(reader.array<4>(), (std::array<std::uint8_t, 4>{}));
  EXPECT_TRUE(reader.failed());
}

TEST(Writer, PrefixesNest) {
  ByteVector out;
  Writer writer(out);
  {
    const auto outer = writer.prefix24();
    writer.u8(0xAA);
    {
      const auto inner = writer.prefix16();
      {
        const auto innermost = writer.prefix8();
        writer.u16(0x0102);
      }
      writer.u8(0xBB);
    }
    writer.vector8(hex("cc dd"));
  }
  EXPECT_EQ(out, hex("00000a aa 0004 02 0102 bb 02 ccdd"));
}

TEST(Writer, AppendsToWhatIsThere) {
  ByteVector out = hex("01");
  Writer writer(out);
  writer.u24(0x020304);
  writer.u64(5);
  EXPECT_EQ(out, hex("01 020304 0000000000000005"));
}

RC_GTEST_PROP(ReaderWriter, WhatIsWrittenIsRead, ()) {
  const auto a = *rc::gen::arbitrary<std::uint8_t>();
  const auto b = *rc::gen::arbitrary<std::uint16_t>();
  const auto c = *rc::gen::inRange<std::uint32_t>(0, 1u << 24);
  const auto d = *rc::gen::arbitrary<std::uint32_t>();
  const auto e = *rc::gen::arbitrary<std::uint64_t>();
  const ByteVector f = random_octets(0, 255);
  const ByteVector g = random_octets(0, 700);
  const ByteVector h = random_octets(0, 700);
  ByteVector out;
  Writer writer(out);
  writer.u8(a);
  writer.u16(b);
  writer.u24(c);
  writer.u32(d);
  writer.u64(e);
  writer.vector8(f);
  writer.vector16(g);
  writer.vector24(h);
  Reader reader(out);
  RC_ASSERT(reader.u8() == a);
  RC_ASSERT(reader.u16() == b);
  RC_ASSERT(reader.u24() == c);
  RC_ASSERT(reader.u32() == d);
  RC_ASSERT(reader.u64() == e);
  RC_ASSERT(to_vector(reader.vector8(0, 255)) == f);
  RC_ASSERT(to_vector(reader.vector16(0, 0xFFFF)) == g);
  RC_ASSERT(to_vector(reader.vector24(0, 0xFFFFFF)) == h);
  RC_ASSERT(reader.finish("all").has_value());
}

}  // namespace
}  // namespace nautilus::test
