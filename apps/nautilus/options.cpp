#include "options.hpp"

#include <array>
#include <cstdlib>

#include "files.hpp"

namespace app {
namespace {

using nautilus::CipherSuiteId;
using nautilus::ErrorCode;
using nautilus::NamedGroup;

constexpr std::array kGroups{
    NamedGroup::X25519MLKEM768, NamedGroup::SecP256r1MLKEM768, NamedGroup::SecP384r1MLKEM1024,
    NamedGroup::x25519,         NamedGroup::secp256r1,         NamedGroup::secp384r1,
    NamedGroup::secp521r1,      NamedGroup::MLKEM512,          NamedGroup::MLKEM768,
    NamedGroup::MLKEM1024};
constexpr std::array kSuites{CipherSuiteId::TLS_AES_256_GCM_SHA384,
                             CipherSuiteId::TLS_AES_128_GCM_SHA256,
                             CipherSuiteId::TLS_CHACHA20_POLY1305_SHA256};

template <class Code, std::size_t N>
nautilus::Result<std::vector<Code>> parse(const std::vector<std::string>& names,
                                          const std::array<Code, N>& known) {
  std::vector<Code> codes;
  for (const std::string& name : names) {
    const auto* found = std::find_if(known.begin(), known.end(),
                                     [&](Code code) { return nautilus::to_string(code) == name; });
    if (found == known.end()) return nautilus::fail(ErrorCode::ConfigInvalid, "unknown name");
    codes.push_back(*found);
  }
  return codes;
}

}  // namespace

void CommonOptions::add_to(CLI::App& command) {
  command.add_option("--ca", ca, "PEM file with the CAs the peer's certificate must come from");
  command.add_option("--identity", identity, "PATH/NAME of our NAME.pem and NAME.key");
  command.add_option("--groups", groups, "key exchange groups, best first")->delimiter(',');
  command.add_option("--suites", suites, "cipher suites, best first")->delimiter(',');
  command.add_option("--alpn", alpn, "application protocols, best first")->delimiter(',');
  command.add_option("--crypto", crypto, "who seals records: auto, libcrypto or ipsec-mb")
      ->check(CLI::IsMember({"auto", "libcrypto", "ipsec-mb"}));
  command.add_option("--keylog", key_log, "append the connection's secrets to this file");
  command.add_option("--timeout", timeout, "seconds for connecting and for the handshake");
  command.add_flag("--json", json, "report as JSON, one object a line");
}

nautilus::Result<std::shared_ptr<const nautilus::CryptoProvider>> provider_for(
    const CommonOptions& options) {
  return nautilus::make_provider({.bulk_backend = options.crypto});
}

template <class Builder>
std::optional<Failure> apply(const CommonOptions& options, Builder& builder) {
  if (!options.ca.empty()) {
    auto trust = nautilus::TrustStore::from_pem_file(options.ca);
    if (!trust) {
      return local_failure(trust.error(), options.ca, "`nautilus cert ca` makes a CA");
    }
    builder.trust(std::move(*trust));
  }
  if (!options.identity.empty()) {
    auto identity = load_identity(options.identity);
    if (!identity) {
      return local_failure(identity.error(), options.identity,
                           "`nautilus cert server` or `cert client` makes an identity");
    }
    builder.identity(std::move(*identity));
  }
  if (!options.groups.empty()) {
    auto groups = parse(options.groups, kGroups);
    if (!groups) return local_failure(groups.error(), "--groups", "`nautilus info` lists the groups");
    builder.groups(std::move(*groups));
  }
  if (!options.suites.empty()) {
    auto suites = parse(options.suites, kSuites);
    if (!suites) return local_failure(suites.error(), "--suites", "`nautilus info` lists the suites");
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

template std::optional<Failure> apply(const CommonOptions&, nautilus::ClientConfigBuilder&);
template std::optional<Failure> apply(const CommonOptions&, nautilus::ServerConfigBuilder&);

}  // namespace app
