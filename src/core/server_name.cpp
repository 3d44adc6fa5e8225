#include <arpa/inet.h>

#include <algorithm>

#include <nautilus/server_name.hpp>

namespace nautilus::inline v0 {
namespace {

bool is_label_octet(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

bool is_dns_host_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 253) return false;
  bool last_label_numeric = true;
  std::size_t label = 0;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    if (i == name.size() || name[i] == '.') {
      if (label == 0 || label > 63) return false;
      if (name[i - label] == '-' || name[i - 1] == '-') return false;
      if (i < name.size()) last_label_numeric = true;
      label = 0;
      continue;
    }
    if (!is_label_octet(name[i])) return false;
    if (name[i] < '0' || name[i] > '9') last_label_numeric = false;
    ++label;
  }
  // A name whose last label is a number is an address to every URL parser.
  return !last_label_numeric;
}

Result<ServerName> ServerName::parse(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  }
  ServerName name;
  const std::string copy(text);
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  if (::inet_pton(AF_INET, copy.c_str(), name.address_.data()) == 1) {
    name.kind_ = Kind::Ipv4;
    name.text_ = ::inet_ntop(AF_INET, name.address_.data(), canonical.data(), canonical.size());
    return name;
  }
  if (::inet_pton(AF_INET6, copy.c_str(), name.address_.data()) == 1) {
    name.kind_ = Kind::Ipv6;
    name.text_ = ::inet_ntop(AF_INET6, name.address_.data(), canonical.data(), canonical.size());
    return name;
  }
  if (text.ends_with('.')) text.remove_suffix(1);
  if (!is_dns_host_name(text))
    return fail(ErrorCode::ApiMisuse, "neither a DNS name nor an IP address");
  name.text_.resize(text.size());
  std::ranges::transform(text, name.text_.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

ByteView ServerName::address() const noexcept {
  switch (kind_) {
    case Kind::Dns:
      return {};
    case Kind::Ipv4:
      return ByteView(address_).first(4);
    case Kind::Ipv6:
      return ByteView(address_);
  }
  return {};
}

}  // namespace nautilus::inline v0
