#include "wire/extensions/lists.hpp"

#include <array>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unit/wire/wire_support.hpp"

namespace nautilus::test {
namespace {

using namespace wire;

template <class Encode>
ByteVector encoded(Encode encode) {
  ByteVector out;
  encode(out);
  return out;
}

/// Octets behind a 16-bit length.
ByteVector list16(const ByteVector& content) {
  ByteVector out;
  Writer(out).vector16(content);
  return out;
}

TEST(ServerNameExtension, LayoutAndExactness) {
  const ByteVector octets = encoded([](ByteVector& out) { encode_server_name(out, "a.example"); });
  EXPECT_EQ(octets, hex("000c 00 0009 612e6578616d706c65"));
  EXPECT_EQ(as_text(*decode_server_name(octets)), "a.example");
  expect_exact(decode_server_name, octets);
}

TEST(ServerNameExtension, OnlyOneHostNameThatIsOne) {
  expect_decode_error(decode_server_name, hex("0000"));
  expect_decode_error(decode_server_name, hex("0003 00 0000"));
  // Another name type, and a second name.
  expect_decode_error(decode_server_name, hex("0004 01 0001 61"));
  expect_decode_error(decode_server_name, hex("0008 00 0001 61 00 0001 62"));
  for (const std::string_view name :
       {"192.0.2.1", "a..b", ".a", "a.", "-a.example", "a b", "a\xC3\xA4", "[::1]", "::1"}) {
    const ByteVector octets = encoded([&](ByteVector& out) { encode_server_name(out, name); });
    expect_decode_error(decode_server_name, octets);
  }
  const std::string nul("a\0b", 3);
  expect_decode_error(decode_server_name,
                      encoded([&](ByteVector& out) { encode_server_name(out, nul); }));
  const std::string too_long = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                               std::string(63, 'c') + "." + std::string(62, 'd');
  ASSERT_EQ(too_long.size(), 254u);
  expect_decode_error(decode_server_name,
                      encoded([&](ByteVector& out) { encode_server_name(out, too_long); }));
}

TEST(SupportedVersions, LayoutAndBounds) {
  const std::array versions{ProtocolVersion::tls13, ProtocolVersion::tls12};
  const ByteVector octets =
      encoded([&](ByteVector& out) { encode_supported_versions(out, versions); });
  EXPECT_EQ(octets, hex("04 0304 0303"));
  expect_exact(decode_supported_versions, octets);
  expect_decode_error(decode_supported_versions, hex("00"));
  expect_decode_error(decode_supported_versions, hex("01 03"));
  expect_decode_error(decode_supported_versions, hex("03 0304 03"));
  // 127 versions fit; 255 octets are over the limit and odd besides.
  EXPECT_TRUE(decode_supported_versions(concat({hex("fe"), ByteVector(254, 3)})));
  expect_decode_error(decode_supported_versions, concat({hex("ff"), ByteVector(255, 3)}));
}

TEST(SupportedVersions, Selected) {
  const ByteVector octets =
      encoded([](ByteVector& out) { encode_selected_version(out, ProtocolVersion::tls13); });
  EXPECT_EQ(octets, hex("0304"));
  EXPECT_EQ(*decode_selected_version(octets), ProtocolVersion::tls13);
  expect_exact(decode_selected_version, octets);
}

TEST(SupportedGroups, LayoutAndBounds) {
  const std::array groups{NamedGroup::X25519MLKEM768, NamedGroup::x25519, NamedGroup::secp256r1,
                          NamedGroup::SecP256r1MLKEM768, NamedGroup::SecP384r1MLKEM1024};
  const ByteVector octets = encoded([&](ByteVector& out) { encode_supported_groups(out, groups); });
  EXPECT_EQ(octets, hex("000a 11ec 001d 0017 11eb 11ed"));
  expect_exact(decode_supported_groups, octets);
  expect_decode_error(decode_supported_groups, hex("0000"));
  expect_decode_error(decode_supported_groups, hex("0001 00"));
  expect_decode_error(decode_supported_groups, hex("0003 001d 00"));
  EXPECT_TRUE(decode_supported_groups(list16(ByteVector(0xFFFE, 1))));
  expect_decode_error(decode_supported_groups, list16(ByteVector(0xFFFF, 1)));
}

TEST(SignatureSchemes, LayoutAndBounds) {
  const std::array schemes{SignatureScheme::ecdsa_secp256r1_sha256, SignatureScheme::ed25519,
                           SignatureScheme::rsa_pss_rsae_sha256, SignatureScheme::mldsa65};
  const ByteVector octets =
      encoded([&](ByteVector& out) { encode_signature_schemes(out, schemes); });
  EXPECT_EQ(octets, hex("0008 0403 0807 0804 0905"));
  expect_exact(decode_signature_schemes, octets);
  expect_decode_error(decode_signature_schemes, hex("0000"));
  expect_decode_error(decode_signature_schemes, hex("0003 0403 08"));
  expect_decode_error(decode_signature_schemes, list16(ByteVector(0xFFFF, 1)));
}

TEST(ApplicationProtocols, LayoutAndBounds) {
  const std::vector<std::string> names{"h2", "http/1.1"};
  const ByteVector octets =
      encoded([&](ByteVector& out) { encode_application_protocols(out, names); });
  EXPECT_EQ(octets, hex("000c 02 6832 08 687474702f312e31"));
  expect_exact(decode_application_protocols, octets);
  expect_decode_error(decode_application_protocols, hex("0000"));
  expect_decode_error(decode_application_protocols, hex("0001 00"));
  // An empty name, last or first.
  expect_decode_error(decode_application_protocols, hex("0003 01 61 00"));
  expect_decode_error(decode_application_protocols, hex("0003 00 01 61"));
  expect_decode_error(decode_application_protocols, hex("0003 03 6162"));
  const std::vector<std::string> longest{std::string(255, 'x')};
  EXPECT_TRUE(decode_application_protocols(
      encoded([&](ByteVector& out) { encode_application_protocols(out, longest); })));
}

TEST(ApplicationProtocols, TheServerSelectsExactlyOne) {
  EXPECT_EQ(as_text(*decode_selected_application_protocol(hex("0003 02 6832"))), "h2");
  expect_exact(decode_selected_application_protocol, hex("0003 02 6832"));
  expect_decode_error(decode_selected_application_protocol, hex("0006 02 6832 02 6833"));
}

TEST(Cookie, LayoutAndBounds) {
  const ByteVector octets = encoded([](ByteVector& out) { encode_cookie(out, hex("c0ffee")); });
  EXPECT_EQ(octets, hex("0003 c0ffee"));
  expect_exact(decode_cookie, octets);
  expect_decode_error(decode_cookie, hex("0000"));
  EXPECT_TRUE(decode_cookie(list16(ByteVector(0xFFFF, 1))));
}

TEST(PskKeyExchangeModes, LayoutAndBounds) {
  const std::array modes{PskKeyExchangeMode::psk_dhe_ke, PskKeyExchangeMode::psk_ke};
  const ByteVector octets =
      encoded([&](ByteVector& out) { encode_psk_key_exchange_modes(out, modes); });
  EXPECT_EQ(octets, hex("02 01 00"));
  expect_exact(decode_psk_key_exchange_modes, octets);
  expect_decode_error(decode_psk_key_exchange_modes, hex("00"));
  // Unknown modes are kept: GREASE puts some there.
  EXPECT_EQ(to_vector(*decode_psk_key_exchange_modes(hex("02 0b 01"))), hex("0b 01"));
}

TEST(CertificateAuthorities, LayoutAndBounds) {
  const std::vector<ByteVector> names{hex("3000"), hex("310000")};
  const ByteVector octets =
      encoded([&](ByteVector& out) { encode_certificate_authorities(out, names); });
  EXPECT_EQ(octets, hex("0009 0002 3000 0003 310000"));
  expect_exact(decode_certificate_authorities, octets);
  expect_decode_error(decode_certificate_authorities, hex("0000"));
  expect_decode_error(decode_certificate_authorities, hex("0002 0000"));
  expect_decode_error(decode_certificate_authorities, hex("0005 0001 30 0000"));
  expect_decode_error(decode_certificate_authorities, hex("0004 0003 3000"));
}

TEST(RecordSizeLimit, IsAtLeast64) {
  expect_exact(decode_record_size_limit, hex("4001"));
  EXPECT_EQ(*decode_record_size_limit(hex("0040")), 64);
  EXPECT_EQ(*decode_record_size_limit(hex("ffff")), 0xFFFF);
  for (const char* low : {"003f", "0000"}) {
    expect_refused(decode_record_size_limit, hex(low), ErrorCode::IllegalParameter,
                   AlertDescription::illegal_parameter);
  }
}

TEST(MaxEarlyDataSize, FourOctets) {
  expect_exact(decode_max_early_data_size, hex("00004000"));
  EXPECT_EQ(*decode_max_early_data_size(hex("ffffffff")), 0xFFFFFFFFu);
}

TEST(MaxEarlyDataSize, RoundTrip) {
  const ByteVector octets =
      encoded([](ByteVector& out) { encode_max_early_data_size(out, 0x01020304); });
  EXPECT_EQ(octets, hex("01020304"));
  EXPECT_EQ(*decode_max_early_data_size(octets), 0x01020304u);
}

TEST(StatusRequest, Layouts) {
  EXPECT_EQ(encoded([](ByteVector& out) { encode_status_request(out); }), hex("01 0000 0000"));
  EXPECT_EQ(encoded([](ByteVector& out) { encode_certificate_status(out, hex("aabb")); }),
            hex("01 000002 aabb"));
}

TEST(CodeList, ReadsWhereItLies) {
  const ByteVector octets = hex("0017 001d 11ec");
  const CodeList<NamedGroup> list{octets};
  EXPECT_EQ(list.size(), 3u);
  EXPECT_EQ(list[2], NamedGroup::X25519MLKEM768);
  EXPECT_TRUE(list.contains(NamedGroup::x25519));
  EXPECT_FALSE(list.contains(NamedGroup::secp384r1));
  EXPECT_EQ(std::distance(list.begin(), list.end()), 3);
  EXPECT_TRUE(CodeList<NamedGroup>().empty());
  EXPECT_EQ(list.octets().data(), octets.data());
}

RC_GTEST_PROP(Lists, CodesRoundTrip, ()) {
  const auto groups = random_codes<NamedGroup>(1, 60);
  const ByteVector a = encoded([&](ByteVector& out) { encode_supported_groups(out, groups); });
  RC_ASSERT(same_codes(*decode_supported_groups(a), groups));
  const auto schemes = random_codes<SignatureScheme>(1, 60);
  const ByteVector b = encoded([&](ByteVector& out) { encode_signature_schemes(out, schemes); });
  RC_ASSERT(same_codes(*decode_signature_schemes(b), schemes));
  const auto versions = random_codes<ProtocolVersion>(1, 127);
  const ByteVector c = encoded([&](ByteVector& out) { encode_supported_versions(out, versions); });
  RC_ASSERT(same_codes(*decode_supported_versions(c), versions));
}

RC_GTEST_PROP(Lists, NamesRoundTrip, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 8);
  std::vector<std::string> protocols;
  std::vector<ByteVector> authorities;
  for (std::size_t i = 0; i < count; ++i) {
    protocols.emplace_back(as_text(random_octets(1, 255)));
    authorities.push_back(random_octets(1, 300));
  }
  const ByteVector a =
      encoded([&](ByteVector& out) { encode_application_protocols(out, protocols); });
  const auto names = decode_application_protocols(a);
  RC_ASSERT(names.has_value());
  RC_ASSERT(names->size() == count);
  for (std::size_t i = 0; i < count; ++i) RC_ASSERT(as_text((*names)[i]) == protocols[i]);
  const ByteVector b =
      encoded([&](ByteVector& out) { encode_certificate_authorities(out, authorities); });
  const auto decoded = decode_certificate_authorities(b);
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(decoded->size() == count);
  for (std::size_t i = 0; i < count; ++i) RC_ASSERT(to_vector((*decoded)[i]) == authorities[i]);
}

RC_GTEST_PROP(Lists, CookieRoundTrip, ()) {
  const ByteVector cookie = random_octets(1, 500);
  const ByteVector octets = encoded([&](ByteVector& out) { encode_cookie(out, cookie); });
  RC_ASSERT(to_vector(*decode_cookie(octets)) == cookie);
}

RC_GTEST_PROP(Lists, DecodersSurviveAnything, ()) {
  const ByteVector octets = random_octets(0, 60);
  survives_anything(decode_server_name, octets);
  survives_anything(decode_supported_versions, octets);
  survives_anything(decode_selected_version, octets);
  survives_anything(decode_supported_groups, octets);
  survives_anything(decode_signature_schemes, octets);
  survives_anything(decode_application_protocols, octets);
  survives_anything(decode_selected_application_protocol, octets);
  survives_anything(decode_cookie, octets);
  survives_anything(decode_psk_key_exchange_modes, octets);
  survives_anything(decode_certificate_authorities, octets);
  survives_anything(decode_record_size_limit, octets);
  survives_anything(decode_max_early_data_size, octets);
}

}  // namespace
}  // namespace nautilus::test
