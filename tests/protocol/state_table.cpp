#include "protocol/state_table.hpp"

#include <algorithm>

#include "support/pki.hpp"
#include "wire/server_hello.hpp"
#include "wire/small_messages.hpp"

namespace nautilus::test {
namespace {

using enum Input;
using wire::ContentType;

constexpr Side kClient = Side::Client;
constexpr Side kServer = Side::Server;

/// Alerts may come in every state (RFC 9846 §6).
constexpr std::array kAlways{FatalAlert, CloseNotify, UserCanceled};

}  // namespace

// RFC 9846 §A.1 and §A.2; for change_cipher_spec §5. RECVD_CH, NEGOTIATED and WAIT_FLIGHT2 are
// passed through without reading anything.
//
// CompressedCertificate (RFC 8879) and post-handshake CertificateRequest (§4.7.2) are legal
// nowhere: the client offers neither.
const std::vector<Row>& state_table() {
  static const std::vector<Row> table{
      // --- Client
      {kClient,
       "WAIT_SH",
       Shape::Plain,
       0,
       Keys::None,
       {ServerHello, HelloRetryRequest, ChangeCipherSpec}},
      {kClient,
       "WAIT_SH offering a PSK",
       Shape::Psk,
       0,
       Keys::None,
       {ServerHello, HelloRetryRequest, ChangeCipherSpec}},
      {kClient,
       "WAIT_SH with early data",
       Shape::EarlyData,
       0,
       Keys::None,
       {ServerHello, HelloRetryRequest, ChangeCipherSpec}},
      {kClient,
       "WAIT_SH after HelloRetryRequest",
       Shape::Retry,
       1,
       Keys::None,
       {ServerHello, ChangeCipherSpec}},

      {kClient,
       "WAIT_EE",
       Shape::Plain,
       1,
       Keys::Handshake,
       {EncryptedExtensions, ChangeCipherSpec}},
      {kClient,
       "WAIT_EE after HelloRetryRequest",
       Shape::Retry,
       2,
       Keys::Handshake,
       {EncryptedExtensions, ChangeCipherSpec}},
      {kClient,
       "WAIT_EE with a PSK",
       Shape::Psk,
       1,
       Keys::Handshake,
       {EncryptedExtensions, ChangeCipherSpec}},
      {kClient,
       "WAIT_EE with early data",
       Shape::EarlyData,
       1,
       Keys::Handshake,
       {EncryptedExtensions, ChangeCipherSpec}},

      {kClient,
       "WAIT_CERT_CR",
       Shape::Plain,
       2,
       Keys::Handshake,
       {Certificate, CertificateRequest, ChangeCipherSpec}},
      {kClient,
       "WAIT_CERT_CR after HelloRetryRequest",
       Shape::Retry,
       3,
       Keys::Handshake,
       {Certificate, CertificateRequest, ChangeCipherSpec}},

      {kClient,
       "WAIT_CERT",
       Shape::ClientAuth,
       3,
       Keys::Handshake,
       {Certificate, ChangeCipherSpec}},

      {kClient, "WAIT_CV", Shape::Plain, 3, Keys::Handshake, {CertificateVerify, ChangeCipherSpec}},
      {kClient,
       "WAIT_CV after CertificateRequest",
       Shape::ClientAuth,
       4,
       Keys::Handshake,
       {CertificateVerify, ChangeCipherSpec}},

      {kClient, "WAIT_FINISHED", Shape::Plain, 4, Keys::Handshake, {Finished, ChangeCipherSpec}},
      {kClient,
       "WAIT_FINISHED after CertificateRequest",
       Shape::ClientAuth,
       5,
       Keys::Handshake,
       {Finished, ChangeCipherSpec}},
      {kClient,
       "WAIT_FINISHED with a PSK",
       Shape::Psk,
       2,
       Keys::Handshake,
       {Finished, ChangeCipherSpec}},
      {kClient,
       "WAIT_FINISHED with early data",
       Shape::EarlyData,
       2,
       Keys::Handshake,
       {Finished, ChangeCipherSpec}},

      {kClient,
       "CONNECTED",
       Shape::Plain,
       5,
       Keys::Application,
       {NewSessionTicket, KeyUpdate, ApplicationData}},
      {kClient,
       "CONNECTED after CertificateRequest",
       Shape::ClientAuth,
       6,
       Keys::Application,
       {NewSessionTicket, KeyUpdate, ApplicationData}},
      {kClient,
       "CONNECTED with a PSK",
       Shape::Psk,
       3,
       Keys::Application,
       {NewSessionTicket, KeyUpdate, ApplicationData}},

      // --- Server
      {kServer, "START", Shape::Plain, 0, Keys::None, {ClientHello}},
      {kServer,
       "START after HelloRetryRequest",
       Shape::Retry,
       1,
       Keys::None,
       {ClientHello, ChangeCipherSpec}},

      {kServer,
       "WAIT_EOED",
       Shape::EarlyData,
       1,
       Keys::Early,
       {EndOfEarlyData, ApplicationData, ChangeCipherSpec}},

      {kServer,
       "WAIT_CERT",
       Shape::ClientAuth,
       1,
       Keys::Handshake,
       {Certificate, ChangeCipherSpec}},
      {kServer,
       "WAIT_CERT after HelloRetryRequest",
       Shape::Retry,
       2,
       Keys::Handshake,
       {Certificate, ChangeCipherSpec}},

      {kServer,
       "WAIT_CV",
       Shape::ClientAuth,
       2,
       Keys::Handshake,
       {CertificateVerify, ChangeCipherSpec}},

      {kServer, "WAIT_FINISHED", Shape::Plain, 1, Keys::Handshake, {Finished, ChangeCipherSpec}},
      {kServer,
       "WAIT_FINISHED after CertificateVerify",
       Shape::ClientAuth,
       3,
       Keys::Handshake,
       {Finished, ChangeCipherSpec}},
      {kServer,
       "WAIT_FINISHED after an empty Certificate",
       Shape::EmptyCertificate,
       2,
       Keys::Handshake,
       {Finished, ChangeCipherSpec}},
      {kServer,
       "WAIT_FINISHED with a PSK",
       Shape::Psk,
       1,
       Keys::Handshake,
       {Finished, ChangeCipherSpec}},
      {kServer,
       "WAIT_FINISHED after EndOfEarlyData",
       Shape::EarlyData,
       2,
       Keys::Handshake,
       {Finished, ChangeCipherSpec}},

      {kServer, "CONNECTED", Shape::Plain, 2, Keys::Application, {KeyUpdate, ApplicationData}},
      {kServer,
       "CONNECTED after CertificateVerify",
       Shape::ClientAuth,
       4,
       Keys::Application,
       {KeyUpdate, ApplicationData}},
      {kServer,
       "CONNECTED with a PSK",
       Shape::Psk,
       2,
       Keys::Application,
       {KeyUpdate, ApplicationData}},
  };
  return table;
}

namespace {

bool is_handshake(Input input) { return static_cast<int>(input) <= 256; }

std::string input_name(Input input) {
  switch (input) {
    case HelloRetryRequest:
      return "HelloRetryRequest";
    case ChangeCipherSpec:
      return "change_cipher_spec";
    case OtherChangeCipherSpec:
      return "change_cipher_spec of another value";
    case ProtectedChangeCipherSpec:
      return "change_cipher_spec, protected";
    case ApplicationData:
      return "application data";
    case ClearHandshake:
      return "the next message in the clear";
    case OtherRecord:
      return "a record of type 24";
    case FatalAlert:
      return "a fatal alert";
    case CloseNotify:
      return "close_notify";
    case UserCanceled:
      return "user_canceled";
    default:
      break;
  }
  const auto name = wire::to_string(static_cast<wire::HandshakeType>(input));
  return name == "unknown" ? "handshake type " + std::to_string(static_cast<int>(input))
                           : std::string(name);
}

/// Sound messages of every kind: what the peer sends in this very handshake, else what the tested
/// side sends, else what is sent in other shapes. The handshake repeats itself, so the message that
/// is legal is exactly the right one.
class Samples {
 public:
  Samples(Shape shape, Side tested) {
    collect(shape, tested);
    for (const Shape other : kShapes) collect(other, tested);
    ByteVector update;
    wire::encode_key_update(update, wire::KeyUpdateRequest::update_not_requested);
    messages_.try_emplace(KeyUpdate, std::move(update));
  }

