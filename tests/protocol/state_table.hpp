// Which messages are legal in which state, by RFC 9846 Appendix A, and whether the engine agrees.
#pragma once

#include <string>
#include <vector>

#include "protocol/scripted_peer.hpp"

namespace nautilus::test {

/// What can be put into a record. Below 256: the handshake message of that type.
enum class Input : int {
  ClientHello = 1,
  ServerHello = 2,
  NewSessionTicket = 4,
  EndOfEarlyData = 5,
  EncryptedExtensions = 8,
  Certificate = 11,
  CertificateRequest = 13,
  CertificateVerify = 15,
  Finished = 20,
  KeyUpdate = 24,
  HelloRetryRequest = 256,
  ChangeCipherSpec,           ///< in the clear, one octet 0x01
  OtherChangeCipherSpec,      ///< in the clear, one octet 0x02
  ProtectedChangeCipherSpec,  ///< only where there are keys
  ApplicationData,
  ClearHandshake,  ///< the next message, but in the clear; only where there are keys
  OtherRecord,     ///< of content type 24
  FatalAlert,
  CloseNotify,
  UserCanceled,
};
inline constexpr int kInputs = static_cast<int>(Input::UserCanceled) + 1;

/// One state: how to get there, and what may come.
struct Row {
  Side side;
  const char* state;
  Shape shape;
  std::size_t delivered;  ///< messages of the peer that lead here
  Keys keys;              ///< that records must be under
  std::vector<Input> legal;
};

/// The table itself, typed by hand.
const std::vector<Row>& state_table();

/// "client WAIT_CV after CertificateRequest: Finished"
std::string cell_name(const Row& row, Input input);

/// Every cell where the engine does not do what the table says, with what it did instead.
struct Violation {
  std::string cell;
  std::string what;
};
/// All 256 handshake types, or only those that TLS 1.3 has.
enum class HandshakeTypes : std::uint8_t { All, Named };
std::vector<Violation> check_state_table(HandshakeTypes types);
std::vector<std::string> cells_of(const std::vector<Violation>& violations);

}  // namespace nautilus::test
