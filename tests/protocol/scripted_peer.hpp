// Drives a real engine into any state of a handshake and hands it any record there.
//
// Two engines shake hands. In between, the peer's octets are taken apart into handshake messages,
// which are handed to the engine under test one by one, in records of their own that are protected
// with the real keys (the key log tells them). So after any number of messages something else can
// be put into the next record.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nautilus/connection.hpp>

#include "record/protection.hpp"
#include "support/deterministic.hpp"

namespace nautilus::test {

enum class Side : std::uint8_t { Client, Server };

/// Which handshake.
enum class Shape : std::uint8_t {
  Plain,             ///< the server alone shows a certificate
  ClientAuth,        ///< both do
  EmptyCertificate,  ///< the client is asked, and has none to show
  Retry,             ///< HelloRetryRequest, then as ClientAuth
  Psk,               ///< resumption
  EarlyData,         ///< resumption, and early data is accepted
};
inline constexpr std::array kShapes{Shape::Plain, Shape::ClientAuth, Shape::EmptyCertificate,
                                    Shape::Retry, Shape::Psk,        Shape::EarlyData};

/// The keys of a record.
enum class Keys : std::uint8_t { None, Early, Handshake, Application };

/// The configs of one shape, and the means to look into its records. Repeatable: every handshake
/// draws the same randomness, and the certificates' keys are Ed25519.
struct Cast {
  std::shared_ptr<SeededRandom> client_random = std::make_shared<SeededRandom>();
  std::shared_ptr<SeededRandom> server_random = std::make_shared<SeededRandom>();
  std::shared_ptr<RecordingKeyLog> client_log = std::make_shared<RecordingKeyLog>();
  std::shared_ptr<RecordingKeyLog> server_log = std::make_shared<RecordingKeyLog>();
  std::shared_ptr<const ClientConfig> client;
  std::shared_ptr<const ServerConfig> server;

  /// Made once per shape and program run.
  static Cast& of(Shape shape);
};

/// The handshake messages in one direction's octets, through protection.
class Tap {
 public:
  Tap(std::shared_ptr<const RecordingKeyLog> log, Side sender)
      : log_(std::move(log)), sender_(sender) {}
  void take(ByteView octets);
  [[nodiscard]] const std::vector<ByteVector>& messages() const { return messages_; }

 private:
  void open_record(ByteVector record);
  std::shared_ptr<const RecordingKeyLog> log_;
  Side sender_;
  ByteVector octets_;
  ByteVector content_;
  std::vector<ByteVector> messages_;
  Keys keys_ = Keys::None;
  std::optional<record::Protection> protection_;
  std::uint64_t sequence_ = 0;
};

/// One engine under test, `Side`, and its peer.
class ScriptedPeer {
 public:
  ScriptedPeer(Shape shape, Side tested);

  /// Hands over the peer's messages up to the `count`-th. False if the engine died or the peer has
  /// no more to say.
  bool deliver(std::size_t count);
  /// Hands over one record under `keys`.
  void inject(Keys keys, wire::ContentType type, ByteView content);
  /// Hands over octets as they are.
  void inject_raw(ByteView octets);

  Connection& tested() { return *tested_; }
  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] std::size_t delivered() const { return delivered_; }
  /// What the peer, and the engine under test, have sent so far.
  [[nodiscard]] const std::vector<ByteVector>& peer_messages() const {
    return peer_tap_.messages();
  }
  [[nodiscard]] const std::vector<ByteVector>& own_messages() const { return own_tap_.messages(); }
  /// The keys a message of the handshake travels under.
  static Keys keys_of(ByteView message);

 private:
  struct Opened {
    record::Protection protection;
    std::uint64_t sequence = 0;
  };
  void exchange();
  bool drive(Connection& connection);

  Cast& cast_;
  Side tested_side_;
  std::optional<Connection> tested_;
  std::optional<Connection> peer_;
  Tap peer_tap_;
  Tap own_tap_;
  std::map<Keys, Opened> sealing_;
  std::size_t delivered_ = 0;
  bool done_ = false;
};

/// The label of the secret under which `sender` sends, empty for `Keys::None`.
std::string secret_label(Side sender, Keys keys);
/// The cipher suite all shapes use.
const CipherSuite& scripted_suite();

}  // namespace nautilus::test
