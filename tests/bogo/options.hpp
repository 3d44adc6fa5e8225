// The command line that BoringSSL's test runner gives a shim.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nautilus/bytes.hpp>

namespace nautilus::bogo {

/// What the shim's exit code tells the runner.
enum class Exit : int { Ok = 0, Failed = 1, Unimplemented = 89, AlwaysFails = 90 };

/// One of the credentials; number -1 is the default one.
struct Credential {
  enum class Kind : std::uint8_t { X509, Psk };
  Kind kind = Kind::X509;
  std::string cert_file;
  std::string key_file;
  std::vector<std::uint16_t> signing_prefs;
  ByteVector ocsp_response;
  ByteVector signed_cert_timestamps;
  bool must_match_issuer = false;
  ByteVector psk_key;
  ByteVector psk_identity;
  ByteVector psk_context;
  bool psk_sha384 = false;
};

/// One connection's settings. Names follow the flags.
struct Options {
  bool server = false;
  bool ipv6 = false;
  std::uint16_t port = 0;
  std::uint64_t shim_id = 0;
  int resume_count = 0;
  bool handshaker_query = false;

  Credential default_credential;
  std::vector<Credential> credentials;
  std::string trust_cert;

  std::vector<std::uint16_t> curves;
  std::optional<std::vector<std::uint16_t>> key_shares;
  std::vector<std::uint16_t> verify_prefs;
  std::vector<std::uint16_t> expect_peer_verify_prefs;
  std::uint16_t expect_curve_id = 0;
  std::uint16_t expect_cipher = 0;
  std::uint16_t expect_peer_signature_algorithm = 0;
  std::optional<int> expect_selected_credential;
  bool expect_hrr = false;
  bool expect_no_hrr = false;
  bool server_preference = false;

  std::string host_name;
  std::string expect_server_name;
  bool expect_no_server_name = false;
  std::string advertise_alpn;
  std::string select_alpn;
  std::string expect_alpn;
  std::string expect_advertised_alpn;
  bool decline_alpn = false;
  bool reject_alpn = false;

  bool verify_peer = false;
  bool require_any_client_certificate = false;
  bool verify_fail = false;
  bool custom_verify = false;
  bool reverify_on_resume = false;
  std::string use_client_ca_list;
  std::string expect_client_ca_list;
  bool expect_no_peer_cert = false;
  std::string expect_peer_cert_file;

  bool no_ticket = false;
  bool expect_session_miss = false;
  bool expect_no_session = false;
  int resumption_delay = 0;
  std::optional<int> expect_ticket_age_skew;
  bool enable_early_data = false;
  bool expect_ticket_supports_early_data = false;
  bool expect_accept_early_data = false;
  bool expect_reject_early_data = false;
  bool expect_no_offer_early_data = false;
  std::string expect_early_data_reason;

  bool enable_ocsp_stapling = false;
  bool use_ocsp_callback = false;
  bool decline_ocsp_callback = false;
  bool fail_ocsp_callback = false;
  bool enable_signed_cert_timestamps = false;
  ByteVector expect_ocsp_response;
  ByteVector expect_signed_cert_timestamps;

  int export_keying_material = 0;
  std::string export_label;
  std::string export_context;
  bool use_export_context = false;

  bool enable_grease = false;
  bool key_update = false;
  bool key_update_before_read = false;
  bool async = false;
  bool shim_writes_first = false;
  std::string shim_initial_write = "hello";
  int repeat_shim_initial_write = 1;
  bool read_with_unfinished_write = false;
  bool peek_then_read = false;
  bool fail_cert_callback = false;
  bool shim_shuts_down = false;
  bool check_close_notify = false;
  bool send_alert = false;
  int read_size = 0;
  int max_send_fragment = 0;

  /// With PSKs a client accepts certificates only if told to verify them.
  [[nodiscard]] bool psk_only() const {
    for (const Credential& credential : credentials) {
      if (credential.kind == Credential::Kind::Psk) return !verify_peer;
    }
    return false;
  }
};

/// The three configurations of one command line: the first connection, later ones, and the rest of
/// a connection whose early data was rejected.
struct CommandLine {
  Options initial;
  Options resume;
  Options retry;
};

/// Parses everything after the program's name. Nothing for a flag that is unknown or cannot be
/// honoured; `refused` then holds it.
[[nodiscard]] std::optional<CommandLine> parse(int count, char** arguments, std::string& refused);

}  // namespace nautilus::bogo
