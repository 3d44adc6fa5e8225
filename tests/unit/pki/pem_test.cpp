#include "pki/pem.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nautilus/pki/issue.hpp>

#include "unit/pki/temporary_folder.hpp"

namespace nautilus::test {
namespace {

using pki::encode_pem;
using pki::parse_pem;

std::string block(const std::string& label, const std::string& body) {
  return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
}

void expect_malformed(const std::string& text) {
  const auto blocks = parse_pem(text);
  ASSERT_FALSE(blocks) << text;
  EXPECT_EQ(blocks.error().code, ErrorCode::PemMalformed) << text;
}

ByteVector only(const std::string& text) {
  const auto blocks = parse_pem(text);
  EXPECT_TRUE(blocks.has_value()) << text;
  if (!blocks || blocks->size() != 1) return ByteVector(1, 0xEE);
  return to_vector(blocks->front().data.expose());
}

TEST(Pem, KnownText) {
  EXPECT_EQ(only(block("X", "AAEC")), (ByteVector{0, 1, 2}));
  EXPECT_EQ(only(block("X", "AAECAw==")), (ByteVector{0, 1, 2, 3}));
  EXPECT_EQ(only(block("X", "AAECAwQ=")), (ByteVector{0, 1, 2, 3, 4}));
  EXPECT_EQ(only(block("X", "+/+/")), (ByteVector{0xFB, 0xFF, 0xBF}));
  EXPECT_EQ(only(block("X", "")), ByteVector{});
}

TEST(Pem, LinesOf64AndBothKindsOfLineEnd) {
  const ByteVector data(100, 0x42);
  const std::string text(as_text(encode_pem("CERTIFICATE", data).expose()));
  EXPECT_EQ(text.find('\n'), 27u);
  EXPECT_EQ(text.find('\n', 28), 28u + 64);
  EXPECT_EQ(only(text), data);
  std::string crlf;
  for (const char c : text) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(only(crlf), data);
}

TEST(Pem, TextAroundBlocksIsIgnored) {
  const auto blocks = parse_pem("subject: someone\n" + block("A", "AAEC") + "\nbetween\n\n" +
                                block("B", "AwQF") + "the end");
  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), 2u);
  EXPECT_EQ((*blocks)[0].label, "A");
  EXPECT_EQ((*blocks)[1].label, "B");
  EXPECT_EQ(to_vector((*blocks)[1].data.expose()), (ByteVector{3, 4, 5}));
}

TEST(Pem, NoBlockIsNoError) {
  for (const char* text : {"", "nothing here", "-----", "-----END X-----"}) {
    const auto blocks = parse_pem(text);
    ASSERT_TRUE(blocks) << text;
    EXPECT_TRUE(blocks->empty());
  }
}

TEST(Pem, BrokenBlocks) {
  expect_malformed("-----BEGIN ");
  expect_malformed("-----BEGIN X");
  expect_malformed("-----BEGIN X\n-----\n");
  expect_malformed("-----BEGIN X-----\nAAEC\n");
  expect_malformed("-----BEGIN X-----\nAAEC\n-----END Y-----\n");
  expect_malformed("-----BEGIN X-----\nAAEC\n-----END X----\n");
  expect_malformed("-----BEGIN X-----\nAAEC\n-----BEGIN X-----\nAAEC\n-----END X-----\n");
}

TEST(Pem, OnlyBase64) {
  for (const char* body : {"AA*C", "AAE", "A", "AAEC=", "AA=C", "AAEC====", "AA===", "=AAE",
                           "AAECA===", "AA-_", "AAEC,", "\xC3\xA4"}) {
    expect_malformed(block("X", body));
  }
  // Header lines of the old encrypted form are not base64 either.
  expect_malformed(block("X", "Proc-Type: 4,ENCRYPTED\n\nAAEC"));
}

TEST(Pem, UnusedBitsOfTheLastDigitDoNotCount) {
  EXPECT_EQ(only(block("X", "AB==")), ByteVector{0});
  EXPECT_EQ(only(block("X", "AAB=")), (ByteVector{0, 0}));
}

TEST(Pem, CertificatesFromPem) {
  const auto none = certificates_from_pem("no PEM at all");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::PemMalformed);
  EXPECT_FALSE(certificates_from_pem(block("PRIVATE KEY", "AAEC")));
  EXPECT_FALSE(certificates_from_pem(block("CERTIFICATE REQUEST", "AAEC")));
  const auto two = certificates_from_pem(
      block("CERTIFICATE", "AAEC") + block("PRIVATE KEY", "AwQF") + block("CERTIFICATE", "BgcI"));
  ASSERT_TRUE(two);
  EXPECT_EQ(*two, (std::vector<ByteVector>{{0, 1, 2}, {6, 7, 8}}));
  EXPECT_FALSE(certificates_from_pem(block("CERTIFICATE", "AAEC") + "-----BEGIN CERTIFICATE-----"));
}

TEST(ReadFile, ReadsWithinItsLimit) {
  const TemporaryFolder folder;
  const auto path = folder.write("file", "content");
  const auto content = pki::read_file(path);
  ASSERT_TRUE(content);
  EXPECT_EQ(as_text(content->expose()), "content");
  EXPECT_EQ(as_text(pki::read_file(folder.write("empty", ""))->expose()), "");

  const auto most = pki::read_file(folder.write("most", std::string(pki::kMaxPemFile, 'x')));
  ASSERT_TRUE(most);
  EXPECT_EQ(most->size(), pki::kMaxPemFile);
  const auto more = pki::read_file(folder.write("more", std::string(pki::kMaxPemFile + 1, 'x')));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::FileUnreadable);
}

TEST(ReadFile, WhatIsNotThereOrNoFile) {
  const TemporaryFolder folder;
  EXPECT_EQ(pki::read_file(folder.path() / "absent").error().code, ErrorCode::FileUnreadable);
  EXPECT_EQ(pki::read_file(folder.path()).error().code, ErrorCode::FileUnreadable);
}

RC_GTEST_PROP(Pem, RoundTrip, ()) {
  const auto size = *rc::gen::inRange<std::size_t>(0, 400);
  const auto data = *rc::gen::container<ByteVector>(size, rc::gen::arbitrary<std::uint8_t>());
  const std::string text(as_text(encode_pem("SOME LABEL", data).expose()));
  const auto blocks = parse_pem("before\n" + text + text);
  RC_ASSERT(blocks.has_value());
  RC_ASSERT(blocks->size() == 2u);
  RC_ASSERT((*blocks)[1].label == "SOME LABEL");
  RC_ASSERT(to_vector((*blocks)[1].data.expose()) == data);
}

RC_GTEST_PROP(Pem, SurvivesAnyText, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::element('-', '\n', 'B', 'E', 'G', 'I', 'N', ' ', 'D', 'X', '=', '+', 'a'));
  const auto blocks = parse_pem("-----BEGIN X-----" + text + "-----END X-----");
  RC_ASSERT(blocks.has_value() || blocks.error().code == ErrorCode::PemMalformed);
}

}  // namespace
}  // namespace nautilus::test
