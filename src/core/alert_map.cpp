// The one place that decides which alert reports an error (RFC 9846 §6.2).
#include <nautilus/error.hpp>

namespace nautilus::inline v0 {

std::optional<AlertDescription> alert_for(ErrorCode code) noexcept {
  using enum ErrorCode;
  switch (code) {
    case BadRecordMac:
      return AlertDescription::bad_record_mac;

    case RecordOverflow:
      return AlertDescription::record_overflow;

    case UnexpectedRecordType:
    case MalformedChangeCipherSpec:
    case UnexpectedChangeCipherSpec:
    case EmptyHandshakeRecord:
    case TooManyEmptyRecords:
    case TooManyWarningAlerts:
    case NotTls:
    case PlaintextHttp:
    case UnexpectedMessage:
    case InterleavedMessages:
    case MessageNotAligned:
    case SecondHelloRetryRequest:
    case TooManyKeyUpdates:
    case TooManyTickets:
    case TooMuchEarlyData:
    case UnexpectedEarlyData:
      return AlertDescription::unexpected_message;

    case MalformedAlert:
    case DecodeError:
    case EmptyServerCertificate:
      return AlertDescription::decode_error;

    case MessageTooLarge:
    case IllegalParameter:
    case DuplicateExtension:
    case ForbiddenExtension:
    case PskExtensionNotLast:
    case UnofferedCipherSuite:
    case UnofferedGroup:
    case UnofferedPsk:
    case UnofferedApplicationProtocol:
    case UnofferedSignatureScheme:
    case UnofferedCertificateType:
    case SessionIdMismatch:
    case DowngradeDetected:
    case UnsupportedVersionSelected:
    case IllegalHelloRetryRequest:
    case ClientHelloChanged:
    case InvalidKeyShare:
    case MissingKeyShare:
      return AlertDescription::illegal_parameter;

    case UnsolicitedExtension:
      return AlertDescription::unsupported_extension;

    case MissingExtension:
      return AlertDescription::missing_extension;

    case BadSignature:
    case BadFinished:
    case BadBinder:
      return AlertDescription::decrypt_error;

    case NoCommonVersion:
      return AlertDescription::protocol_version;

    case NoCommonCipherSuite:
    case NoCommonGroup:
    case NoCommonSignatureScheme:
    case NoCommonPsk:
      return AlertDescription::handshake_failure;

    case NoCommonApplicationProtocol:
      return AlertDescription::no_application_protocol;
    case UnrecognizedName:
      return AlertDescription::unrecognized_name;
    case InsufficientSecurity:
      return AlertDescription::insufficient_security;

    case CertificateRequired:
      return AlertDescription::certificate_required;
    case BadCertificate:
    case CertificateNameMismatch:
      return AlertDescription::bad_certificate;
    case UnsupportedCertificate:
    case CertificateWrongPurpose:
      return AlertDescription::unsupported_certificate;
    case CertificateRevoked:
      return AlertDescription::certificate_revoked;
    case BadOcspResponse:
      return AlertDescription::bad_certificate_status_response;
    case CertificateExpired:
    case CertificateNotYetValid:
      return AlertDescription::certificate_expired;
    case UnknownCa:
      return AlertDescription::unknown_ca;
    case CertificateUnknown:
      return AlertDescription::certificate_unknown;
    case AccessDenied:
      return AlertDescription::access_denied;

    // Nobody to tell, or nothing that ends the connection.
    case Truncated:
    case PeerAlert:
    case ApiMisuse:
    case NotConnected:
    case WriteClosed:
    case UnknownRequest:
    case NetworkFailure:
    case ConnectionClosed:
      return std::nullopt;

    case Canceled:
    case Timeout:
      return AlertDescription::user_canceled;

    case RecordSequenceExhausted:
    case ConfigInvalid:
    case FileUnreadable:
    case FileUnwritable:
    case PemMalformed:
    case KeyMalformed:
    case KeyMismatch:
    case UnsupportedAlgorithm:
    case BackendUnavailable:
    case RandomFailure:
    case CryptoFailure:
    case OutOfMemory:
    case StoreFailure:
    case Unreachable:
      return AlertDescription::internal_error;
  }
  return AlertDescription::internal_error;
}

}  // namespace nautilus::inline v0
