#include "wire/certificate.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unit/wire/wire_support.hpp"

namespace nautilus::test {
namespace {

using namespace wire;

ByteVector message_of(const ByteVector& context, const ByteVector& entries) {
  ByteVector out;
  Writer writer(out);
  writer.vector8(context);
  writer.vector24(entries);
  return out;
}

ByteVector entry(const ByteVector& data,
                 const std::vector<std::pair<ExtensionType, ByteVector>>& extensions = {}) {
  ByteVector out;
  Writer writer(out);
  writer.vector24(data);
  writer.bytes(block_of(extensions));
  return out;
}

TEST(Certificate, Layout) {
  ByteVector out;
  encode_certificate(out, hex("0a0b"), std::vector<ByteVector>{hex("3000"), hex("310000")});
  EXPECT_EQ(out, hex("0b 000015 02 0a0b 00000f 000002 3000 0000 000003 310000 0000"));
  const ByteVector body = body_of(out, HandshakeType::certificate);
  const auto message = decode_certificate(body);
  ASSERT_TRUE(message);
  EXPECT_EQ(to_vector(message->certificate_request_context), hex("0a0b"));
  ASSERT_EQ(message->entries.size(), 2u);
  EXPECT_EQ(to_vector(message->entries[1].cert_data), hex("310000"));
  EXPECT_FALSE(message->entries[0].ocsp_response);
  expect_exact(decode_certificate, body);
}

TEST(Certificate, WithoutCertificates) {
  ByteVector out;
  encode_certificate(out, {}, {});
  EXPECT_EQ(out, hex("0b 000004 00 000000"));
  const auto message = decode_certificate(hex("00 000000"));
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->entries.empty());
  expect_exact(decode_certificate, hex("00 000000"));
}

TEST(Certificate, BadFramingInside) {
  expect_decode_error(decode_certificate, hex("00 000005 000000 0000"));  // an empty certificate
  expect_decode_error(decode_certificate, hex("00 000004 000001 30"));    // no extensions
  expect_decode_error(decode_certificate, hex("00 000006 000002 30 0000"));
  expect_decode_error(decode_certificate, hex("00 000007 000001 30 0000 00"));
  expect_decode_error(decode_certificate, hex("00 000006 000001 30 0001"));
  expect_decode_error(decode_certificate, hex("00 ffffff 000001 30 0000"));
}

TEST(Certificate, HoldsAsManyAsItsLimit) {
  ByteVector entries;
  const auto add = [&] {
    const ByteVector one = entry(hex("30"));
    entries.insert(entries.end(), one.begin(), one.end());
  };
  for (std::size_t i = 0; i < kMaxCertificates; ++i) add();
  const ByteVector most = message_of({}, entries);
  EXPECT_EQ(decode_certificate(most)->entries.size(), kMaxCertificates);
  add();
  expect_decode_error(decode_certificate, message_of({}, entries));
}

TEST(Certificate, StapledResponse) {
  const ByteVector octets =
      message_of({}, entry(hex("30"), {{ExtensionType::status_request, hex("01 000002 aabb")}}));
  const auto message = decode_certificate(octets);
  ASSERT_TRUE(message);
  ASSERT_TRUE(message->entries[0].ocsp_response);
  EXPECT_EQ(to_vector(*message->entries[0].ocsp_response), hex("aabb"));
  expect_exact(decode_certificate, octets);
  // No response, another type than ocsp, cut, followed by something.
  for (const char* status :
       {"01 000000", "02 000002 aabb", "01 000002 aa", "01 000001 aa 00", ""}) {
    expect_decode_error(
        decode_certificate,
        message_of({}, entry(hex("30"), {{ExtensionType::status_request, hex(status)}})));
  }
}

TEST(Certificate, Timestamps) {
  using enum ExtensionType;
  const auto with = [](const char* list) {
    return message_of({}, entry(hex("30"), {{signed_certificate_timestamp, hex(list)}}));
  };
  const ByteVector octets = with("0007 0002 aabb 0001 cc");
  const auto message = decode_certificate(octets);
  ASSERT_TRUE(message);
  ASSERT_TRUE(message->entries[0].certificate_timestamps);
  EXPECT_EQ(to_vector(*message->entries[0].certificate_timestamps), hex("0007 0002 aabb 0001 cc"));
  expect_exact(decode_certificate, octets);
  // No list, an empty one, an empty timestamp, one cut, something behind.
  for (const char* list : {"", "0000", "0002 0000", "0003 0002 aa", "0003 0001 aa 00"}) {
    expect_decode_error(decode_certificate, with(list));
  }
}

TEST(Certificate, OnlyTheLeafCarriesExtensions) {
  ExtensionList extensions;
  extensions.add(ExtensionType::status_request) = hex("01 000001 ee");
  ByteVector out;
  encode_certificate(out, {}, std::vector<ByteVector>{hex("30"), hex("31")}, extensions);
  const ByteVector body = body_of(out, HandshakeType::certificate);
  const auto message = decode_certificate(body);
  ASSERT_TRUE(message);
  EXPECT_EQ(to_vector(*message->entries[0].ocsp_response), hex("ee"));
  EXPECT_TRUE(message->entries[1].extensions.all().empty());
}

TEST(Certificate, ExtensionsOfEveryEntryAreChecked) {
  const ByteVector good = entry(hex("30"));
  const ByteVector forbidden = entry(hex("30"), {{ExtensionType::server_name, {}}});
  const ByteVector twice = entry(hex("30"), {{static_cast<ExtensionType>(0x0A0A), {}},
                                             {static_cast<ExtensionType>(0x0A0A), {}}});
  for (const bool first : {true, false}) {
    expect_refused(decode_certificate,
                   message_of({}, first ? concat({forbidden, good}) : concat({good, forbidden})),
                   ErrorCode::ForbiddenExtension, AlertDescription::illegal_parameter);
    expect_refused(decode_certificate,
                   message_of({}, first ? concat({twice, good}) : concat({good, twice})),
                   ErrorCode::DuplicateExtension, AlertDescription::illegal_parameter);
  }
}

TEST(CertificateRequest, Layout) {
  ExtensionList extensions;
  extensions.add(ExtensionType::signature_algorithms) = hex("0002 0905");
  ByteVector out;
  encode_certificate_request(out, {}, extensions);
  EXPECT_EQ(out, hex("0d 00000b 00 0008 000d 0004 0002 0905"));
  const ByteVector body = body_of(out, HandshakeType::certificate_request);
  const auto message = decode_certificate_request(body);
  ASSERT_TRUE(message);
  EXPECT_TRUE(same_codes(*message->signature_algorithms, std::vector{SignatureScheme::mldsa65}));
  EXPECT_FALSE(message->signature_algorithms_cert);
  EXPECT_FALSE(message->certificate_authorities);
  expect_exact(decode_certificate_request, body);
}

TEST(CertificateRequest, ReadsEveryExtension) {
  using enum ExtensionType;
  const ByteVector octets =
      concat({hex("01 aa"), block_of({{signature_algorithms, hex("0004 0403 0807")},
                                      {signature_algorithms_cert, hex("0002 0401")},
                                      {certificate_authorities, hex("0004 0002 3000")},
                                      {oid_filters, hex("0000")},
                                      {static_cast<ExtensionType>(0x0A0A), hex("00")}})});
  const auto message = decode_certificate_request(octets);
  ASSERT_TRUE(message);
  EXPECT_EQ(to_vector(message->certificate_request_context), hex("aa"));
  EXPECT_EQ(message->signature_algorithms->size(), 2u);
  EXPECT_EQ(message->signature_algorithms_cert->size(), 1u);
  ASSERT_EQ(message->certificate_authorities->size(), 1u);
  EXPECT_EQ(to_vector(message->certificate_authorities->front()), hex("3000"));
  expect_exact(decode_certificate_request, octets);
}

TEST(CertificateRequest, MayBeEmpty) {
  // RFC 9846 allows an empty list; that signature_algorithms is missing is the handshake's matter.
  const auto message = decode_certificate_request(hex("00 0000"));
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->signature_algorithms);
}

