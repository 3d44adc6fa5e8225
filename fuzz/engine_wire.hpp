// The octets on their way from one end to the other, and what can happen to them. The fake
// cryptography leaves content readable, so records can be altered and still be accepted.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <nautilus/bytes.hpp>

#include "support.hpp"

namespace nautilus::fuzz {

class Wire {
 public:
  /// What an end sent.
  void add(ByteView octets);
  /// The first `size` octets, or as many as there are.
  [[nodiscard]] ByteVector take(std::size_t size);
  /// The first record, or all there is if that is less.
  [[nodiscard]] ByteVector take_record();
  [[nodiscard]] ByteVector take_all() { return take(octets_.size()); }
  [[nodiscard]] bool empty() const noexcept { return octets_.empty(); }

  // What a network may do. No end may be deceived by it.
  void drop_record();
  void double_record();
  void swap_records();
  void flip(std::size_t at, std::uint8_t bits);

  // What only somebody who holds the keys can do: records are altered and protected anew. From then
  // on everything that passes is.
  /// Alters one octet of the first record's content.
  void forge_octet(std::size_t at, std::uint8_t bits);
  /// Replaces the body of the first record's first message; its length follows.
  void forge_body(ByteView body);
  /// Cuts the end off the first record's content.
  void forge_cut(std::size_t size);
  /// Puts a record in front.
  void forge_record(std::uint8_t type, bool is_protected, ByteView content);
  /// The first record as two.
  void forge_split(std::size_t at);
  /// The first two records as one, if they are of a kind.
  void forge_join();

  /// Whether anything happened that a network cannot do.
  [[nodiscard]] bool forged() const noexcept { return forged_; }
  /// Whether anything happened at all.
  [[nodiscard]] bool touched() const noexcept { return touched_ || forged_; }

 private:
  /// A record in the clear: what it says and how it travels.
  struct Opened {
    std::uint8_t type;
    bool is_protected;
    ByteVector content;
  };
  [[nodiscard]] std::size_t record_size() const noexcept;
  [[nodiscard]] std::optional<Opened> open_first();
  void put_first(const Opened& record);
  void reseal(std::span<std::uint8_t> octets);

  ByteVector octets_;
  bool forged_ = false;
  bool touched_ = false;
};

}  // namespace nautilus::fuzz
