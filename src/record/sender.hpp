// The sending half of a connection's record layer: fragmentation, the current epoch's protection
// and its sequence number.
#pragma once

#include <algorithm>
#include <optional>
#include <span>

#include "record/protection.hpp"

namespace nautilus::inline v0::record {

class Sender {
 public:
  /// Records go out unprotected until the first key is installed. Installing starts at sequence 0.
  void install(std::uint64_t epoch, Protection protection) noexcept;

  /// Back to unprotected records.
  void uninstall() noexcept { protection_.reset(); }

  /// Appends `content` as one or more records of `type` to `out`. `RecordSequenceExhausted` before
  /// a sequence number could repeat. An empty content makes one empty record only for
  /// application_data.
  [[nodiscard]] Result<void> send(wire::ContentType type, std::span<const ByteView> content,
                                  ByteBuffer& out);
  [[nodiscard]] Result<void> send(wire::ContentType type, ByteView content, ByteBuffer& out) {
    return send(type, std::span<const ByteView>(&content, 1), out);
  }
  /// The compatibility change_cipher_spec record, always unprotected (RFC 9846 §D.4).
  void send_change_cipher_spec(ByteBuffer& out);

  /// The version field of unprotected records; 0x0301 is allowed for the first ClientHello only.
  void set_legacy_version(std::uint16_t version) noexcept { legacy_version_ = version; }
  /// Octets of content to put into one record, at most 2^14.
  void set_max_content(std::size_t size) noexcept { max_content_ = size; }
  /// The peer's record_size_limit in octets of TLSInnerPlaintext without its type octet; it holds
  /// for protected records only (RFC 8449 §4).
  void set_peer_limit(std::size_t size) noexcept { peer_limit_ = size; }

  /// Protected content is padded with zeros to a multiple of `block` octets, as far as the record
  /// has room (RFC 9846 §5.4). 1 pads nothing.
  void set_padding(std::size_t block) noexcept { padding_block_ = block; }

  [[nodiscard]] bool is_protected() const noexcept { return protection_.has_value(); }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
  [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_; }
  /// Records that may still be sealed before the key must be replaced; all ones while unprotected.
  [[nodiscard]] std::uint64_t remaining_records() const noexcept;
  /// Octets of content the next record may take.
  [[nodiscard]] std::size_t max_content() const noexcept {
    return protection_ ? std::min(max_content_, peer_limit_) : max_content_;
  }

 private:
  Result<void> send_one(wire::ContentType type, std::span<const ByteView> parts, ByteBuffer& out);

  std::optional<Protection> protection_;
  std::uint64_t epoch_ = 0;
  std::uint64_t sequence_ = 0;
  std::size_t max_content_ = kMaxPlaintext;
  std::size_t peer_limit_ = kMaxPlaintext;
  std::size_t padding_block_ = 1;
  std::uint16_t legacy_version_ = 0x0303;
};

}  // namespace nautilus::inline v0::record
