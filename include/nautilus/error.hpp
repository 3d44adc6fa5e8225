#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <nautilus/alert.hpp>
#include <nautilus/export.hpp>

namespace nautilus::inline v0 {

/// What went wrong, grouped by whose fault it is. Each code leads to exactly one alert
/// (`alert_for`), decided in one place.
enum class ErrorCode : std::uint16_t {
  // The peer broke the record protocol.
  BadRecordMac = 100,
  RecordOverflow,
  UnexpectedRecordType,
  MalformedChangeCipherSpec,
  UnexpectedChangeCipherSpec,
  EmptyHandshakeRecord,
  TooManyEmptyRecords,
  TooManyWarningAlerts,
  MalformedAlert,
  NotTls,
  PlaintextHttp,
  Truncated,
  RecordSequenceExhausted,

  // The peer broke the handshake protocol.
  UnexpectedMessage = 200,
  InterleavedMessages,
  MessageNotAligned,
  MessageTooLarge,
  DecodeError,
  IllegalParameter,
  DuplicateExtension,
  UnsolicitedExtension,
  ForbiddenExtension,
  MissingExtension,
  PskExtensionNotLast,
  UnofferedCipherSuite,
  UnofferedGroup,
  UnofferedPsk,
  UnofferedApplicationProtocol,
  UnofferedSignatureScheme,
  UnofferedCertificateType,
  SessionIdMismatch,
  DowngradeDetected,
  UnsupportedVersionSelected,
  IllegalHelloRetryRequest,
  SecondHelloRetryRequest,
  ClientHelloChanged,
  InvalidKeyShare,
  MissingKeyShare,
  BadSignature,
  BadFinished,
  BadBinder,
  EmptyServerCertificate,
  TooManyKeyUpdates,
  TooManyTickets,
  TooMuchEarlyData,
  UnexpectedEarlyData,

  // Both sides are sound but have nothing in common, or not enough.
  NoCommonVersion = 300,
  NoCommonCipherSuite,
  NoCommonGroup,
  NoCommonSignatureScheme,
  NoCommonApplicationProtocol,
  NoCommonPsk,
  UnrecognizedName,
  InsufficientSecurity,

  // The peer's certificate.
  CertificateRequired = 400,
  BadCertificate,
  UnsupportedCertificate,
  CertificateRevoked,
  BadOcspResponse,
  CertificateExpired,
  CertificateNotYetValid,
  CertificateNameMismatch,
  CertificateWrongPurpose,
  UnknownCa,
  CertificateUnknown,
  AccessDenied,

  // The peer told us that it failed; `Error::peer_alert` says how.
  PeerAlert = 500,

  // Our side: configuration, keys, environment.
  ConfigInvalid = 600,
  FileUnreadable,
  FileUnwritable,
  PemMalformed,
  KeyMalformed,
  KeyMismatch,
  UnsupportedAlgorithm,
  BackendUnavailable,
  RandomFailure,
  CryptoFailure,
  OutOfMemory,
  StoreFailure,

  // The caller used the interface wrongly; the connection is unharmed unless said otherwise.
  ApiMisuse = 700,
  NotConnected,
  WriteClosed,
  UnknownRequest,
  Canceled,

  // Transport, reported by the drivers above the engine.
  NetworkFailure = 800,
  Timeout,
  ConnectionClosed,

  // A contradiction inside the library.
  Unreachable = 900,
};

/// Whose fault an error is; the ranges of `ErrorCode`.
enum class ErrorOrigin : std::uint8_t {
  PeerMisbehaved,
  Incompatible,
  PeerCertificate,
  PeerRefused,
  Local,
  ApiMisuse,
  Network,
  Internal,
};

/// One cause of failure. Small and trivially copyable; `detail` is always a string literal (or
/// other static storage), never built at run time, and never holds secrets.
struct Error {
  ErrorCode code = ErrorCode::Unreachable;
  const char* detail = "";
  /// The alert the peer sent, only with `ErrorCode::PeerAlert`.
  std::optional<AlertDescription> peer_alert = std::nullopt;

  friend bool operator==(const Error& a, const Error& b) noexcept {
    return a.code == b.code && a.peer_alert == b.peer_alert;
  }
};
static_assert(std::is_trivially_copyable_v<Error>);

/// The enumerator's own name, for logs and tests. Static storage.
NAUTILUS_API std::string_view to_string(ErrorCode code) noexcept;

/// Whose fault it is.
NAUTILUS_API ErrorOrigin origin_of(ErrorCode code) noexcept;

/// The one fatal alert that reports this error to the peer (RFC 9846 §6.2), or nothing where no
/// alert is due: the peer already failed, the transport is gone, or the connection is unharmed.
NAUTILUS_API std::optional<AlertDescription> alert_for(ErrorCode code) noexcept;

/// One line for people: the code's meaning, the detail, and the peer's alert if there was one.
NAUTILUS_API std::string describe(const Error& error);

}  // namespace nautilus::inline v0
