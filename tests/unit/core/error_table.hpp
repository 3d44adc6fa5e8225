// What each error code must be, typed by hand: name, whose fault, and the alert that reports it.
#pragma once

#include <optional>
#include <string_view>

#include <nautilus/error.hpp>

namespace nautilus {

struct ErrorRow {
  ErrorCode code;
  std::string_view name;
  ErrorOrigin origin;
  std::optional<AlertDescription> alert;
};

namespace table {

using Code = ErrorCode;
using Origin = ErrorOrigin;
using Alert = AlertDescription;

inline constexpr ErrorRow kErrors[] = {
    {Code::BadRecordMac, "BadRecordMac", Origin::PeerMisbehaved, Alert::bad_record_mac},
    {Code::RecordOverflow, "RecordOverflow", Origin::PeerMisbehaved, Alert::record_overflow},
    {Code::UnexpectedRecordType, "UnexpectedRecordType", Origin::PeerMisbehaved,
     Alert::unexpected_message},
    {Code::MalformedChangeCipherSpec, "MalformedChangeCipherSpec", Origin::PeerMisbehaved,
     Alert::unexpected_message},
    {Code::UnexpectedChangeCipherSpec, "UnexpectedChangeCipherSpec", Origin::PeerMisbehaved,
     Alert::unexpected_message},
    {Code::EmptyHandshakeRecord, "EmptyHandshakeRecord", Origin::PeerMisbehaved,
     Alert::unexpected_message},
    {Code::TooManyEmptyRecords, "TooManyEmptyRecords", Origin::PeerMisbehaved,
     Alert::unexpected_message},
    {Code::TooManyWarningAlerts, "TooManyWarningAlerts", Origin::PeerMisbehaved,
     Alert::unexpected_message},
    {Code::MalformedAlert, "MalformedAlert", Origin::PeerMisbehaved, Alert::decode_error},
    {Code::NotTls, "NotTls", Origin::PeerMisbehaved, Alert::unexpected_message},
    {Code::PlaintextHttp, "PlaintextHttp", Origin::PeerMisbehaved, Alert::unexpected_message},
    {Code::Truncated, "Truncated", Origin::PeerMisbehaved, std::nullopt},
    {Code::RecordSequenceExhausted, "RecordSequenceExhausted", Origin::PeerMisbehaved,
     Alert::internal_error},

    {Code::UnexpectedMessage, "UnexpectedMessage", Origin::PeerMisbehaved,
     Alert::unexpected_message},
    {Code::InterleavedMessages, "InterleavedMessages", Origin::PeerMisbehaved,
     Alert::unexpected_message},
    {Code::MessageNotAligned, "MessageNotAligned", Origin::PeerMisbehaved,
     Alert::unexpected_message},
    {Code::MessageTooLarge, "MessageTooLarge", Origin::PeerMisbehaved, Alert::illegal_parameter},
    {Code::DecodeError, "DecodeError", Origin::PeerMisbehaved, Alert::decode_error},
    {Code::IllegalParameter, "IllegalParameter", Origin::PeerMisbehaved, Alert::illegal_parameter},
    {Code::DuplicateExtension, "DuplicateExtension", Origin::PeerMisbehaved,
     Alert::illegal_parameter},
    {Code::UnsolicitedExtension, "UnsolicitedExtension", Origin::PeerMisbehaved,
     Alert::unsupported_extension},
    {Code::ForbiddenExtension, "ForbiddenExtension", Origin::PeerMisbehaved,
     Alert::illegal_parameter},
    {Code::MissingExtension, "MissingExtension", Origin::PeerMisbehaved, Alert::missing_extension},
    {Code::PskExtensionNotLast, "PskExtensionNotLast", Origin::PeerMisbehaved,
     Alert::illegal_parameter},
    {Code::UnofferedCipherSuite, "UnofferedCipherSuite", Origin::PeerMisbehaved,
     Alert::illegal_parameter},
    {Code::UnofferedGroup, "UnofferedGroup", Origin::PeerMisbehaved, Alert::illegal_parameter},
    {Code::UnofferedPsk, "UnofferedPsk", Origin::PeerMisbehaved, Alert::illegal_parameter},
    {Code::UnofferedApplicationProtocol, "UnofferedApplicationProtocol", Origin::PeerMisbehaved,
     Alert::illegal_parameter},
    {Code::UnofferedSignatureScheme, "UnofferedSignatureScheme", Origin::PeerMisbehaved,
     Alert::illegal_parameter},
    {Code::UnofferedCertificateType, "UnofferedCertificateType", Origin::PeerMisbehaved,
     Alert::illegal_parameter},
    {Code::SessionIdMismatch, "SessionIdMismatch", Origin::PeerMisbehaved,
     Alert::illegal_parameter},
    {Code::DowngradeDetected, "DowngradeDetected", Origin::PeerMisbehaved,
     Alert::illegal_parameter},
    {Code::UnsupportedVersionSelected, "UnsupportedVersionSelected", Origin::PeerMisbehaved,
     Alert::illegal_parameter},
    {Code::IllegalHelloRetryRequest, "IllegalHelloRetryRequest", Origin::PeerMisbehaved,
     Alert::illegal_parameter},
    {Code::SecondHelloRetryRequest, "SecondHelloRetryRequest", Origin::PeerMisbehaved,
     Alert::unexpected_message},
    {Code::ClientHelloChanged, "ClientHelloChanged", Origin::PeerMisbehaved,
     Alert::illegal_parameter},
    {Code::InvalidKeyShare, "InvalidKeyShare", Origin::PeerMisbehaved, Alert::illegal_parameter},
    {Code::MissingKeyShare, "MissingKeyShare", Origin::PeerMisbehaved, Alert::illegal_parameter},
    {Code::BadSignature, "BadSignature", Origin::PeerMisbehaved, Alert::decrypt_error},
    {Code::BadFinished, "BadFinished", Origin::PeerMisbehaved, Alert::decrypt_error},
    {Code::BadBinder, "BadBinder", Origin::PeerMisbehaved, Alert::decrypt_error},
    {Code::EmptyServerCertificate, "EmptyServerCertificate", Origin::PeerMisbehaved,
     Alert::decode_error},
    {Code::TooManyKeyUpdates, "TooManyKeyUpdates", Origin::PeerMisbehaved,
     Alert::unexpected_message},
    {Code::TooManyTickets, "TooManyTickets", Origin::PeerMisbehaved, Alert::unexpected_message},
    {Code::TooMuchEarlyData, "TooMuchEarlyData", Origin::PeerMisbehaved, Alert::unexpected_message},
    {Code::UnexpectedEarlyData, "UnexpectedEarlyData", Origin::PeerMisbehaved,
     Alert::unexpected_message},

    {Code::NoCommonVersion, "NoCommonVersion", Origin::Incompatible, Alert::protocol_version},
    {Code::NoCommonCipherSuite, "NoCommonCipherSuite", Origin::Incompatible,
     Alert::handshake_failure},
    {Code::NoCommonGroup, "NoCommonGroup", Origin::Incompatible, Alert::handshake_failure},
    {Code::NoCommonSignatureScheme, "NoCommonSignatureScheme", Origin::Incompatible,
     Alert::handshake_failure},
    {Code::NoCommonApplicationProtocol, "NoCommonApplicationProtocol", Origin::Incompatible,
     Alert::no_application_protocol},
    {Code::NoCommonPsk, "NoCommonPsk", Origin::Incompatible, Alert::handshake_failure},
    {Code::UnrecognizedName, "UnrecognizedName", Origin::Incompatible, Alert::unrecognized_name},
    {Code::InsufficientSecurity, "InsufficientSecurity", Origin::Incompatible,
     Alert::insufficient_security},

    {Code::CertificateRequired, "CertificateRequired", Origin::PeerCertificate,
     Alert::certificate_required},
    {Code::BadCertificate, "BadCertificate", Origin::PeerCertificate, Alert::bad_certificate},
    {Code::UnsupportedCertificate, "UnsupportedCertificate", Origin::PeerCertificate,
     Alert::unsupported_certificate},
    {Code::CertificateRevoked, "CertificateRevoked", Origin::PeerCertificate,
     Alert::certificate_revoked},
    {Code::BadOcspResponse, "BadOcspResponse", Origin::PeerCertificate,
     Alert::bad_certificate_status_response},
    {Code::CertificateExpired, "CertificateExpired", Origin::PeerCertificate,
     Alert::certificate_expired},
    {Code::CertificateNotYetValid, "CertificateNotYetValid", Origin::PeerCertificate,
     Alert::certificate_expired},
    {Code::CertificateNameMismatch, "CertificateNameMismatch", Origin::PeerCertificate,
     Alert::bad_certificate},
    {Code::CertificateWrongPurpose, "CertificateWrongPurpose", Origin::PeerCertificate,
     Alert::unsupported_certificate},
    {Code::UnknownCa, "UnknownCa", Origin::PeerCertificate, Alert::unknown_ca},
    {Code::CertificateUnknown, "CertificateUnknown", Origin::PeerCertificate,
     Alert::certificate_unknown},
    {Code::AccessDenied, "AccessDenied", Origin::PeerCertificate, Alert::access_denied},

    {Code::PeerAlert, "PeerAlert", Origin::PeerRefused, std::nullopt},

    {Code::ConfigInvalid, "ConfigInvalid", Origin::Local, Alert::internal_error},
    {Code::FileUnreadable, "FileUnreadable", Origin::Local, Alert::internal_error},
    {Code::FileUnwritable, "FileUnwritable", Origin::Local, Alert::internal_error},
    {Code::PemMalformed, "PemMalformed", Origin::Local, Alert::internal_error},
    {Code::KeyMalformed, "KeyMalformed", Origin::Local, Alert::internal_error},
    {Code::KeyMismatch, "KeyMismatch", Origin::Local, Alert::internal_error},
    {Code::UnsupportedAlgorithm, "UnsupportedAlgorithm", Origin::Local, Alert::internal_error},
    {Code::BackendUnavailable, "BackendUnavailable", Origin::Local, Alert::internal_error},
    {Code::RandomFailure, "RandomFailure", Origin::Local, Alert::internal_error},
    {Code::CryptoFailure, "CryptoFailure", Origin::Local, Alert::internal_error},
    {Code::OutOfMemory, "OutOfMemory", Origin::Local, Alert::internal_error},
    {Code::StoreFailure, "StoreFailure", Origin::Local, Alert::internal_error},

    {Code::ApiMisuse, "ApiMisuse", Origin::ApiMisuse, std::nullopt},
    {Code::NotConnected, "NotConnected", Origin::ApiMisuse, std::nullopt},
    {Code::WriteClosed, "WriteClosed", Origin::ApiMisuse, std::nullopt},
    {Code::UnknownRequest, "UnknownRequest", Origin::ApiMisuse, std::nullopt},
    {Code::Canceled, "Canceled", Origin::ApiMisuse, Alert::user_canceled},

    {Code::NetworkFailure, "NetworkFailure", Origin::Network, std::nullopt},
    {Code::Timeout, "Timeout", Origin::Network, Alert::user_canceled},
    {Code::ConnectionClosed, "ConnectionClosed", Origin::Network, std::nullopt},

    {Code::Unreachable, "Unreachable", Origin::Internal, Alert::internal_error},
};

}  // namespace table

using table::kErrors;

}  // namespace nautilus
