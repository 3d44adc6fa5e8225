#include "bogo/options.hpp"

#include <charconv>
#include <functional>
#include <map>
#include <string_view>

namespace nautilus::bogo {
namespace {

struct Flag {
  bool takes_value;
  /// False when the value cannot be honoured.
  std::function<bool(Options&, const std::string&)> apply;
};
using Flags = std::map<std::string_view, Flag>;

std::optional<ByteVector> from_base64(std::string_view text) {
  ByteVector out;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    if (c == '=') break;
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    have += 6;
    if (have >= 8) {
      have -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> have));
    }
  }
  return out;
}

template <class T>
bool parse_number(const std::string& text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

Flag on(bool Options::* field) {
  return {false, [field](Options& o, const std::string&) { return o.*field = true; }};
}
Flag ignored(bool takes_value = false) {
  return {takes_value, [](Options&, const std::string&) { return true; }};
}
Flag refused(bool takes_value = false) {
  return {takes_value, [](Options&, const std::string&) { return false; }};
}
Flag text(std::string Options::* field) {
  return {true, [field](Options& o, const std::string& v) {
            o.*field = v;
            return true;
          }};
}
template <class T>
Flag number(T Options::* field) {
  return {true, [field](Options& o, const std::string& v) { return parse_number(v, o.*field); }};
}
Flag octets(ByteVector Options::* field) {
  return {true, [field](Options& o, const std::string& v) {
            auto decoded = from_base64(v);
            if (decoded) o.*field = std::move(*decoded);
            return decoded.has_value();
          }};
}
Flag numbers(std::vector<std::uint16_t> Options::* field) {
  return {true, [field](Options& o, const std::string& v) {
            return parse_number(v, (o.*field).emplace_back());
          }};
}

/// These act on the newest credential.
Credential& newest(Options& o) {
  return o.credentials.empty() ? o.default_credential : o.credentials.back();
}
Flag credential_text(std::string Credential::* field) {
  return {true, [field](Options& o, const std::string& v) {
            newest(o).*field = v;
            return true;
          }};
}
Flag credential_octets(ByteVector Credential::* field) {
  return {true, [field](Options& o, const std::string& v) {
            auto decoded = from_base64(v);
            if (decoded) newest(o).*field = std::move(*decoded);
            return decoded.has_value();
          }};
}
Flag credential_on(bool Credential::* field, bool value) {
  return {false, [field, value](Options& o, const std::string&) {
            newest(o).*field = value;
            return true;
          }};
}
Flag new_credential(Credential::Kind kind) {
  return {false, [kind](Options& o, const std::string&) {
            o.credentials.emplace_back().kind = kind;
            return true;
          }};
}

void add_process_flags(Flags& f) {
  f["-port"] = number(&Options::port);
  f["-shim-id"] = number(&Options::shim_id);
  f["-ipv6"] = on(&Options::ipv6);
  f["-server"] = on(&Options::server);
  f["-resume-count"] = number(&Options::resume_count);
  f["-is-handshaker-supported"] = on(&Options::handshaker_query);
  f["-dtls"] = refused();
  f["-quic"] = refused();
  f["-no-tls13"] = refused();
  f["-no-tls1"] = f["-no-tls11"] = f["-no-tls12"] = ignored();
  f["-min-version"] = {true, [](Options&, const std::string& v) {
                         int version = 0;
                         return parse_number(v, version) && version <= 0x0304;
                       }};
  f["-max-version"] = {true, [](Options&, const std::string& v) {
                         int version = 0;
                         return parse_number(v, version) && version >= 0x0304;
                       }};
  f["-expect-version"] = f["-max-version"];
  f["-async"] = on(&Options::async);
  f["-implicit-handshake"] = f["-use-early-callback"] = f["-expect-extended-master-secret"] =
      f["-expect-secure-renegotiation"] = f["-expect-no-session-id"] = ignored();
  // Ways of asking that this library does not tell apart.
  f["-use-old-client-cert-callback"] = f["-no-op-extra-handshake"] = ignored();
  f["-permute-extensions"] = f["-enable-grease"] = on(&Options::enable_grease);
}

void add_credential_flags(Flags& f) {
  f["-cert-file"] = credential_text(&Credential::cert_file);
  f["-key-file"] = credential_text(&Credential::key_file);
  f["-signing-prefs"] = {true, [](Options& o, const std::string& v) {
                           return parse_number(v, newest(o).signing_prefs.emplace_back());
                         }};
  f["-ocsp-response"] = credential_octets(&Credential::ocsp_response);
  f["-signed-cert-timestamps"] = credential_octets(&Credential::signed_cert_timestamps);
  f["-must-match-issuer"] = credential_on(&Credential::must_match_issuer, true);
  f["-psk-importer-key"] = credential_octets(&Credential::psk_key);
  f["-psk-importer-identity"] = credential_octets(&Credential::psk_identity);
  f["-psk-importer-context"] = credential_octets(&Credential::psk_context);
  f["-psk-importer-sha256"] = credential_on(&Credential::psk_sha384, false);
  f["-psk-importer-sha384"] = credential_on(&Credential::psk_sha384, true);
  f["-new-x509-credential"] = new_credential(Credential::Kind::X509);
  f["-new-psk-credential"] = new_credential(Credential::Kind::Psk);
  f["-expect-selected-credential"] = {true, [](Options& o, const std::string& v) {
                                        return parse_number(v,
                                                            o.expect_selected_credential.emplace());
                                      }};
}

void add_negotiation_flags(Flags& f) {
  f["-trust-cert"] = text(&Options::trust_cert);
  f["-curves"] = numbers(&Options::curves);
  f["-key-shares"] = {true, [](Options& o, const std::string& v) {
                        if (!o.key_shares) o.key_shares.emplace();
                        return parse_number(v, o.key_shares->emplace_back());
                      }};
  f["-no-key-shares"] = {false, [](Options& o, const std::string&) {
                           o.key_shares.emplace();
                           return true;
                         }};
  f["-verify-prefs"] = numbers(&Options::verify_prefs);
  f["-expect-peer-verify-pref"] = numbers(&Options::expect_peer_verify_prefs);
  f["-expect-curve-id"] = number(&Options::expect_curve_id);
  f["-expect-cipher"] = number(&Options::expect_cipher);
  f["-expect-peer-signature-algorithm"] = number(&Options::expect_peer_signature_algorithm);
  f["-expect-hrr"] = on(&Options::expect_hrr);
  f["-expect-no-hrr"] = on(&Options::expect_no_hrr);
  f["-server-preference"] = on(&Options::server_preference);
  f["-host-name"] = text(&Options::host_name);
  f["-expect-server-name"] = text(&Options::expect_server_name);
  f["-expect-no-server-name"] = on(&Options::expect_no_server_name);
  f["-advertise-alpn"] = text(&Options::advertise_alpn);
  f["-select-alpn"] = text(&Options::select_alpn);
  f["-expect-alpn"] = text(&Options::expect_alpn);
  f["-expect-advertised-alpn"] = text(&Options::expect_advertised_alpn);
  f["-decline-alpn"] = on(&Options::decline_alpn);
  f["-reject-alpn"] = on(&Options::reject_alpn);
  f["-verify-peer"] = on(&Options::verify_peer);
  f["-use-custom-verify-callback"] = on(&Options::custom_verify);
  f["-expect-verify-result"] = ignored();
  f["-require-any-client-certificate"] = on(&Options::require_any_client_certificate);
  f["-verify-fail"] = on(&Options::verify_fail);
  f["-reverify-on-resume"] = on(&Options::reverify_on_resume);
  f["-use-client-ca-list"] = text(&Options::use_client_ca_list);
  f["-expect-client-ca-list"] = text(&Options::expect_client_ca_list);
  f["-expect-no-peer-cert"] = on(&Options::expect_no_peer_cert);
  f["-expect-peer-cert-file"] = text(&Options::expect_peer_cert_file);
  f["-enable-ocsp-stapling"] = on(&Options::enable_ocsp_stapling);
  f["-use-ocsp-callback"] = on(&Options::use_ocsp_callback);
  f["-set-ocsp-in-callback"] = ignored();  // a credential's response is there either way
  f["-decline-ocsp-callback"] = on(&Options::decline_ocsp_callback);
  f["-fail-ocsp-callback"] = on(&Options::fail_ocsp_callback);
  f["-enable-signed-cert-timestamps"] = on(&Options::enable_signed_cert_timestamps);
  f["-expect-ocsp-response"] = octets(&Options::expect_ocsp_response);
  f["-expect-signed-cert-timestamps"] = octets(&Options::expect_signed_cert_timestamps);
}

void add_session_flags(Flags& f) {
  f["-no-ticket"] = on(&Options::no_ticket);
  f["-expect-session-miss"] = on(&Options::expect_session_miss);
  f["-expect-no-session"] = on(&Options::expect_no_session);
  f["-resumption-delay"] = number(&Options::resumption_delay);
  f["-expect-ticket-age-skew"] = {true, [](Options& o, const std::string& v) {
                                    return parse_number(v, o.expect_ticket_age_skew.emplace());
                                  }};
  f["-enable-early-data"] = on(&Options::enable_early_data);
  f["-expect-ticket-supports-early-data"] = on(&Options::expect_ticket_supports_early_data);
  f["-expect-accept-early-data"] = on(&Options::expect_accept_early_data);
  f["-expect-reject-early-data"] = on(&Options::expect_reject_early_data);
  f["-expect-no-offer-early-data"] = on(&Options::expect_no_offer_early_data);
  f["-expect-early-data-reason"] = text(&Options::expect_early_data_reason);
}

void add_data_flags(Flags& f) {
  f["-export-keying-material"] = number(&Options::export_keying_material);
  f["-export-label"] = text(&Options::export_label);
  f["-export-context"] = text(&Options::export_context);
  f["-use-export-context"] = on(&Options::use_export_context);
  f["-key-update"] = on(&Options::key_update);
  f["-key-update-before-read"] = on(&Options::key_update_before_read);
  f["-shim-writes-first"] = on(&Options::shim_writes_first);
  f["-shim-initial-write"] = text(&Options::shim_initial_write);
  f["-repeat-shim-initial-write"] = number(&Options::repeat_shim_initial_write);
  f["-read-with-unfinished-write"] = on(&Options::read_with_unfinished_write);
  f["-shim-shuts-down"] = on(&Options::shim_shuts_down);
  f["-check-close-notify"] = on(&Options::check_close_notify);
  f["-send-alert"] = on(&Options::send_alert);
  f["-peek-then-read"] = on(&Options::peek_then_read);
  f["-fail-cert-callback"] = on(&Options::fail_cert_callback);
  f["-read-size"] = number(&Options::read_size);
  f["-max-send-fragment"] = number(&Options::max_send_fragment);
}

const Flags& flags() {
  static const Flags all = [] {
    Flags f;
    add_process_flags(f);
    add_credential_flags(f);
    add_negotiation_flags(f);
    add_session_flags(f);
    add_data_flags(f);
    return f;
  }();
  return all;
}

bool strip(std::string_view& name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return false;
  name.remove_prefix(prefix.size() - 1);  // the flag's own dash stays
  return true;
}

}  // namespace

std::optional<CommandLine> parse(int count, char** arguments, std::string& refused_flag) {
  CommandLine out;
  for (int i = 0; i < count; ++i) {
    refused_flag = arguments[i];
    // Assembled so that the dash in front of the flag's own name survives.
    std::string_view name = refused_flag;
    (void)strip(name, "-on-shim-");
    const bool handshaker = strip(name, "-on-handshaker-");
    std::vector<Options*> targets{&out.initial, &out.resume, &out.retry};
    if (strip(name, "-on-initial-")) {
      targets = {&out.initial};
    } else if (strip(name, "-on-resume-")) {
      targets = {&out.resume};
    } else if (strip(name, "-on-retry-")) {
      targets = {&out.retry};
    }
    const auto flag = flags().find(name);
    if (flag == flags().end()) return std::nullopt;
    std::string value;
    if (flag->second.takes_value) {
      if (++i >= count) return std::nullopt;
      value = arguments[i];
    }
    if (handshaker) continue;
    for (Options* target : targets) {
      if (!flag->second.apply(*target, value)) return std::nullopt;
    }
  }
  return out;
}

}  // namespace nautilus::bogo
