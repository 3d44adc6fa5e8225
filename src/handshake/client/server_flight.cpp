// The server's encrypted flight: EncryptedExtensions, CertificateRequest, Certificate and
// CertificateVerify (RFC 9846 §4.4, §4.5).
#include <algorithm>

#include "handshake/client/states.hpp"

namespace nautilus::inline v0::handshake::client {
namespace {

/// The server's word on our early data. Refused, its keys give way to the handshake's at once.
Result<void> settle_early_data(const wire::EncryptedExtensions& message, const Keys& keys,
                               const std::optional<EarlyDataTerms>& terms, bool psk_selected,
                               Context& cx) {
  if (!message.early_data) {
    if (!terms) return {};
    cx.facts.early_data = EarlyDataState::Rejected;
    return cx.out.install_send(Epoch::Handshake, *keys.suite, keys.client_handshake_traffic_secret);
  }
  // Offered, but the ServerHello that came with it had already refused it.
  if (!terms && psk_selected) {
    return fail(ErrorCode::IllegalParameter,
                "early data accepted under another PSK than the first");
  }
  if (!terms) return fail(ErrorCode::UnsolicitedExtension, "early_data");
  if (keys.suite->id != terms->cipher_suite) {
    return fail(ErrorCode::IllegalParameter, "early data accepted under another suite");
  }
  if (cx.facts.application_protocol != terms->application_protocol) {
    return fail(ErrorCode::IllegalParameter, "early data accepted under another protocol");
  }
  cx.facts.early_data = EarlyDataState::Accepted;
  return {};
}

Result<State> ask_for_verdict(Common common, Keys keys, std::optional<CertificateAsked> requested,
                              const Incoming<wire::Certificate>& message) {
  if (!message->certificate_request_context.empty()) {
    return fail(ErrorCode::IllegalParameter, "certificate_request_context of a server");
  }
  if (message->entries.empty()) return fail(ErrorCode::EmptyServerCertificate);
  auto request = question_about(*message.message, PeerRole::Server, common.server_name,
                                common.settings->staples);
  if (!request) return propagate(request);
  keys.transcript.add(message.encoded);
  return std::make_unique<AwaitingCertificateVerdict>(AwaitingCertificateVerdict{
      std::move(common), std::move(keys), std::move(requested), std::move(*request)});
}

}  // namespace

Result<State> ExpectEncryptedExtensions::on(Incoming<wire::EncryptedExtensions> message,
                                            Context& cx) && {
  if (auto r = check_solicited(message->extensions, offered); !r) return propagate(r);
  if (message->application_protocol) {
    const std::string_view chosen = as_text(*message->application_protocol);
    const auto& ours = common.settings->application_protocols;
    if (std::ranges::find(ours, chosen) == ours.end()) {
      return fail(ErrorCode::UnofferedApplicationProtocol);
    }
    cx.facts.application_protocol = chosen;
  }
  if (message->record_size_limit) cx.out.limit_send(*message->record_size_limit);
  if (auto r = settle_early_data(*message.message, keys, early_data, accepted.has_value(), cx); !r)
    return propagate(r);
  keys.transcript.add(message.encoded);
  if (accepted) {
    return std::make_unique<ExpectFinished>(
        ExpectFinished{std::move(common), std::move(keys), std::nullopt, *accepted});
  }
  return std::make_unique<ExpectCertificateOrRequest>(
      ExpectCertificateOrRequest{std::move(common), std::move(keys)});
}

Result<State> ExpectCertificateOrRequest::on(Incoming<wire::CertificateRequest> message,
                                             Context&) && {
  if (!message->certificate_request_context.empty()) {
    return fail(ErrorCode::IllegalParameter, "certificate_request_context in the handshake");
  }
  if (!message->signature_algorithms) {
    return fail(ErrorCode::MissingExtension, "signature_algorithms");
  }
  CertificateAsked asked;
  SelectIdentityRequest& request = asked.identity;
  request.peer = PeerRole::Server;
  request.signature_schemes = message->signature_algorithms->to_vector();
  if (message->signature_algorithms_cert) {
    request.certificate_schemes = message->signature_algorithms_cert->to_vector();
  }
  if (message->certificate_authorities) {
    for (const ByteView name : *message->certificate_authorities) {
      request.certificate_authorities.push_back(to_vector(name));
    }
  }
  asked.staples = {
      message->extensions.find(wire::ExtensionType::status_request).has_value(),
      message->extensions.find(wire::ExtensionType::signed_certificate_timestamp).has_value()};
  keys.transcript.add(message.encoded);
  return std::make_unique<ExpectCertificate>(
      ExpectCertificate{std::move(common), std::move(keys), std::move(asked)});
}

Result<State> ExpectCertificateOrRequest::on(Incoming<wire::Certificate> message, Context&) && {
  return ask_for_verdict(std::move(common), std::move(keys), std::nullopt, message);
}

Result<State> ExpectCertificate::on(Incoming<wire::Certificate> message, Context&) && {
  return ask_for_verdict(std::move(common), std::move(keys), std::move(requested), message);
}

Result<State> AwaitingCertificateVerdict::on(Result<CertificateVerdict> answer, Context& cx) && {
  if (!answer) return propagate(answer);
  auto& asked = std::get<VerifyCertificateRequest>(request);
  cx.facts.ocsp_response = std::move(asked.ocsp_response);
  cx.facts.certificate_timestamps = std::move(asked.certificate_timestamps);
  return std::make_unique<ExpectCertificateVerify>(
      ExpectCertificateVerify{std::move(common), std::move(keys), std::move(requested),
                              VerdictToProof::prove(std::move(*answer))});
}

Result<State> ExpectCertificateVerify::on(Incoming<wire::CertificateVerify> message,
                                          Context& cx) && {
  auto signature =
      CertificateVerifyCheck::check(*message.message, peer, Signer::Server,
                                    common.settings->signature_schemes, keys.transcript.hash());
  if (!signature) return propagate(signature);
  keys.transcript.add(message.encoded);
  cx.facts.peer_signature = signature->scheme();
  cx.facts.peer = VerdictToProof::take_identity(peer);
  cx.facts.authenticated_at = cx.now;
  return std::make_unique<ExpectFinished>(
      ExpectFinished{std::move(common), std::move(keys), std::move(requested),
                     CertificateProof{std::move(peer), *signature}});
}

}  // namespace nautilus::inline v0::handshake::client