TEST(CertificateRequest, BadExtensions) {
  using enum ExtensionType;
  const auto request = [](ExtensionType type, const char* data) {
    return concat({hex("00"), block_of({{type, hex(data)}})});
  };
  expect_decode_error(decode_certificate_request, request(signature_algorithms, "0000"));
  expect_decode_error(decode_certificate_request, request(signature_algorithms, "0003 040308"));
  expect_decode_error(decode_certificate_request, request(signature_algorithms_cert, "0000"));
  expect_decode_error(decode_certificate_request, request(certificate_authorities, "0000"));
  for (const ExtensionType type : {key_share, supported_versions, cookie, early_data}) {
    expect_refused(decode_certificate_request, request(type, "00"), ErrorCode::ForbiddenExtension,
                   AlertDescription::illegal_parameter);
  }
}

TEST(CertificateVerify, Layout) {
  ByteVector out;
  encode_certificate_verify(out, SignatureScheme::ecdsa_secp256r1_sha256, hex("aabbcc"));
  EXPECT_EQ(out, hex("0f 000007 0403 0003 aabbcc"));
  const ByteVector body = body_of(out, HandshakeType::certificate_verify);
  const auto message = decode_certificate_verify(body);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->algorithm, SignatureScheme::ecdsa_secp256r1_sha256);
  EXPECT_EQ(to_vector(message->signature), hex("aabbcc"));
  expect_exact(decode_certificate_verify, body);
  // An empty signature has a syntax; it only never verifies.
  EXPECT_TRUE(decode_certificate_verify(hex("0403 0000")));
}

