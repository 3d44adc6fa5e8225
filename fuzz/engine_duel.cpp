#include "engine_duel.hpp"

#include <algorithm>

#include "engine_wire.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define NAUTILUS_FUZZ_COUNTS_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NAUTILUS_FUZZ_COUNTS_MEMORY 1
#endif
#endif
#ifdef NAUTILUS_FUZZ_COUNTS_MEMORY
#include <sanitizer/allocator_interface.h>
#endif

namespace nautilus::fuzz {
namespace {

/// What two connections and the octets between them may hold at most: for each a message of 64 KiB,
/// grown by half, a record, output, and what belongs to its state.
constexpr std::size_t kMaxMemory = std::size_t{1} << 20;
constexpr std::size_t kMaxActions = 256;

std::size_t memory_in_use() {
#ifdef NAUTILUS_FUZZ_COUNTS_MEMORY
  return __sanitizer_get_current_allocated_bytes();
#else
  return 0;
#endif
}

class Duel {
 public:
  Duel(Side tested, std::uint16_t bits)
      : shape_(bits),
        cast_(Cast::of(bits)),
        memory_before_(memory_in_use()),
        client_(Side::Client, cast_, true),
        server_(Side::Server, cast_, shape_.resume == Resume::EarlyData && !shape_.refuse_early),
        tested_(tested == Side::Client ? client_ : server_),
        peer_(tested == Side::Client ? server_ : client_) {}

  void run(Choices choices) {
    settle();
    for (std::size_t i = 0; i < kMaxActions && !choices.empty(); ++i) {
      const std::uint8_t action = choices.u8();
      // The upper bit turns an action around: the peer's part, the other direction.
      const bool turned = (action & 0x80) != 0;
      if (!act_on_wire(action & 0x7F, turned ? to_peer_ : to_tested_, turned ? peer_ : tested_,
                       choices) &&
          !act_on_end(action & 0x7F, turned ? peer_ : tested_, choices)) {
        deliver(to_tested_, tested_, 1);
      }
      settle();
    }
    finish();
  }

 private:
  /// What the ends have to send goes on the wire.
  void settle() {
    tested_.drive();
    peer_.drive();
    to_peer_.add(tested_.take_output());
    to_tested_.add(peer_.take_output());
    tested_.check();
    peer_.check();
    judge();
    const std::size_t now = memory_in_use();
    require(now <= memory_before_ + kMaxMemory, "no more memory than there is reason for");
  }

  void deliver(Wire& wire, End& to, std::size_t records) {
    for (; records > 0 && !wire.empty(); --records) to.feed(wire.take_record());
  }

  bool act_on_wire(std::uint8_t action, Wire& wire, End& to, Choices& choices);
  bool act_on_end(std::uint8_t action, End& end, Choices& choices);
  bool act_on_answers(std::uint8_t action, End& end, Choices& choices);
  void judge() const;
  void judge_data(const End& from, const End& to) const;
  void pump();
  void finish();

