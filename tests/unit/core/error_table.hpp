// What each error code must be, typed by hand: name, whose fault, and the alert that reports it.
#pragma once

#include <nautilus/error.hpp>
#include <optional>
#include <string_view>

namespace nautilus {

struct ErrorRow {
  ErrorCode code;
  std::string_view name;
  ErrorOrigin origin;
  std::optional<AlertDescription> alert;
};

#define ROW(code, origin, alert) \
  { ErrorCode::code, #code, ErrorOrigin::origin, AlertDescription::alert }
#define SILENT_ROW(code, origin) \
  { ErrorCode::code, #code, ErrorOrigin::origin, std::nullopt }

inline constexpr ErrorRow kErrors[] = {
    ROW(BadRecordMac, PeerMisbehaved, bad_record_mac),
    ROW(RecordOverflow, PeerMisbehaved, record_overflow),
    ROW(UnexpectedRecordType, PeerMisbehaved, unexpected_message),
    ROW(MalformedChangeCipherSpec, PeerMisbehaved, unexpected_message),
    ROW(UnexpectedChangeCipherSpec, PeerMisbehaved, unexpected_message),
    ROW(EmptyHandshakeRecord, PeerMisbehaved, unexpected_message),
    ROW(TooManyEmptyRecords, PeerMisbehaved, unexpected_message),
    ROW(TooManyWarningAlerts, PeerMisbehaved, unexpected_message),
    ROW(MalformedAlert, PeerMisbehaved, decode_error),
    ROW(NotTls, PeerMisbehaved, unexpected_message),
    ROW(PlaintextHttp, PeerMisbehaved, unexpected_message),
    SILENT_ROW(Truncated, PeerMisbehaved),
    ROW(RecordSequenceExhausted, PeerMisbehaved, internal_error),

    ROW(UnexpectedMessage, PeerMisbehaved, unexpected_message),
    ROW(InterleavedMessages, PeerMisbehaved, unexpected_message),
    ROW(MessageNotAligned, PeerMisbehaved, unexpected_message),
    ROW(MessageTooLarge, PeerMisbehaved, illegal_parameter),
    ROW(DecodeError, PeerMisbehaved, decode_error),
    ROW(IllegalParameter, PeerMisbehaved, illegal_parameter),
    ROW(DuplicateExtension, PeerMisbehaved, illegal_parameter),
    ROW(UnsolicitedExtension, PeerMisbehaved, unsupported_extension),
    ROW(ForbiddenExtension, PeerMisbehaved, illegal_parameter),
    ROW(MissingExtension, PeerMisbehaved, missing_extension),
    ROW(PskExtensionNotLast, PeerMisbehaved, illegal_parameter),
    ROW(UnofferedCipherSuite, PeerMisbehaved, illegal_parameter),
    ROW(UnofferedGroup, PeerMisbehaved, illegal_parameter),
    ROW(UnofferedPsk, PeerMisbehaved, illegal_parameter),
    ROW(UnofferedApplicationProtocol, PeerMisbehaved, illegal_parameter),
    ROW(UnofferedSignatureScheme, PeerMisbehaved, illegal_parameter),
    ROW(UnofferedCertificateType, PeerMisbehaved, illegal_parameter),
    ROW(SessionIdMismatch, PeerMisbehaved, illegal_parameter),
    ROW(DowngradeDetected, PeerMisbehaved, illegal_parameter),
    ROW(UnsupportedVersionSelected, PeerMisbehaved, illegal_parameter),
    ROW(IllegalHelloRetryRequest, PeerMisbehaved, illegal_parameter),
    ROW(SecondHelloRetryRequest, PeerMisbehaved, unexpected_message),
    ROW(ClientHelloChanged, PeerMisbehaved, illegal_parameter),
    ROW(InvalidKeyShare, PeerMisbehaved, illegal_parameter),
    ROW(MissingKeyShare, PeerMisbehaved, illegal_parameter),
    ROW(BadSignature, PeerMisbehaved, decrypt_error),
    ROW(BadFinished, PeerMisbehaved, decrypt_error),
    ROW(BadBinder, PeerMisbehaved, decrypt_error),
    ROW(EmptyServerCertificate, PeerMisbehaved, decode_error),
    ROW(TooManyKeyUpdates, PeerMisbehaved, unexpected_message),
    ROW(TooManyTickets, PeerMisbehaved, unexpected_message),
    ROW(TooMuchEarlyData, PeerMisbehaved, unexpected_message),
    ROW(UnexpectedEarlyData, PeerMisbehaved, unexpected_message),

    ROW(NoCommonVersion, Incompatible, protocol_version),
    ROW(NoCommonCipherSuite, Incompatible, handshake_failure),
    ROW(NoCommonGroup, Incompatible, handshake_failure),
    ROW(NoCommonSignatureScheme, Incompatible, handshake_failure),
    ROW(NoCommonApplicationProtocol, Incompatible, no_application_protocol),
    ROW(UnrecognizedName, Incompatible, unrecognized_name),
    ROW(InsufficientSecurity, Incompatible, insufficient_security),

    ROW(CertificateRequired, PeerCertificate, certificate_required),
    ROW(BadCertificate, PeerCertificate, bad_certificate),
    ROW(UnsupportedCertificate, PeerCertificate, unsupported_certificate),
    ROW(CertificateRevoked, PeerCertificate, certificate_revoked),
    ROW(CertificateExpired, PeerCertificate, certificate_expired),
    ROW(CertificateNotYetValid, PeerCertificate, certificate_expired),
    ROW(CertificateNameMismatch, PeerCertificate, bad_certificate),
    ROW(CertificateWrongPurpose, PeerCertificate, unsupported_certificate),
    ROW(UnknownCa, PeerCertificate, unknown_ca),
    ROW(CertificateUnknown, PeerCertificate, certificate_unknown),
    ROW(AccessDenied, PeerCertificate, access_denied),

    SILENT_ROW(PeerAlert, PeerRefused),

    ROW(ConfigInvalid, Local, internal_error),
    ROW(FileUnreadable, Local, internal_error),
    ROW(FileUnwritable, Local, internal_error),
    ROW(PemMalformed, Local, internal_error),
    ROW(KeyMalformed, Local, internal_error),
    ROW(KeyMismatch, Local, internal_error),
    ROW(UnsupportedAlgorithm, Local, internal_error),
    ROW(BackendUnavailable, Local, internal_error),
    ROW(RandomFailure, Local, internal_error),
    ROW(CryptoFailure, Local, internal_error),
    ROW(OutOfMemory, Local, internal_error),
    ROW(StoreFailure, Local, internal_error),

    SILENT_ROW(ApiMisuse, ApiMisuse),
    SILENT_ROW(NotConnected, ApiMisuse),
    SILENT_ROW(WriteClosed, ApiMisuse),
    SILENT_ROW(UnknownRequest, ApiMisuse),
    ROW(Canceled, ApiMisuse, user_canceled),

    SILENT_ROW(NetworkFailure, Network),
    ROW(Timeout, Network, user_canceled),
    SILENT_ROW(ConnectionClosed, Network),

    ROW(Unreachable, Internal, internal_error),
};

#undef ROW
#undef SILENT_ROW

}  // namespace nautilus