RC_GTEST_PROP(Certificate, RoundTrip, ()) {
  const ByteVector context = random_octets(0, 255);
  std::vector<ByteVector> chain;
  const auto count = *rc::gen::inRange<std::size_t>(0, kMaxCertificates + 1);
  for (std::size_t i = 0; i < count; ++i) chain.push_back(random_octets(1, 400));
  ByteVector out;
  encode_certificate(out, context, chain);
  const ByteVector body = body_of(out, HandshakeType::certificate);
  const auto message = decode_certificate(body);
  RC_ASSERT(message.has_value());
  RC_ASSERT(to_vector(message->certificate_request_context) == context);
  RC_ASSERT(message->entries.size() == count);
  for (std::size_t i = 0; i < count; ++i) {
    RC_ASSERT(to_vector(message->entries[i].cert_data) == chain[i]);
    RC_ASSERT(message->entries[i].extensions.all().empty());
  }
}

RC_GTEST_PROP(CertificateVerify, RoundTrip, ()) {
  const auto scheme = static_cast<SignatureScheme>(*rc::gen::arbitrary<std::uint16_t>());
  const ByteVector signature = random_octets(0, 700);
  ByteVector out;
  encode_certificate_verify(out, scheme, signature);
  const ByteVector body = body_of(out, HandshakeType::certificate_verify);
  const auto message = decode_certificate_verify(body);
  RC_ASSERT(message.has_value());
  RC_ASSERT(message->algorithm == scheme);
  RC_ASSERT(to_vector(message->signature) == signature);
}

RC_GTEST_PROP(Certificate, SurvivesAnything, ()) {
  const ByteVector octets = random_octets(0, 80);
  survives_anything(decode_certificate, octets);
  survives_anything(decode_certificate_request, octets);
  survives_anything(decode_certificate_verify, octets);
  survives_a_flip(decode_certificate,
                  message_of(hex("01"), entry(random_octets(1, 9), {{ExtensionType::status_request,
                                                                     hex("01 000001 aa")}})));
}

}  // namespace
}  // namespace nautilus::test
