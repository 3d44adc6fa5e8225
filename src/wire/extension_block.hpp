// An `Extension extensions<..>` vector (RFC 9846 §4.3): decoding checks its framing, that no type
// occurs twice and that each known type may stand in this message; encoding keeps the order given.
#pragma once

#include <optional>
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
  [[nodiscard]] const std::vector<ExtensionView>& all() const noexcept { return list_; }

 private:
  std::vector<ExtensionView> list_;
};

/// Whether RFC 9846 §4.3 lets an extension of this type appear in that message; true for types this
/// library does not know.
[[nodiscard]] bool may_appear_in(ExtensionType type, ExtensionHost host) noexcept;

/// An ordered list of owned extensions, to build messages from. Hellos keep theirs so that they can
/// be encoded again after HelloRetryRequest.
struct ExtensionList {
  struct Item {
    ExtensionType type;
    ByteVector data;
  };
  std::vector<Item> items;

  /// Appends an empty extension and returns its body to be filled.
  ByteVector& add(ExtensionType type) { return items.emplace_back(Item{type, {}}).data; }
  [[nodiscard]] ByteVector* find(ExtensionType type) noexcept;
  void remove(ExtensionType type);
  /// Writes the vector with its 2-octet length.
  void encode(Writer& writer) const;
};

}  // namespace nautilus::inline v0::wire
