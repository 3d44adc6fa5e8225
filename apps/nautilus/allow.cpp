#include "allow.hpp"

#include <algorithm>

#include "files.hpp"

namespace app {
namespace {

bool any_match(const std::vector<std::string>& patterns, const std::vector<std::string>& names) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return glob(pattern, name); });
  });
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool is_digest(const std::string& text) {
  return text.size() == 64 &&
         lower(text).find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

bool glob(std::string_view pattern, std::string_view text) {
  // Where to go on when what follows the last star does not match: one more character for the star.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos && text[taken] != '.' && text[taken] != '/') {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

void AllowList::add_to(CLI::App& command) {
  command.add_option("--allow-dns", dns, "DNS names that may enter (* is a wildcard in a label)");
  command.add_option("--allow-uri", uri, "URIs that may enter (* is a wildcard between slashes)");
  command.add_option("--allow-cn", cn, "common names that may enter (*)");
  command
      .add_option(
          "--allow-key", key,
          "keys that may enter: SHA-256 of the public key, as `nautilus cert show` prints it")
      ->check([](const std::string& text) {
        return is_digest(text) ? std::string() : "64 hexadecimal digits, please";
      });
  command.add_flag("--allow-all", all, "everybody with a certificate from --ca");
}

bool AllowList::admits(const nautilus::PeerIdentity& peer) const {
  if (all) return true;
  const std::string digest = hex(peer.key_digest);
  return any_match(dns, peer.dns_names) || any_match(uri, peer.uris) ||
         (!peer.common_name.empty() && any_match(cn, {peer.common_name})) ||
         std::any_of(key.begin(), key.end(),
                     [&](const std::string& wanted) { return lower(wanted) == digest; });
}

std::string AllowList::text() const {
  std::string out;
  const auto add = [&](const char* kind, const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns) out += (out.empty() ? "" : ", ") + (kind + pattern);
  };
  add("DNS ", dns);
  add("URI ", uri);
  add("CN ", cn);
  add("key ", key);
  return out;
}

}  // namespace app