  /// Types nobody speaks get a body that could be an opaque vector.
  [[nodiscard]] ByteVector of(Input input) const {
    const auto found = messages_.find(input);
    if (found != messages_.end()) return found->second;
    return {static_cast<std::uint8_t>(input), 0, 0, 4, 0, 0, 1, 0};
  }

 private:
  void collect(Shape shape, Side tested) {
    ScriptedPeer script(shape, tested);
    while (script.deliver(script.delivered() + 1)) {
    }
    for (const auto* sent : {&script.peer_messages(), &script.own_messages()}) {
      std::map<Input, ByteVector> kinds;
      // The last of its kind: of two ClientHellos the second.
      for (const ByteVector& message : *sent) kinds[kind_of(message)] = message;
      messages_.merge(kinds);
    }
  }
  static Input kind_of(const ByteVector& message) {
    const bool retry =
        message[0] == 2 && std::equal(wire::kHelloRetryRequestRandom.begin(),
                                      wire::kHelloRetryRequestRandom.end(), message.begin() + 6);
    return retry ? HelloRetryRequest : static_cast<Input>(message[0]);
  }
  std::map<Input, ByteVector> messages_;
};

const Samples& samples_of(const Row& row) {
  static std::map<std::pair<Shape, Side>, Samples> made;
  const std::pair key(row.shape, row.side);
  const auto found = made.find(key);
  if (found != made.end()) return found->second;
  return made.emplace(key, Samples(row.shape, row.side)).first->second;
}

bool contains(std::span<const Input> list, Input input) {
  return std::ranges::find(list, input) != list.end();
}

void put(ScriptedPeer& script, const Row& row, Input input) {
  const auto one = [](std::uint8_t octet) { return ByteVector{octet}; };
  switch (input) {
    case ChangeCipherSpec:
      return script.inject(Keys::None, ContentType::change_cipher_spec, one(1));
    case OtherChangeCipherSpec:
      return script.inject(Keys::None, ContentType::change_cipher_spec, one(2));
    case ProtectedChangeCipherSpec:
      return script.inject(row.keys, ContentType::change_cipher_spec, one(1));
    case ApplicationData:
      return script.inject(row.keys, ContentType::application_data, as_bytes("data"));
    case ClearHandshake:
      return script.inject(Keys::None, ContentType::handshake,
                           samples_of(row).of(row.legal.front()));
    case OtherRecord:
      return script.inject(row.keys, static_cast<ContentType>(24), one(1));
    case FatalAlert:
      return script.inject(row.keys, ContentType::alert, ByteVector{2, 40});
    case CloseNotify:
      return script.inject(row.keys, ContentType::alert, ByteVector{1, 0});
    case UserCanceled:
      return script.inject(row.keys, ContentType::alert, ByteVector{1, 90});
    default:
      return script.inject(row.keys, ContentType::handshake, samples_of(row).of(input));
  }
}

/// The message that this very handshake has next, of the first ClientHello the first.
bool is_next(const Row& row, Input input) {
  if (!is_handshake(input)) return input == ChangeCipherSpec || input == ApplicationData;
  if (row.shape == Shape::Retry && row.delivered == 0) return false;
  return input == row.legal.front() && row.keys != Keys::Application;
}

std::string row_name(const Row& row) {
  return std::string(row.side == kClient ? "client " : "server ") + row.state;
}

std::string unreachable(const Row& row) {
  (void)samples_of(row);  // made now: handshakes of one shape share their key logs
  ScriptedPeer script(row.shape, row.side);
  if (!script.deliver(row.delivered)) return "the state cannot be reached";
  if (script.done() != (row.keys == Keys::Application)) return "it is another state";
  return "";
}

/// What is wrong with the engine's answer; empty if nothing.
std::string judge(const Row& row, Input input) {
  ScriptedPeer script(row.shape, row.side);
  (void)script.deliver(row.delivered);
  put(script, row, input);
  Connection& tested = script.tested();
  const auto alert = tested.sent_alert();
  if (contains(row.legal, input) || contains(kAlways, input)) {
    if (alert == AlertDescription::unexpected_message) return "refused, though legal";
    if (is_next(row, input) && tested.error()) {
      return "the right message failed: " + describe(*tested.error());
    }
    return "";
  }
  if (!tested.error()) return "accepted, though illegal";
  if (alert != AlertDescription::unexpected_message) {
    return "refused with the wrong alert: " + describe(*tested.error());
  }
  // Dead for good: nothing may be written, and nothing brings it back.
  if (tested.connected() || tested.can_write() || tested.write(as_bytes("x"), kNow)) {
    return "not dead";
  }
  put(script, row, row.legal.front());
  if (!std::holds_alternative<Failed>(tested.advance(kNow))) return "back from the dead";
  return "";
}

}  // namespace

std::string cell_name(const Row& row, Input input) {
  return row_name(row) + ": " + input_name(input);
}

std::vector<Violation> check_state_table(HandshakeTypes types) {
  std::vector<Violation> violations;
  for (const Row& row : state_table()) {
    if (std::string what = unreachable(row); !what.empty()) {
      violations.push_back({row_name(row), std::move(what)});
      continue;
    }
    for (int i = 0; i < kInputs; ++i) {
      const auto input = static_cast<Input>(i);
      const bool needs_keys = input == ProtectedChangeCipherSpec || input == ClearHandshake;
      if (needs_keys && row.keys == Keys::None) continue;
      const bool named = wire::to_string(static_cast<wire::HandshakeType>(i)) != "unknown";
      if (types == HandshakeTypes::Named && i < 256 && !named) continue;
      std::string what = judge(row, input);
      if (!what.empty()) violations.push_back({cell_name(row, input), std::move(what)});
    }
  }
  return violations;
}

std::vector<std::string> cells_of(const std::vector<Violation>& violations) {
  std::vector<std::string> cells;
  for (const Violation& violation : violations) cells.push_back(violation.cell);
  return cells;
}

}  // namespace nautilus::test
