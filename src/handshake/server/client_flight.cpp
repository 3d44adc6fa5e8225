// The client's flight (RFC 9846 §4.5): Certificate, CertificateVerify and Finished.
#include "handshake/server/states.hpp"

namespace nautilus::inline v0::handshake::server {

Result<State> ExpectEndOfEarlyData::on(Incoming<wire::EndOfEarlyData> message, Context& cx) && {
  auto aligned = cx.require_aligned();
  if (!aligned) return propagate(aligned);
  flight.transcript.add(message.encoded);
  if (auto r = install_handshake_receive(*flight.settings, flight.limit_known, *flight.suite,
                                         flight.client_handshake_traffic_secret, *aligned, cx);
      !r) {
    return propagate(r);
  }
  return std::make_unique<ExpectFinished>(ExpectFinished{std::move(flight), std::move(proof)});
}

Result<State> ExpectCertificate::on(Incoming<wire::Certificate> message, Context&) && {
  if (!message->certificate_request_context.empty()) {
    return fail(ErrorCode::IllegalParameter, "certificate_request_context in the handshake");
  }
  flight.transcript.add(message.encoded);
  if (message->entries.empty()) {
    if (flight.settings->client_auth == ClientAuth::Required) {
      return fail(ErrorCode::CertificateRequired);
    }
    return std::make_unique<ExpectFinished>(ExpectFinished{std::move(flight), NoCertificate{}});
  }
  auto request =
      question_about(*message.message, PeerRole::Client, std::nullopt, flight.settings->staples);
  if (!request) return propagate(request);
  return std::make_unique<AwaitingCertificateVerdict>(
      AwaitingCertificateVerdict{std::move(flight), std::move(*request)});
}

Result<State> AwaitingCertificateVerdict::on(Result<CertificateVerdict> answer, Context& cx) && {
  if (!answer) return propagate(answer);
  auto& asked = std::get<VerifyCertificateRequest>(request);
  cx.facts.ocsp_response = std::move(asked.ocsp_response);
  cx.facts.certificate_timestamps = std::move(asked.certificate_timestamps);
  return std::make_unique<ExpectCertificateVerify>(
      ExpectCertificateVerify{std::move(flight), VerdictToProof::prove(std::move(*answer))});
}

Result<State> ExpectCertificateVerify::on(Incoming<wire::CertificateVerify> message,
                                          Context& cx) && {
  auto signature =
      CertificateVerifyCheck::check(*message.message, peer, Signer::Client,
                                    flight.settings->signature_schemes, flight.transcript.hash());
  if (!signature) return propagate(signature);
  flight.transcript.add(message.encoded);
  cx.facts.peer_signature = signature->scheme();
  cx.facts.peer = VerdictToProof::take_identity(peer);
  cx.facts.authenticated_at = cx.now;
  return std::make_unique<ExpectFinished>(
      ExpectFinished{std::move(flight), CertificateProof{std::move(peer), *signature}});
}

Result<State> ExpectFinished::on(Incoming<wire::Finished> message, Context& cx) && {
  const ServerSettings& settings = *flight.settings;
  const HashAlgorithm& hash = *flight.suite->hash;
  const state::LabelScheme& labels = settings.transport.labels;
  auto finished =
      FinishedCheck::check(*message.message, hash, labels, flight.client_handshake_traffic_secret,
                           flight.transcript.hash());
  if (!finished) return propagate(finished);
  auto aligned = cx.require_aligned();
  if (!aligned) return propagate(aligned);
  flight.transcript.add(message.encoded);
  if (auto r = cx.out.install_receive(Epoch::Application, *flight.suite,
                                      flight.traffic.receive_secret, *aligned);
      !r) {
    return propagate(r);
  }
  const crypto::HashSecret resumption =
      flight.main_secret.resumption_secret(flight.transcript.hash());
  if (auto r = send_tickets(settings, flight.tickets, *flight.suite, labels, resumption, cx); !r) {
    return propagate(r);
  }
  return std::make_unique<Connected>(std::move(flight.traffic), proof, *finished);
}

Connected::Connected(ApplicationTraffic traffic_in, const ClientProof&, FinishedVerified) noexcept
    : traffic(std::move(traffic_in)) {}

Result<State> Connected::on(Incoming<wire::KeyUpdate> message, Context& cx) && {
  if (auto r = traffic.receive(*message.message, cx); !r) return propagate(r);
  return std::make_unique<Connected>(std::move(*this));
}

}  // namespace nautilus::inline v0::handshake::server
