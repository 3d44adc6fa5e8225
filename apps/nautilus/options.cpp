#include "options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <nautilus/policy.hpp>

#include "files.hpp"

namespace app {
namespace {

using nautilus::CipherSuiteId;
using nautilus::ErrorCode;
using nautilus::NamedGroup;

/// The algorithms of these names, among what the provider has.
template <class Code>
nautilus::Result<std::vector<Code>> parse(const std::vector<std::string>& names,
                                          const std::vector<Code>& known) {
  std::vector<Code> codes;
  for (const std::string& name : names) {
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](Code code) { return nautilus::to_string(code) == name; });
    if (found == known.end()) return nautilus::fail(ErrorCode::ConfigInvalid, "unknown name");
    codes.push_back(*found);
  }
  return codes;
}

std::vector<std::string> policy_names() {
  std::vector<std::string> names;
  for (const auto& policy : nautilus::policies()) names.emplace_back(policy.name);
  return names;
}

/// One `NAME:KEY` of a key file; the key in hexadecimal.
nautilus::Result<nautilus::ExternalPsk> parse_psk(std::string_view line) {
  const std::size_t colon = line.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return nautilus::fail(ErrorCode::KeyMalformed, "a line is not NAME:KEY");
  }
  const std::string_view digits = line.substr(colon + 1);
  nautilus::ByteVector key(digits.size() / 2);
  for (std::size_t i = 0; i < key.size(); ++i) {
    const char* at = digits.data() + 2 * i;
    const auto [end, error] = std::from_chars(at, at + 2, key[i], 16);
    if (error != std::errc() || end != at + 2) {
      return nautilus::fail(ErrorCode::KeyMalformed, "a key is not hexadecimal");
    }
  }
  if (digits.size() % 2 != 0 || key.size() < 16) {
    return nautilus::fail(ErrorCode::KeyMalformed, "a key is shorter than 16 octets, or odd");
  }
  const nautilus::ByteView name = nautilus::as_bytes(line.substr(0, colon));
  nautilus::ExternalPsk psk{{name.begin(), name.end()}, nautilus::SecretBytes(key), {}, {}};
  nautilus::wipe(key);
  return psk;
}

template <class Builder>
nautilus::Result<void> add_psks(const std::string& path, Builder& builder) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return nautilus::fail(ErrorCode::FileUnreadable, "key file");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  nautilus::Result<void> result = {};
  bool any = false;
  for (std::string_view rest = text; result && !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.empty() || line.front() == '#') continue;
    auto psk = parse_psk(line);
    if (!psk) {
      result = nautilus::propagate(psk);
    } else {
      builder.external_psk(std::move(*psk));
      any = true;
    }
  }
  nautilus::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (result && !any) return nautilus::fail(ErrorCode::KeyMalformed, "no key in the file");
  return result;
}

}  // namespace

void CommonOptions::add_to(CLI::App& command) {
  command.add_option("--ca", ca, "PEM file with the CAs the peer's certificate must come from");
  command.add_option("--identity", identity,
                     "PATH/NAME of our NAME.pem and NAME.key; several: the one that fits. "
                     "NAME.ocsp and NAME.sct are stapled where they exist");
  command.add_option("--psk", psk,
                     "file of keys both sides share, NAME:HEX a line, instead of certificates");
  command.add_option("--policy", policy, "the algorithms to stay within")
      ->check(CLI::IsMember(policy_names()));
  command.add_option("--groups", groups, "key exchange groups, best first")->delimiter(',');
  command.add_option("--suites", suites, "cipher suites, best first")->delimiter(',');
  command.add_option("--alpn", alpn, "application protocols, best first")->delimiter(',');
  add_crypto_to(command, crypto);
  command.add_option("--keylog", key_log, "append the connection's secrets to this file");
  command.add_option("--timeout", timeout, "seconds for connecting and for the handshake")
      ->check(CLI::Range(1U, 86400U));
  command.add_option("--record-size-limit", record_size_limit, "longest record the peer may send")
      ->check(CLI::Range(64U, 16385U));
  command.add_option("--max-record", max_record, "octets of data in one of our records")
      ->check(CLI::Range(1U, 16384U));
  command.add_option("--pad", pad, "pad our records to a multiple of this many octets")
      ->check(CLI::Range(1U, 16384U));
  command.add_option("--export", exports,
                     "print 32 octets of keying material for this label; may be repeated");
  command.add_flag("--channel-binding", channel_binding,
                   "print the tls-exporter channel binding (RFC 9266)");
  command.add_flag("--json", json, "report as JSON, one object a line");
}

