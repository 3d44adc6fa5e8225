// The numbers of the registries, typed by hand.
#include <gtest/gtest.h>

#include "unit/wire/wire_support.hpp"

namespace nautilus::test {
namespace {

template <class Code>
struct Row {
  Code code;
  unsigned number;
  std::string_view name;
};

template <class Code, std::size_t N>
void expect_rows(const Row<Code> (&rows)[N]) {
  for (const Row<Code>& row : rows) {
    EXPECT_EQ(static_cast<unsigned>(row.code), row.number) << row.name;
    EXPECT_EQ(to_string(row.code), row.name);
  }
}

TEST(Codepoints, HandshakeTypes) {
  using enum wire::HandshakeType;
  expect_rows<wire::HandshakeType>({{client_hello, 1, "client_hello"},
                                    {server_hello, 2, "server_hello"},
                                    {new_session_ticket, 4, "new_session_ticket"},
                                    {end_of_early_data, 5, "end_of_early_data"},
                                    {encrypted_extensions, 8, "encrypted_extensions"},
                                    {certificate, 11, "certificate"},
                                    {certificate_request, 13, "certificate_request"},
                                    {certificate_verify, 15, "certificate_verify"},
                                    {finished, 20, "finished"},
                                    {key_update, 24, "key_update"},
                                    {compressed_certificate, 25, "compressed_certificate"},
                                    {message_hash, 254, "message_hash"}});
  EXPECT_EQ(to_string(static_cast<wire::HandshakeType>(0)), "unknown");
}

TEST(Codepoints, ExtensionTypes) {
  using enum wire::ExtensionType;
  expect_rows<wire::ExtensionType>(
      {{server_name, 0, "server_name"},
       {max_fragment_length, 1, "max_fragment_length"},
       {status_request, 5, "status_request"},
       {supported_groups, 10, "supported_groups"},
       {signature_algorithms, 13, "signature_algorithms"},
       {use_srtp, 14, "use_srtp"},
       {heartbeat, 15, "heartbeat"},
       {application_layer_protocol_negotiation, 16, "application_layer_protocol_negotiation"},
       {signed_certificate_timestamp, 18, "signed_certificate_timestamp"},
       {client_certificate_type, 19, "client_certificate_type"},
       {server_certificate_type, 20, "server_certificate_type"},
       {padding, 21, "padding"},
       {compress_certificate, 27, "compress_certificate"},
       {record_size_limit, 28, "record_size_limit"},
       {session_ticket, 35, "session_ticket"},
       {pre_shared_key, 41, "pre_shared_key"},
       {early_data, 42, "early_data"},
       {supported_versions, 43, "supported_versions"},
       {cookie, 44, "cookie"},
       {psk_key_exchange_modes, 45, "psk_key_exchange_modes"},
       {certificate_authorities, 47, "certificate_authorities"},
       {oid_filters, 48, "oid_filters"},
       {post_handshake_auth, 49, "post_handshake_auth"},
       {signature_algorithms_cert, 50, "signature_algorithms_cert"},
       {key_share, 51, "key_share"},
       {ticket_request, 58, "ticket_request"},
       {renegotiation_info, 0xFF01, "renegotiation_info"}});
  EXPECT_EQ(to_string(static_cast<wire::ExtensionType>(0x0A0A)), "unknown");
}

TEST(Codepoints, ContentTypes) {
  using enum wire::ContentType;
  expect_rows<wire::ContentType>({{invalid, 0, "invalid"},
                                  {change_cipher_spec, 20, "change_cipher_spec"},
                                  {alert, 21, "alert"},
                                  {handshake, 22, "handshake"},
                                  {application_data, 23, "application_data"}});
  EXPECT_EQ(to_string(static_cast<wire::ContentType>(24)), "unknown");
}

TEST(Codepoints, Versions) {
  EXPECT_EQ(static_cast<unsigned>(wire::ProtocolVersion::tls10), 0x0301u);
  EXPECT_EQ(static_cast<unsigned>(wire::ProtocolVersion::tls12), 0x0303u);
  EXPECT_EQ(static_cast<unsigned>(wire::ProtocolVersion::tls13), 0x0304u);
}

TEST(Codepoints, HelloRetryRequestRandom) {
  EXPECT_EQ(to_vector(wire::kHelloRetryRequestRandom),
            hex("CF21AD74 E59A6111 BE1D8C02 1E65B891 C2A21116 7ABB8C5E 079E09E2 C8A8339C"));
}

TEST(HandshakeFraming, TypeLengthBody) {
  ByteVector out = hex("ff");
  wire::encode_handshake(out, wire::HandshakeType::finished,
                         [](wire::Writer& writer) { writer.bytes(ByteVector(0x0102, 0xAB)); });
  ASSERT_EQ(out.size(), 1 + 4 + 0x0102u);
  EXPECT_EQ(to_vector(ByteView(out).first(6)), hex("ff 14 000102 ab"));
  const wire::HandshakeMessage message{wire::HandshakeType::finished, ByteView(out).subspan(1)};
  EXPECT_EQ(message.body().size(), 0x0102u);
}

}  // namespace
}  // namespace nautilus::test
