#include <map>
#include <string>

#include <gtest/gtest.h>

#include <nautilus/alert.hpp>

namespace nautilus {
namespace {

// AlertDescription as RFC 9846 §6 lists it, typed by hand.
const std::map<int, std::string> kAlerts{
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {22, "record_overflow"},
    {40, "handshake_failure"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {117, "general_error"},
    {120, "no_application_protocol"},
    {121, "ech_required"},
};

TEST(Alert, EveryValueHasTheNameOfTheRfcOrNone) {
  for (int value = 0; value <= 255; ++value) {
    const auto known = kAlerts.find(value);
    const std::string expected = known == kAlerts.end() ? "unknown_alert" : known->second;
    EXPECT_EQ(to_string(static_cast<AlertDescription>(value)), expected) << value;
  }
}

}  // namespace
}  // namespace nautilus
