// An `Extension extensions<..>` vector (RFC 9846 §4.3): decoding checks its framing, that no type
// occurs twice and that each known type may stand in this message; encoding keeps the order given.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include <nautilus/bytes.hpp>
#include <nautilus/result.hpp>

#include "wire/codepoints.hpp"
#include "wire/reader.hpp"
#include "wire/writer.hpp"

namespace nautilus::inline v0::wire {

/// The messages that carry extensions; the columns of the table in RFC 9846 §4.3.
enum class ExtensionHost : std::uint8_t {
  ClientHello,
  ServerHello,
  HelloRetryRequest,
  EncryptedExtensions,
  CertificateRequest,
  CertificateEntry,
  NewSessionTicket,
};

/// More distinct extensions than this in one message are refused (`DecodeError`): the check for
/// duplicates must not become quadratic work for an attacker to order.
inline constexpr std::size_t kMaxExtensions = 128;

struct ExtensionView {
  ExtensionType type;
  ByteView data;
};

class ExtensionBlock {
 public:
  ExtensionBlock() = default;
  /// Reads the vector including its 2-octet length. `DuplicateExtension` if a type occurs twice,
  /// `ForbiddenExtension` if a type this library knows may not stand in `host` (RFC 9846 §4.3),
  /// `DecodeError` on bad framing. Unknown types are kept and left to the caller.
  [[nodiscard]] static Result<ExtensionBlock> decode(Reader& reader, ExtensionHost host);

  [[nodiscard]] std::optional<ByteView> find(ExtensionType type) const noexcept;
  /// In the order they came; valid as long as the block stays where it is.
  [[nodiscard]] std::span<const ExtensionView> all() const noexcept {
    return many_.empty() ? std::span<const ExtensionView>(few_).first(count_)
                         : std::span<const ExtensionView>(many_);
  }

 private:
  void add(const ExtensionView& extension);

  /// As many as a message usually has lie here, more of them on the heap.
  std::array<ExtensionView, 16> few_{};
  std::size_t count_ = 0;
  std::vector<ExtensionView> many_;
};

/// Whether RFC 9846 §4.3 lets an extension of this type appear in that message; true for types this
/// library does not know.
[[nodiscard]] bool may_appear_in(ExtensionType type, ExtensionHost host) noexcept;

/// An ordered list of owned extensions, to build messages from. Hellos keep theirs so that they can
/// be encoded again after HelloRetryRequest.
struct ExtensionList {
  /// As many as our own ClientHello has; more are possible.
  static constexpr std::size_t kUsual = 16;

  struct Item {
    ExtensionType type;
    ByteVector data;
  };
  std::vector<Item> items;

  /// Appends an empty extension and returns its body to be filled.
  ByteVector& add(ExtensionType type) {
    if (items.empty()) items.reserve(kUsual);
    return items.emplace_back(Item{type, {}}).data;
  }
  [[nodiscard]] ByteVector* find(ExtensionType type) noexcept;
  void remove(ExtensionType type);
  /// Octets that `encode` writes.
  [[nodiscard]] std::size_t encoded_size() const noexcept {
    std::size_t size = 2;
    for (const Item& item : items) size += 4 + item.data.size();
    return size;
  }
  /// Writes the vector with its 2-octet length.
  void encode(Writer& writer) const;
};

}  // namespace nautilus::inline v0::wire