  Shape shape_;
  const Cast& cast_;
  std::size_t memory_before_;
  End client_;
  End server_;
  End& tested_;
  End& peer_;
  Wire to_tested_;
  Wire to_peer_;
  bool interfered_ = false;  ///< an application ended it, or time passed
};

bool Duel::act_on_wire(std::uint8_t action, Wire& wire, End& to, Choices& choices) {
  switch (action) {
    case 0:
      to.feed(wire.take_all());
      return true;
    case 1:
      to.feed(wire.take(1 + std::size_t{choices.u8()}));
      return true;
    case 2:
      deliver(wire, to, 1);
      return true;
    case 3:
      wire.drop_record();
      return true;
    case 4:
      wire.double_record();
      return true;
    case 5:
      wire.swap_records();
      return true;
    case 6: {
      const std::size_t at = choices.u16();
      wire.flip(at, choices.u8());
      return true;
    }
    case 7: {
      const std::size_t at = choices.u16();
      wire.forge_octet(at, choices.u8());
      return true;
    }
    case 8:
      wire.forge_body(choices.bytes(choices.u8()));
      return true;
    case 9:
      wire.forge_cut(1 + std::size_t{choices.u8()});
      return true;
    case 10: {
      const std::uint8_t type = choices.u8();
      wire.forge_record(20 + (type & 7), (type & 8) != 0, choices.bytes(choices.u8()));
      return true;
    }
    case 11: {
      // A message with its header.
      const std::uint8_t type = choices.u8();
      const bool is_protected = choices.flag();
      const ByteView body = choices.bytes(choices.u8());
      ByteVector message{type, 0, 0, static_cast<std::uint8_t>(body.size())};
      message.insert(message.end(), body.begin(), body.end());
      wire.forge_record(22, is_protected, message);
      return true;
    }
    case 12:
      wire.forge_split(choices.u8());
      return true;
    case 13:
      wire.forge_join();
      return true;
    case 14:
      // Much of one thing: the first octets, again and again, as records of their own.
      for (std::uint8_t left = choices.u8() % 64, type = choices.u8(); left > 0; --left) {
        wire.forge_record(
            20 + (type & 7), (type & 8) != 0,
            choices.rest().first(std::min<std::size_t>(choices.rest().size(), type >> 4)));
      }
      return true;
    case 15: {
      // Octets as they are, and as they come.
      wire.forge_record(0, false, {});
      (void)wire.take_all();
      to.feed(choices.all());
      return true;
    }
    default:
      return false;
  }
}

bool Duel::act_on_end(std::uint8_t action, End& end, Choices& choices) {
  switch (action) {
    case 16:
      end.write(choices.u8());
      return true;
    case 17:
      end.write(8 * std::size_t{choices.u8()});
      return true;
    case 18:
      end.write_early(choices.u8());
      return true;
    case 19:
      end.write_half_rtt(choices.u8());
      return true;
    case 20:
      end.update_keys(choices.flag() ? KeyUpdateMode::Both : KeyUpdateMode::Own);
      return true;
    case 21:
      end.close();
      interfered_ = true;
      return true;
    case 22:
      end.cancel();
      interfered_ = true;
      return true;
    case 23:
      end.abort(choices.flag() ? ErrorCode::AccessDenied : ErrorCode::OutOfMemory);
      interfered_ = true;
      return true;
    case 24:
      end.eof();
      interfered_ = true;
      return true;
    case 25:
      end.relocate();
      return true;
    case 26:
      end.pass_time(std::chrono::seconds(choices.u16()));
      interfered_ = true;
      return true;
    case 27:
      pump();
      return true;
    default:
      return act_on_answers(action, end, choices);
  }
}

bool Duel::act_on_answers(std::uint8_t action, End& end, Choices& choices) {
  switch (action) {
    case 28:
      end.answer(choices.u8());
      interfered_ = true;
      return true;
    case 29:
      end.answer(3);
      return true;
    case 30:
      end.hold = !end.hold;
      return true;
    case 31:
      end.appetite = choices.u8();
      return true;
    default:
      return false;
  }
}

/// What must hold at any time.
void Duel::judge() const {
  // Whatever was said: nobody is connected with a peer that should have shown who it is and did
  // not.
  if (client_.done()) {
    require(client_.connection().negotiated().peer.authenticated(), "the server is known");
  }
  if (server_.done() && shape_.auth == ClientAuth::Required) {
    require(server_.connection().negotiated().peer.authenticated(), "the client is known");
  }
  if (shape_.strength == Strength::Open) return;
  if (client_.done() && server_.done()) {
    require(client_.exporter() == server_.exporter(), "one transcript");
    const Negotiated& a = client_.connection().negotiated();
    const Negotiated& b = server_.connection().negotiated();
    require(a.cipher_suite == b.cipher_suite && a.group == b.group, "one suite and group");
    require(a.resumed == b.resumed, "one kind of handshake");
    require(a.hello_retry_request == b.hello_retry_request, "retried or not");
    require(a.application_protocol == b.application_protocol, "one protocol");
  }
  judge_data(client_, server_);
  judge_data(server_, client_);
}

bool starts_with(const ByteVector& whole, const ByteVector& part) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

/// Nothing is heard but what was said, in its order; unless somebody with the keys spoke.
void Duel::judge_data(const End& from, const End& to) const {
  const Wire& wire = &to == &tested_ ? to_tested_ : to_peer_;
  if (wire.forged()) return;
  require(starts_with(from.sent(), to.received()), "what was said");
  require(starts_with(from.sent_early(), to.received_early()), "what was said early");
}

/// Everything under way arrives, all requests are answered.
void Duel::pump() {
  for (End* end : {&tested_, &peer_}) {
    end->hold = false;
    end->appetite = 0;
  }
  settle();
  while (!to_tested_.empty() || !to_peer_.empty()) {
    tested_.feed(to_tested_.take_all());
    peer_.feed(to_peer_.take_all());
    settle();
  }
}

void Duel::finish() {
  pump();
  // Where every tag fits, refused early data cannot be told from what follows.
  const bool lost = shape_.strength == Strength::Open && !client_.sent_early().empty();
  if (!to_tested_.touched() && !to_peer_.touched() && !interfered_ && !lost) {
    require(client_.done() || !shape_.sound(), "the client is done");
    require(server_.done() == shape_.sound(), "the server is done");
    if (shape_.sound()) {
      require(server_.received() == client_.sent(), "everything arrived");
      require(client_.received() == server_.sent(), "both ways");
    }
  }
  for (End* end : {&tested_, &peer_}) {
    if (!end->dead()) end->close();
  }
  pump();
  for (End* end : {&tested_, &peer_}) end->eof();
  settle();
  for (End* end : {&tested_, &peer_}) {
    require(end->dead() || end->connection().peer_closed(), "it has ended");
    end->write(1);
    end->update_keys(KeyUpdateMode::Own);
  }
  settle();
}

}  // namespace

void duel(Side tested, ByteView input) {
  Choices choices(input);
  const std::uint16_t bits = choices.u16();
  Duel(tested, bits).run(choices);
}

}  // namespace nautilus::fuzz
