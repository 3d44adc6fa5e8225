// The record layer's way in, with the joiner behind it, and its way out.
//
// In: a stream of octets is read as a whole and in pieces; both must give the same records, the
// same messages and the same error. Out: what a sender makes, a receiver takes apart again, and an
// octet changed on the way gives an error and never another content.
#include <algorithm>
#include <optional>
#include <vector>

#include "core/byte_buffer.hpp"
#include "crypto/openssl/digest.hpp"
#include "fake_provider.hpp"
#include "handshake/joiner.hpp"
#include "record/receiver.hpp"
#include "record/sender.hpp"
#include "support.hpp"

namespace nautilus::fuzz {
namespace {

using record::Protection;
using wire::ContentType;

const CipherSuite& suite(Strength strength) {
  static const CipherSuite bound{CipherSuiteId::TLS_AES_128_GCM_SHA256, "bound",
                                 fake_aead(Strength::Bound), &crypto::openssl::sha256()};
  static const CipherSuite open{CipherSuiteId::TLS_AES_128_GCM_SHA256, "open",
                                fake_aead(Strength::Open), &crypto::openssl::sha256()};
  return strength == Strength::Bound ? bound : open;
}

Protection protection(Strength strength, std::uint8_t secret) {
  auto made = Protection::from_secret(suite(strength), "tls13 ", ByteVector(32, secret));
  require(made.has_value(), "a key");
  return std::move(*made);
}

/// One thing that came out: a record's content, or a whole message.
struct Item {
  ContentType type;
  bool message = false;
  ByteVector octets;
  friend bool operator==(const Item&, const Item&) = default;
};

struct Setup {
  std::uint8_t plaintext_records = 0;  ///< before the first key
  std::uint8_t records_per_key = 0;    ///< 0: one key for all
  std::optional<std::size_t> skip;     ///< early data is refused
  std::optional<std::size_t> limit;    ///< record_size_limit
};

class Reading {
 public:
  explicit Reading(const Setup& setup) : setup_(setup) {
    if (setup.limit) receiver_.set_limit(*setup.limit);
    if (setup.skip) receiver_.skip_early_data(*setup.skip);
    if (setup.plaintext_records == 0) install();
  }

  void feed(ByteView octets) {
    if (error_) return;
    input_.append(octets);
    while (!error_ && step()) {
    }
    if (error_) return;
    // What it asks for never ends beyond the record.
    const std::size_t missing = record::missing_octets(input_.view());
    require(missing >= 1 && missing <= record::kHeaderSize + 0xFFFF, "how much is missing");
    require(input_.size() + missing <= record::kHeaderSize + record::kMaxCiphertext,
            "no more is kept than one record");
  }

  [[nodiscard]] const std::vector<Item>& items() const { return items_; }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  void install() { receiver_.install(++epoch_, protection(Strength::Open, 1)); }

  bool step() {
    auto received = receiver_.next(input_.readable());
    if (!received) {
      error_ = received.error();
      return false;
    }
    if (!*received) return false;
    take(**received);
    input_.consume((*received)->consumed);
    input_.release_if_empty();
    ++records_;
    const bool first_key = epoch_ == 0 && records_ == setup_.plaintext_records;
    const bool next_key =
        epoch_ != 0 && setup_.records_per_key != 0 && records_ % setup_.records_per_key == 0;
    if (first_key || next_key) install();
    return true;
  }

  void take(const record::Received& received) {
    require(received.consumed <= input_.size(), "no more than there is");
    require(received.content.size() <= record::kMaxPlaintext, "no more than a record may hold");
    if (received.skipped) {
      require(setup_.skip.has_value() && received.content.empty(), "skipping as asked");
      return;
    }
    if (received.type != ContentType::handshake && !joiner_.empty()) {
      error_ = Error{ErrorCode::InterleavedMessages};
      return;
    }
    items_.push_back({received.type, false, to_vector(received.content)});
    if (received.type != ContentType::handshake) return;
    require(!received.content.empty(), "no empty handshake record");
    joiner_.add(received.content);
    for (;;) {
      auto message = joiner_.next();
      if (!message) error_ = message.error();
      if (!message || !*message) return;
      const ByteView encoded = (*message)->encoded;
      require(encoded.size() >= 4 && encoded.size() <= handshake::kMaxHandshakeMessage,
              "a message's size");
      items_.push_back({ContentType::handshake, true, to_vector(encoded)});
      const bool aligned = joiner_.aligned_after_first().has_value();
      joiner_.pop();
      require(aligned == joiner_.empty(), "aligned means that nothing follows");
    }
  }

