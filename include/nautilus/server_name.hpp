#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <nautilus/bytes.hpp>
#include <nautilus/export.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0 {

/// Whom a client means to reach: a DNS name or an IP address. The two are verified differently
/// (RFC 9525) and only a DNS name is sent in server_name (RFC 6066 §3).
class NAUTILUS_API ServerName {
 public:
  enum class Kind : std::uint8_t { Dns, Ipv4, Ipv6 };

  /// Accepts "example.org", "192.0.2.1", "2001:db8::1" (also in brackets). DNS names are
  /// lower-cased and lose one trailing dot. Fails with `ApiMisuse` for anything else.
  [[nodiscard]] static Result<ServerName> parse(std::string_view text);

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_dns() const noexcept { return kind_ == Kind::Dns; }
  /// Normalised text; an address in its canonical form, without brackets.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// The address in network order, 4 or 16 octets; empty for a DNS name.
  [[nodiscard]] ByteView address() const noexcept;

  friend bool operator==(const ServerName& a, const ServerName& b) noexcept {
    return a.kind_ == b.kind_ && a.text_ == b.text_;
  }

 private:
  ServerName() = default;
  Kind kind_ = Kind::Dns;
  std::string text_;
  std::array<std::uint8_t, 16> address_{};
};

/// Whether `name` is a syntactically valid DNS host name: letters, digits, hyphens and underscores
/// in labels of 1 to 63 octets, at most 253 in all, not an IPv4 address, no trailing dot.
[[nodiscard]] NAUTILUS_API bool is_dns_host_name(std::string_view name) noexcept;

}  // namespace nautilus::inline v0
