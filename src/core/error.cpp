#include <nautilus/error.hpp>

namespace nautilus::inline v0 {
namespace {

struct Entry {
  std::string_view name;
  std::string_view meaning;
};

Entry entry(ErrorCode code) noexcept {
  using enum ErrorCode;
  switch (code) {
    case BadRecordMac:
      return {"BadRecordMac", "a record failed authentication"};
    case RecordOverflow:
      return {"RecordOverflow", "a record is longer than the protocol allows"};
    case UnexpectedRecordType:
      return {"UnexpectedRecordType", "a record of this type is not allowed now"};
    case MalformedChangeCipherSpec:
      return {"MalformedChangeCipherSpec", "malformed change_cipher_spec"};
    case UnexpectedChangeCipherSpec:
      return {"UnexpectedChangeCipherSpec", "change_cipher_spec is not allowed now"};
    case EmptyHandshakeRecord:
      return {"EmptyHandshakeRecord", "empty handshake or alert record"};
    case TooManyEmptyRecords:
      return {"TooManyEmptyRecords", "too many empty records"};
    case TooManyWarningAlerts:
      return {"TooManyWarningAlerts", "too many warning alerts"};
    case MalformedAlert:
      return {"MalformedAlert", "malformed alert"};
    case NotTls:
      return {"NotTls", "the peer does not speak TLS"};
    case PlaintextHttp:
      return {"PlaintextHttp", "the peer speaks plaintext HTTP"};
    case Truncated:
      return {"Truncated", "the stream ended without close_notify"};
    case RecordSequenceExhausted:
      return {"RecordSequenceExhausted", "the record sequence numbers are used up"};
    case UnexpectedMessage:
      return {"UnexpectedMessage", "this handshake message is not allowed now"};
    case InterleavedMessages:
      return {"InterleavedMessages", "a handshake message was interrupted by another record type"};
    case MessageNotAligned:
      return {"MessageNotAligned", "handshake data crosses a key change"};
    case MessageTooLarge:
      return {"MessageTooLarge", "a handshake message is longer than the limit"};
    case DecodeError:
      return {"DecodeError", "a message cannot be decoded"};
    case IllegalParameter:
      return {"IllegalParameter", "a field has an illegal value"};
    case DuplicateExtension:
      return {"DuplicateExtension", "an extension occurs twice"};
    case UnsolicitedExtension:
      return {"UnsolicitedExtension", "an extension was not asked for"};
    case ForbiddenExtension:
      return {"ForbiddenExtension", "an extension is not allowed in this message"};
    case MissingExtension:
      return {"MissingExtension", "a required extension is missing"};
    case PskExtensionNotLast:
      return {"PskExtensionNotLast", "pre_shared_key is not the last extension"};
    case UnofferedCipherSuite:
      return {"UnofferedCipherSuite", "the server chose a cipher suite that was not offered"};
    case UnofferedGroup:
      return {"UnofferedGroup", "the server chose a group that was not offered"};
    case UnofferedPsk:
      return {"UnofferedPsk", "the server chose a PSK that was not offered"};
    case UnofferedApplicationProtocol:
      return {"UnofferedApplicationProtocol",
              "the server chose an application protocol that was not offered"};
    case UnofferedSignatureScheme:
      return {"UnofferedSignatureScheme", "the peer signed with a scheme that was not offered"};
    case UnofferedCertificateType:
      return {"UnofferedCertificateType", "the peer chose a certificate type that was not offered"};
    case SessionIdMismatch:
      return {"SessionIdMismatch", "legacy_session_id_echo differs"};
    case DowngradeDetected:
      return {"DowngradeDetected", "downgrade detected"};
    case UnsupportedVersionSelected:
      return {"UnsupportedVersionSelected", "the server chose a version that was not offered"};
    case IllegalHelloRetryRequest:
      return {"IllegalHelloRetryRequest", "HelloRetryRequest asks for nothing new"};
    case SecondHelloRetryRequest:
      return {"SecondHelloRetryRequest", "second HelloRetryRequest"};
    case ClientHelloChanged:
      return {"ClientHelloChanged", "the second ClientHello differs where it must not"};
    case InvalidKeyShare:
      return {"InvalidKeyShare", "the key share is not valid"};
    case MissingKeyShare:
      return {"MissingKeyShare", "the key share is missing"};
    case BadSignature:
      return {"BadSignature", "a signature is not valid"};
    case BadFinished:
      return {"BadFinished", "Finished does not verify"};
    case BadBinder:
      return {"BadBinder", "a PSK binder does not verify"};
    case EmptyServerCertificate:
      return {"EmptyServerCertificate", "the server sent no certificate"};
    case TooManyKeyUpdates:
      return {"TooManyKeyUpdates", "too many KeyUpdate messages"};
    case TooManyTickets:
      return {"TooManyTickets", "too many session tickets"};
    case TooMuchEarlyData:
      return {"TooMuchEarlyData", "too much early data"};
    case UnexpectedEarlyData:
      return {"UnexpectedEarlyData", "early data is not allowed now"};
    case NoCommonVersion:
      return {"NoCommonVersion", "no common protocol version"};
    case NoCommonCipherSuite:
      return {"NoCommonCipherSuite", "no common cipher suite"};
    case NoCommonGroup:
      return {"NoCommonGroup", "no common key exchange group"};
    case NoCommonSignatureScheme:
      return {"NoCommonSignatureScheme", "no common signature scheme"};
    case NoCommonApplicationProtocol:
      return {"NoCommonApplicationProtocol", "no common application protocol"};
    case NoCommonPsk:
      return {"NoCommonPsk", "no common pre-shared key"};
    case UnrecognizedName:
      return {"UnrecognizedName", "no identity for the requested name"};
    case InsufficientSecurity:
      return {"InsufficientSecurity", "the offer is below the required strength"};
    case CertificateRequired:
      return {"CertificateRequired", "the peer sent no certificate"};
    case BadCertificate:
      return {"BadCertificate", "the certificate is not valid"};
    case UnsupportedCertificate:
      return {"UnsupportedCertificate", "the certificate is of an unsupported kind"};
    case CertificateRevoked:
      return {"CertificateRevoked", "the certificate is revoked"};
    case BadOcspResponse:
      return {"BadOcspResponse", "the OCSP response is missing, wrong or too old"};
    case CertificateExpired:
      return {"CertificateExpired", "the certificate has expired"};
    case CertificateNotYetValid:
      return {"CertificateNotYetValid", "the certificate is not valid yet"};
    case CertificateNameMismatch:
      return {"CertificateNameMismatch", "the certificate is for another name"};
    case CertificateWrongPurpose:
      return {"CertificateWrongPurpose", "the certificate is for another purpose"};
    case UnknownCa:
      return {"UnknownCa", "the certificate is not from a trusted CA"};
    case CertificateUnknown:
      return {"CertificateUnknown", "the certificate was not accepted"};
    case AccessDenied:
      return {"AccessDenied", "the identity is not allowed in"};
    case PeerAlert:
      return {"PeerAlert", "the peer ended the connection"};
    case ConfigInvalid:
      return {"ConfigInvalid", "the configuration is not valid"};
    case FileUnreadable:
      return {"FileUnreadable", "a file cannot be read"};
    case FileUnwritable:
      return {"FileUnwritable", "a file cannot be written"};
    case PemMalformed:
      return {"PemMalformed", "malformed PEM"};
    case KeyMalformed:
      return {"KeyMalformed", "malformed key"};
    case KeyMismatch:
      return {"KeyMismatch", "certificate and private key do not belong together"};
    case UnsupportedAlgorithm:
      return {"UnsupportedAlgorithm", "unsupported algorithm"};
    case BackendUnavailable:
      return {"BackendUnavailable", "the backend is not available"};
    case RandomFailure:
      return {"RandomFailure", "the random generator failed"};
    case CryptoFailure:
      return {"CryptoFailure", "a cryptographic operation failed"};
    case OutOfMemory:
      return {"OutOfMemory", "out of memory"};
    case StoreFailure:
      return {"StoreFailure", "the session store failed"};
    case ApiMisuse:
      return {"ApiMisuse", "the interface was used wrongly"};
    case NotConnected:
      return {"NotConnected", "the handshake has not finished"};
    case WriteClosed:
      return {"WriteClosed", "the write side is closed"};
    case UnknownRequest:
      return {"UnknownRequest", "no such pending request"};
    case Canceled:
      return {"Canceled", "canceled"};
    case NetworkFailure:
      return {"NetworkFailure", "network failure"};
    case Timeout:
      return {"Timeout", "timed out"};
    case ConnectionClosed:
      return {"ConnectionClosed", "the connection is closed"};
    case Unreachable:
      return {"Unreachable", "internal error"};
  }
  return {"Unknown", "unknown error"};
}

}  // namespace

std::string_view to_string(ErrorCode code) noexcept { return entry(code).name; }

ErrorOrigin origin_of(ErrorCode code) noexcept {
  switch (static_cast<std::uint16_t>(code) / 100) {
    case 1:
    case 2:
      return ErrorOrigin::PeerMisbehaved;
    case 3:
      return ErrorOrigin::Incompatible;
    case 4:
      return ErrorOrigin::PeerCertificate;
    case 5:
      return ErrorOrigin::PeerRefused;
    case 6:
      return ErrorOrigin::Local;
    case 7:
      return ErrorOrigin::ApiMisuse;
    case 8:
      return ErrorOrigin::Network;
    default:
      return ErrorOrigin::Internal;
  }
}

std::string describe(const Error& error) {
  std::string text(entry(error.code).meaning);
  if (error.detail != nullptr && *error.detail != '\0') text.append(": ").append(error.detail);
  if (error.peer_alert) text.append(" (alert ").append(to_string(*error.peer_alert)).append(")");
  return text;
}

}  // namespace nautilus::inline v0
