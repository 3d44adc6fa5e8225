// The server's Finished and our second flight (RFC 9846 §4.5): Certificate and CertificateVerify if
// asked for, Finished, and the application keys.
#include "handshake/client/states.hpp"

namespace nautilus::inline v0::handshake::client {
namespace {

Result<void> send_certificate(SecondFlight& flight, const std::optional<Identity>& identity,
                              Staples staples, Context& cx) {
  ByteVector message;
  if (identity) {
    wire::encode_certificate(message, {}, identity->chain(), leaf_extensions(*identity, staples));
  } else {
    wire::encode_certificate(message, {}, {});
  }
  flight.transcript.add(message);
  return cx.out.send(Epoch::Handshake, message);
}

}  // namespace

Result<State> ExpectFinished::on(Incoming<wire::Finished> message, Context& cx) && {
  const HashAlgorithm& hash = *keys.suite->hash;
  const state::LabelScheme& labels = common.settings->transport.labels;
  auto finished = FinishedCheck::check(
      *message.message, hash, labels, keys.server_handshake_traffic_secret, keys.transcript.hash());
  if (!finished) return propagate(finished);
  auto aligned = cx.require_aligned();
  if (!aligned) return propagate(aligned);
  keys.transcript.add(message.encoded);

  state::MainSecret main_secret = std::move(keys.handshake_secret).into_main_secret();
  const Digest to_server_finished = keys.transcript.hash();
  ApplicationTraffic traffic{keys.suite, labels,
                             main_secret.client_application_traffic_secret_0(to_server_finished),
                             main_secret.server_application_traffic_secret_0(to_server_finished),
                             main_secret.exporter_secret(to_server_finished)};
  log_secret(common, "CLIENT_TRAFFIC_SECRET_0", traffic.send_secret);
  log_secret(common, "SERVER_TRAFFIC_SECRET_0", traffic.receive_secret);
  log_secret(common, "EXPORTER_SECRET", traffic.exporter_secret);
  if (auto r =
          cx.out.install_receive(Epoch::Application, *keys.suite, traffic.receive_secret, *aligned);
      !r) {
    return propagate(r);
  }

  if (cx.facts.early_data == EarlyDataState::Accepted) {
    ByteVector end;
    wire::encode_end_of_early_data(end);
    keys.transcript.add(end);
    if (auto r = cx.out.send(Epoch::EarlyData, end); !r) return propagate(r);
    if (auto r = cx.out.install_send(Epoch::Handshake, *keys.suite,
                                     keys.client_handshake_traffic_secret);
        !r) {
      return propagate(r);
    }
  }

  SecondFlight flight{std::move(common),
                      keys.suite,
                      std::move(keys.transcript),
                      std::move(main_secret),
                      std::move(keys.client_handshake_traffic_secret),
                      std::move(traffic),
                      std::move(proof),
                      *finished};
  if (!requested) return finish(std::move(flight), cx);
  return std::make_unique<AwaitingIdentity>(
      AwaitingIdentity{std::move(flight), std::move(requested->identity), requested->staples});
}

Result<State> AwaitingIdentity::on(Result<std::optional<Identity>> answer, Context& cx) && {
  if (!answer) return propagate(answer);
  const std::optional<Identity>& identity = *answer;
  if (auto r = send_certificate(flight, identity, staples, cx); !r) return propagate(r);
  // An empty Certificate needs no signature, and the server decides (RFC 9846 §4.5.1).
  if (!identity) return finish(std::move(flight), cx);
  const auto scheme =
      common_scheme(*identity, std::get<SelectIdentityRequest>(request).signature_schemes);
  if (!scheme) return fail(ErrorCode::NoCommonSignatureScheme);
  ByteVector input = signature_input(Signer::Client, flight.transcript.hash());
  return std::make_unique<AwaitingSignature>(AwaitingSignature{
      std::move(flight), *scheme, SignRequest{*identity, *scheme, std::move(input)}});
}

Result<State> AwaitingSignature::on(Result<ByteVector> answer, Context& cx) && {
  if (!answer) return propagate(answer);
  // A key that lives elsewhere may return anything; this would not fit its field.
  if (answer->size() > 0xFFFF) return fail(ErrorCode::CryptoFailure, "signature too long");
  ByteVector message;
  wire::encode_certificate_verify(message, scheme, *answer);
  flight.transcript.add(message);
  if (auto r = cx.out.send(Epoch::Handshake, message); !r) return propagate(r);
  cx.facts.own_signature = scheme;
  return finish(std::move(flight), cx);
}

Result<State> finish(SecondFlight flight, Context& cx) {
  const HashAlgorithm& hash = *flight.suite->hash;
  const state::LabelScheme& labels = flight.common.settings->transport.labels;
  const crypto::HashSecret mac = state::finished_mac(
      hash, labels, flight.client_handshake_traffic_secret, flight.transcript.hash());
  ByteVector message;
  wire::encode_finished(message, mac.expose());
  flight.transcript.add(message);
  if (auto r = cx.out.send(Epoch::Handshake, message); !r) return propagate(r);
  if (auto r = cx.out.install_send(Epoch::Application, *flight.suite, flight.traffic.send_secret);
      !r) {
    return propagate(r);
  }
  crypto::HashSecret resumption = flight.main_secret.resumption_secret(flight.transcript.hash());
  return std::make_unique<Connected>(std::move(flight.common), std::move(flight.traffic),
                                     std::move(resumption), flight.proof, flight.finished);
}

}  // namespace nautilus::inline v0::handshake::client
