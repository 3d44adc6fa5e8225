#include <chrono>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <nautilus/clock.hpp>
#include <nautilus/pki/issue.hpp>
#include <nautilus/pki/trust_store.hpp>
#include <nautilus/pki/verifier.hpp>
#include <nautilus/providers/default.hpp>

#include "commands.hpp"
#include "files.hpp"
#include "report.hpp"

namespace app {
namespace {

using nautilus::CertificatePurpose;
using nautilus::KeyType;
using nautilus::Result;
using nautilus::TimePoint;

const std::map<std::string, KeyType> kKeyTypes{{"ecdsa-p256", KeyType::EcdsaP256},
                                               {"ecdsa-p384", KeyType::EcdsaP384},
                                               {"ed25519", KeyType::Ed25519},
                                               {"rsa-2048", KeyType::Rsa2048},
                                               {"rsa-3072", KeyType::Rsa3072}};

struct CertCommand {
  std::string out = "ca";
  std::string ca = "ca";
  std::string file;
  nautilus::CertificateSpec spec;
  std::string key_type = "ecdsa-p256";
  unsigned days = 0;
  bool force = false;
  bool json = false;

  int issue(CertificatePurpose purpose);
  int show() const;
  int verify() const;
};

int refuse(const nautilus::Error& error, const std::string& what, const std::string& hint) {
  const Failure failure = local_failure(error, what, hint);
  failure.print();
  return failure.exit;
}

Result<nautilus::IssuedCertificate> make(const nautilus::CertificateSpec& spec,
                                         const std::string& ca) {
  if (spec.purpose == CertificatePurpose::Authority) return nautilus::issue_authority(spec);
  std::string pem[2];
  for (const int i : {0, 1}) {
    std::FILE* in = std::fopen((ca + (i == 0 ? ".pem" : ".key")).c_str(), "rbe");
    if (in == nullptr) return nautilus::fail(nautilus::ErrorCode::FileUnreadable, "the CA's files");
    char chunk[4096];
    for (std::size_t n = 0; (n = std::fread(chunk, 1, sizeof chunk, in)) > 0;)
      pem[i].append(chunk, n);
    std::fclose(in);
  }
  auto issued = nautilus::issue_certificate(spec, pem[0], pem[1]);
  nautilus::wipe({reinterpret_cast<std::uint8_t*>(pem[1].data()), pem[1].size()});
  return issued;
}

int CertCommand::issue(CertificatePurpose purpose) {
  const bool authority = purpose == CertificatePurpose::Authority;
  spec.purpose = purpose;
  spec.key_type = kKeyTypes.at(key_type);
  const TimePoint now = nautilus::system_clock().now();
  const unsigned validity = days != 0 ? days : (authority ? 3650 : 90);
  spec.not_before = now - std::chrono::minutes(5);
  spec.not_after = now + std::chrono::hours(24) * validity;
  auto issued = make(spec, ca);
  if (!issued) return refuse(issued.error(), "cert", "`nautilus cert ca` makes a CA; see --help");
  // The key first: a certificate without its key would be of no use.
  if (auto r = write_file(out + ".key", issued->key_pem.expose(), 0600, force); !r) {
    return refuse(r.error(), out + ".key", "--force overwrites");
  }
  if (auto r = write_file(out + ".pem", nautilus::as_bytes(issued->certificate_pem), 0644, force);
      !r) {
    return refuse(r.error(), out + ".pem", "--force overwrites");
  }
  fmt::print("{0}.pem and {0}.key written, valid {1} days\n", out, validity);
  return kOk;
}

std::string date(TimePoint time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", std::gmtime(&seconds));
  return text;
}

int CertCommand::show() const {
  auto trust = nautilus::TrustStore::from_pem_file(file);
  if (!trust) return refuse(trust.error(), file, "name a PEM file with certificates");
  for (const nautilus::ByteVector& der : trust->anchors()) {
    auto info = nautilus::inspect_certificate(der);
    if (!info) return refuse(info.error(), file, "the file is damaged");
    nlohmann::json account{{"subject", info->identity.subject},
                           {"issuer", info->issuer},
                           {"serial", info->serial},
                           {"key", info->identity.key_description},
                           {"signature", info->signature_algorithm},
                           {"not_before", date(info->not_before)},
                           {"not_after", date(info->not_after)},
                           {"authority", info->authority},
                           {"dns", info->identity.dns_names},
                           {"ip", info->identity.ip_addresses},
                           {"uri", info->identity.uris},
                           {"key_usage", info->key_usage},
                           {"extended_key_usage", info->extended_key_usage},
                           {"key_sha256", hex(info->identity.key_digest)},
                           {"sha256", hex(info->identity.certificate_digest)}};
    if (json) {
      fmt::print("{}\n", account.dump());
      continue;
    }
    for (const auto& [name, value] : account.items()) {
      if (value.is_array() && value.empty()) continue;
      fmt::print("{:<20}{}\n", name, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  return kOk;
}

int CertCommand::verify() const {
  auto trust = nautilus::TrustStore::from_pem_file(ca + ".pem");
  if (!trust) return refuse(trust.error(), ca + ".pem", "name the CA with --ca");
  auto chain = nautilus::TrustStore::from_pem_file(file);
  if (!chain) return refuse(chain.error(), file, "name a PEM file with the chain, leaf first");
  const auto verifier = nautilus::make_x509_verifier(*trust, nautilus::default_provider()->keys);
  std::optional<nautilus::Error> why;
  for (const auto role : {nautilus::PeerRole::Server, nautilus::PeerRole::Client}) {
    const nautilus::CertificateQuestion question{
        chain->anchors(), role, nullptr, {}, nautilus::system_clock().now()};
    const auto verdict = verifier->verify(question).value();
    if (verdict) {
      fmt::print("{}: valid as {}, until {}\n", file,
                 role == nautilus::PeerRole::Server ? "server" : "client",
                 date(verdict->identity.expires));
      return kOk;
    }
    // That it does not serve the other role is not what is wrong with it.
    if (!why || why->code == nautilus::ErrorCode::CertificateWrongPurpose) why = verdict.error();
  }
  Failure failure = explain(*why, "local");
  failure.alert.clear();
  failure.print();
  return failure.exit;
}

}  // namespace

Command add_cert(CLI::App& parent) {
  auto command = std::make_shared<CertCommand>();
  CLI::App* sub = parent.add_subcommand("cert", "Make, show and verify certificates");
  sub->require_subcommand(1);
  sub->footer(
      "Example:\n  nautilus cert ca --out ca --cn 'Example CA'\n"
      "  nautilus cert server --ca ca --out server --dns server.example\n"
      "  nautilus cert client --ca ca --out client --dns client.example");
  const std::vector<std::pair<std::string, CertificatePurpose>> kinds{
      {"ca", CertificatePurpose::Authority},
      {"server", CertificatePurpose::Server},
      {"client", CertificatePurpose::Client},
      {"peer", CertificatePurpose::Peer}};
  for (const auto& [name, purpose] : kinds) {
    CLI::App* make = sub->add_subcommand(
        name, name == "ca" ? "a self-signed authority" : "a leaf certificate and its key");
    make->add_option("--out", command->out, "PATH/NAME: writes NAME.pem and NAME.key");
    make->add_option("--cn", command->spec.common_name, "common name");
    make->add_option("--key", command->key_type,
                     "ecdsa-p256, ecdsa-p384, ed25519, rsa-2048, rsa-3072")
        ->check(CLI::IsMember(kKeyTypes));
    make->add_option("--days", command->days, "validity (leaf 90, CA 3650)")
        ->check(CLI::Range(1U, 36500U));
    make->add_flag("--force", command->force, "overwrite files that exist");
    if (name == "ca") continue;
    make->add_option("--ca", command->ca, "PATH/NAME of the CA");
    make->add_option("--dns", command->spec.dns_names, "DNS names");
    make->add_option("--ip", command->spec.ip_addresses, "IP addresses");
    make->add_option("--uri", command->spec.uris, "URIs");
  }
  CLI::App* show = sub->add_subcommand("show", "what a certificate says");
  show->add_option("file", command->file, "PEM file")->required();
  show->add_flag("--json", command->json, "as JSON");
  CLI::App* verify = sub->add_subcommand("verify", "check a chain against a CA");
  verify->add_option("file", command->file, "PEM file, leaf first")->required();
  verify->add_option("--ca", command->ca, "PATH/NAME of the CA");
  return [command, sub, kinds] {
    for (const auto& [name, purpose] : kinds) {
      if (sub->got_subcommand(name)) return command->issue(purpose);
    }
    return sub->got_subcommand("show") ? command->show() : command->verify();
  };
}

}  // namespace app
