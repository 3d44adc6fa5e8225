// The receiving half: takes framed records apart and opens them under the current epoch's key. It
// decides nothing about handshake messages.
#pragma once

#include <optional>

#include "record/framing.hpp"
#include "record/protection.hpp"

namespace nautilus::inline v0::record {

/// One record's content, in the clear, where it lay in the input.
struct Received {
  wire::ContentType type;
  ByteSpan content;
  std::size_t consumed;  ///< octets of input it took
  bool was_protected;
  bool skipped = false;  ///< refused early data: nothing to look at
};

class Receiver {
 public:
  /// From now on records must be protected under this key; the sequence starts at 0. A plaintext
  /// record that is still incomplete in the input will be refused.
  void install(std::uint64_t epoch, Protection protection) noexcept;

  /// Our record_size_limit: protected records whose TLSInnerPlaintext is longer are refused
  /// (`RecordOverflow`, RFC 8449 §4).
  void set_limit(std::size_t inner_plaintext) noexcept { limit_ = inner_plaintext; }

  /// Refused early data (RFC 9846 §4.3.10): from now on records that cannot be opened, or that are
  /// protected before there are keys, are dropped, until one can be opened, a record in the clear
  /// ends them, or they have held more than `limit` octets of content (`TooMuchEarlyData`).
  void skip_early_data(std::size_t limit) noexcept { skip_left_ = limit; }

  /// The next record of `input`, nothing if incomplete. Opens it in place. Once keys are installed
  /// only application_data records are accepted. An alert in the clear is let through only while
  /// the peer has never sent a protected record: one that failed before it had keys cannot protect
  /// it. The compatibility change_cipher_spec (exactly one octet 0x01) is passed through unopened
  /// with `was_protected` false, for the connection to judge whether it may come now. Errors as
  /// `next_record` and `Protection::open`; also `EmptyHandshakeRecord` for an empty handshake or
  /// alert content, `TooManyEmptyRecords`, `MalformedChangeCipherSpec`, and `UnexpectedRecordType`
  /// for a record type or inner type that cannot be.
  [[nodiscard]] Result<std::optional<Received>> next(ByteSpan input);

  [[nodiscard]] bool is_protected() const noexcept { return protection_.has_value(); }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
  [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_; }

 private:
  Result<Received> take(const Record& record);
  Result<Received> skip(const Record& record);

  std::optional<Protection> protection_;
  std::size_t limit_ = kMaxPlaintext + 1;
  std::optional<std::size_t> skip_left_;  ///< while refused early data may come
  std::uint64_t epoch_ = 0;
  std::uint64_t sequence_ = 0;
  unsigned empty_in_a_row_ = 0;
  bool first_ = true;
  bool opened_any_ = false;  // never reset: a later key does not make clear alerts credible again
};

}  // namespace nautilus::inline v0::record