  const Setup& setup_;
  record::Receiver receiver_;
  handshake::Joiner joiner_;
  ByteBuffer input_;
  std::vector<Item> items_;
  std::optional<Error> error_;
  std::uint64_t epoch_ = 0;
  std::size_t records_ = 0;
};

void read_both_ways(Choices& choices) {
  Setup setup;
  const std::uint8_t flags = choices.u8();
  setup.plaintext_records = flags & 3;
  setup.records_per_key = (flags >> 2) & 3;
  if ((flags & 0x10) != 0) setup.skip = choices.u16();
  if ((flags & 0x20) != 0) setup.limit = 64 + choices.u16() % 16321;
  const std::size_t chunk = choices.u8() + std::size_t{1};
  const ByteView stream = choices.all();

  Reading whole(setup);
  whole.feed(stream);
  Reading pieces(setup);
  for (std::size_t at = 0; at < stream.size(); at += chunk) {
    pieces.feed(stream.subspan(at, std::min(chunk, stream.size() - at)));
  }
  require(whole.items() == pieces.items(), "the same however it arrives");
  require(whole.error() == pieces.error(), "the same error");
  if (whole.error()) require_peer_error(*whole.error());
}

void send_and_receive(Choices& choices) {
  record::Sender sender;
  record::Receiver receiver;
  const std::uint8_t flags = choices.u8();
  const std::size_t max_content = 1 + choices.u16() % record::kMaxPlaintext;
  sender.set_max_content(max_content);
  if ((flags & 1) != 0) sender.set_peer_limit(63 + choices.u16() % 16322);
  if ((flags & 2) != 0) sender.set_padding(1 + choices.u16() % 512);
  const bool keys = (flags & 4) != 0;
  if (keys) {
    sender.install(1, protection(Strength::Bound, 7));
    receiver.install(1, protection(Strength::Bound, 7));
  }
  const std::uint16_t at = choices.u16();
  const std::uint8_t flip = choices.u8();
  // Content made of the input, repeated so that short inputs fill several records.
  const std::size_t repeat = (flags & 8) != 0 ? 1 + choices.u8() : 1;
  const ContentType type =
      !keys || (flags & 16) != 0 ? ContentType::handshake : ContentType::application_data;
  const ByteView seed = choices.all();
  ByteVector content;
  for (std::size_t i = 0; i < repeat; ++i) content.insert(content.end(), seed.begin(), seed.end());
  content.resize(std::min(content.size(), 64 * max_content));  // no more than so many records

  ByteBuffer wire;
  require(sender.send(type, content, wire).has_value(), "sending works");
  ByteVector octets = to_vector(wire.view());
  const bool altered = flip != 0 && at < octets.size();
  if (altered) octets[at] ^= flip;

  ByteVector arrived;
  ByteSpan left(octets);
  std::optional<Error> error;
  while (!left.empty()) {
    const auto received = receiver.next(left);
    if (!received) error = received.error();
    if (!received || !*received) break;
    if (keys && !(*received)->was_protected) {
      // Before anything was opened, an alert may come in the clear: no content of ours.
      require((*received)->type == ContentType::alert && arrived.empty(), "nothing in the clear");
      break;
    }
    const bool within = (*received)->content.size() <= sender.max_content();
    require(within || (altered && !keys), "no record above the limit");
    arrived.insert(arrived.end(), (*received)->content.begin(), (*received)->content.end());
    left = left.subspan((*received)->consumed);
  }
  if (!altered) {
    // Too many empty records, or nothing at all to send, are no concern here.
    require(!error && left.empty(), "what we send is received");
    require(arrived == content, "as it was");
  } else if (keys) {
    const bool prefix = arrived.size() <= content.size() &&
                        std::equal(arrived.begin(), arrived.end(), content.begin());
    require(prefix, "never another content");
    require(error || !left.empty(), "the change is noticed");
  }
  if (error) require_peer_error(*error);
}

}  // namespace
}  // namespace nautilus::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  nautilus::fuzz::Choices choices(nautilus::ByteView(data, size));
  if (choices.flag()) {
    nautilus::fuzz::send_and_receive(choices);
  } else {
    nautilus::fuzz::read_both_ways(choices);
  }
  return 0;
}
