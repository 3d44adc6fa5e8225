#include "report.hpp"

#include <fmt/core.h>

#include <nautilus/asio/error.hpp>

namespace app {

using nautilus::AlertDescription;
using nautilus::Error;
using nautilus::ErrorCode;
using nautilus::ErrorOrigin;

const char* const kExitHelp =
    "Exit status: 0 ok, 1 usage, 2 local file or configuration, 3 network, 4 the peer's "
    "certificate\n"
    "or name was refused, 5 the peer refused us, 6 protocol error, 7 truncated or tampered.";

namespace {

int exit_for(const Error& error) noexcept {
  switch (error.code) {
    case ErrorCode::BadRecordMac:
    case ErrorCode::Truncated:
    case ErrorCode::BadFinished:
    case ErrorCode::BadBinder:
      return kTampered;
    default:
      break;
  }
  switch (nautilus::origin_of(error.code)) {
    case ErrorOrigin::PeerMisbehaved:
    case ErrorOrigin::Incompatible:
    case ErrorOrigin::ApiMisuse:
    case ErrorOrigin::Internal:
      return kProtocol;
    case ErrorOrigin::PeerCertificate:
      return kPeerRejected;
    case ErrorOrigin::PeerRefused:
      return kRejectedByPeer;
    case ErrorOrigin::Local:
      return kLocal;
    case ErrorOrigin::Network:
      return kNetwork;
  }
  return kProtocol;
}

std::string hint_for_alert(AlertDescription alert) {
  using enum AlertDescription;
  switch (alert) {
    case certificate_required:
      return "give an identity with --identity; `nautilus cert` makes one";
    case unknown_ca:
      return "the peer does not trust our CA: give it the CA's certificate with --ca";
    case bad_certificate:
    case certificate_expired:
    case certificate_unknown:
    case unsupported_certificate:
    case access_denied:
      return "look at our certificate with `nautilus cert show`";
    case handshake_failure:
    case protocol_version:
    case insufficient_security:
      return "compare --groups and --suites of both sides";
    case no_application_protocol:
      return "compare --alpn of both sides";
    case bad_record_mac:
    case decrypt_error:
      return "something between the two sides changes the data";
    default:
      return "look at the peer's own account of the connection";
  }
}

std::string hint_for(const Error& error) {
  using enum ErrorCode;
  switch (error.code) {
    case PeerAlert:
      return hint_for_alert(*error.peer_alert);
    case UnknownCa:
      return "name the CA that issued the peer's certificate with --ca";
    case CertificateExpired:
    case CertificateNotYetValid:
      return "check the clock, or have the certificate renewed";
    case CertificateNameMismatch:
      return "name the server as its certificate does, with --servername";
    case CertificateWrongPurpose:
      return "issue the certificate for this role with `nautilus cert`";
    case CertificateRequired:
      return "the client needs --identity";
    case AccessDenied:
      return "widen --allow-dns, --allow-uri or --allow-cn, or say --allow-all";
    case PlaintextHttp:
      return "use https:// at the other side";
    case NotTls:
      return "check the port: the other side speaks something else";
    case NoCommonVersion:
      return "the other side needs TLS 1.3";
    case NoCommonGroup:
    case NoCommonCipherSuite:
      return "compare --groups and --suites of both sides";
    case NoCommonApplicationProtocol:
      return "compare --alpn of both sides";
    case NoCommonPsk:
      return "give both sides the same external PSK, or certificates";
    case BadRecordMac:
    case BadFinished:
      return "something between the two sides changes the data";
    case Truncated:
      return "the connection was cut; what arrived may be incomplete";
    case FileUnreadable:
      return "check the path and its permissions";
    case Timeout:
      return "raise --timeout, or check that the other side answers";
    default:
      return "see `nautilus --help`";
  }
}

}  // namespace

nlohmann::json Failure::json() const {
  nlohmann::json out{{"error", what}, {"side", side}, {"hint", hint}, {"exit", exit}};
  if (!alert.empty()) out["alert"] = alert;
  return out;
}

void Failure::print() const {
  fmt::print(stderr, "nautilus: {}: {}{}\n", side, what,
             alert.empty() ? "" : fmt::format(" (alert {})", alert));
  fmt::print(stderr, "try: {}\n", hint);
}

Failure explain(const Error& error, const std::string& side) {
  Failure failure;
  failure.exit = exit_for(error);
  failure.side = side;
  failure.hint = hint_for(error);
  if (error.peer_alert) {
    failure.alert = nautilus::to_string(*error.peer_alert);
    failure.what = fmt::format("the {} refused us", side == "client" ? "server" : "client");
  } else {
    failure.what = nautilus::describe(error);
    if (const auto alert = nautilus::alert_for(error.code)) {
      failure.alert = nautilus::to_string(*alert);
    }
  }
  return failure;
}

Failure explain(const boost::system::error_code& ec, const Error* rich, const std::string& side) {
  if (rich != nullptr) return explain(*rich, side);
  Failure failure;
  failure.exit = kNetwork;
  failure.side = side;
  failure.what = ec.message();
  failure.hint = "check the address, and that the other side is running";
  return failure;
}

Failure local_failure(const Error& error, const std::string& what, const std::string& hint) {
  return {kLocal, fmt::format("{}: {}", what, nautilus::describe(error)), "local", {}, hint};
}

}  // namespace app