nautilus::Result<std::vector<NamedGroup>> parse_groups(const std::vector<std::string>& names,
                                                       const nautilus::CryptoProvider& provider) {
  std::vector<NamedGroup> known;
  for (const auto& group : provider.groups) known.push_back(group->id());
  return parse(names, known);
}

void add_exports(const CommonOptions& options, const nautilus::Connection& connection,
                 nlohmann::json& out) {
  std::array<std::uint8_t, 32> material{};
  for (const std::string& label : options.exports) {
    if (connection.export_keying_material(label, {}, material))
      out["exported"][label] = hex(material);
  }
  if (!options.channel_binding) return;
  if (const auto binding = connection.channel_binding()) out["channel_binding"] = hex(*binding);
}

void add_crypto_to(CLI::App& command, std::string& crypto) {
  command
      .add_option("--crypto", crypto,
                  "whose code: auto (the fastest here), libcrypto (also for X25519 and Ed25519) or "
                  "ipsec-mb (for records)")
      ->check(CLI::IsMember({"auto", "libcrypto", "ipsec-mb"}));
}

nautilus::Result<std::shared_ptr<const nautilus::CryptoProvider>> provider_for(
    const std::string& crypto) {
  nautilus::ProviderOptions chosen{.bulk_backend = crypto};
  if (crypto == "libcrypto") chosen.curve25519 = crypto;
  return nautilus::make_provider(chosen);
}

template <class Builder>
std::optional<Failure> apply(const CommonOptions& options, const nautilus::CryptoProvider& provider,
                             Builder& builder) {
  if (!options.ca.empty()) {
    auto trust = nautilus::TrustStore::from_pem_file(options.ca);
    if (!trust) {
      return local_failure(trust.error(), options.ca, "`nautilus cert ca` makes a CA");
    }
    builder.trust(std::move(*trust));
  }
  for (const std::string& name : options.identity) {
    auto identity = load_identity(name, *provider.keys);
    if (!identity) {
      return local_failure(identity.error(), name,
                           "`nautilus cert server` or `cert client` makes an identity");
    }
    builder.identity(std::move(*identity));
  }
  if (!options.psk.empty()) {
    if (auto r = add_psks(options.psk, builder); !r) {
      return local_failure(r.error(), options.psk, "write NAME:KEY lines, the key in hexadecimal");
    }
  }
  builder.policy(*nautilus::find_policy(options.policy))
      .max_record_content(options.max_record)
      .pad_records(options.pad);
  if (options.record_size_limit != 0) {
    builder.record_size_limit(static_cast<std::uint16_t>(options.record_size_limit));
  }
  if (!options.groups.empty()) {
    auto groups = parse_groups(options.groups, provider);
    if (!groups)
      return local_failure(groups.error(), "--groups", "`nautilus info` lists the groups");
    builder.groups(std::move(*groups));
  }
  if (!options.suites.empty()) {
    std::vector<CipherSuiteId> known;
    for (const auto& suite : provider.cipher_suites) known.push_back(suite.id);
    auto suites = parse(options.suites, known);
    if (!suites)
      return local_failure(suites.error(), "--suites", "`nautilus info` lists the suites");
    builder.cipher_suites(std::move(*suites));
  }
  builder.application_protocols(options.alpn);
  const char* environment = std::getenv("SSLKEYLOGFILE");
  const std::string path =
      !options.key_log.empty() ? options.key_log : (environment != nullptr ? environment : "");
  if (!path.empty()) {
    auto log = nautilus::make_file_key_log(path);
    if (!log) return local_failure(log.error(), path, "choose a path that can be written");
    builder.key_log(std::move(*log));
  }
  return std::nullopt;
}

template std::optional<Failure> apply(const CommonOptions&, const nautilus::CryptoProvider&,
                                      nautilus::ClientConfigBuilder&);
template std::optional<Failure> apply(const CommonOptions&, const nautilus::CryptoProvider&,
                                      nautilus::ServerConfigBuilder&);

}  // namespace app
