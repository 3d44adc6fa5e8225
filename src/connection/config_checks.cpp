#include "connection/config_checks.hpp"

#include <algorithm>

#include "wire/writer.hpp"

namespace nautilus::inline v0::connection {
namespace {

using handshake::CommonSettings;

/// The policy's list as far as the provider has it, or the caller's as far as the policy allows it.
template <class Code, class Find, class Allowed>
Result<void> choose(const std::optional<std::vector<Code>>& asked, std::span<const Code> defaults,
                    bool complete, Find find, Allowed allowed, auto& out) {
  for (const Code id : asked ? std::span<const Code>(*asked) : defaults) {
    if (!allowed(id)) return fail(ErrorCode::ConfigInvalid, "the policy does not allow it");
    const auto* found = find(id);
    if (found == nullptr) {
      if (asked || complete)
        return fail(ErrorCode::ConfigInvalid, "the provider lacks an algorithm");
      continue;
    }
    if (std::ranges::find(out, found) == out.end()) out.push_back(found);
  }
  return {};
}

Result<void> choose_groups(CommonSettings& settings, const Choices& choices) {
  const CryptoProvider& provider = *settings.provider;
  const PolicyData& policy = policy_data(choices.policy);
  const auto listed = [&](NamedGroup id) {
    return std::ranges::find(policy.groups, id) != policy.groups.end() ||
           std::ranges::find(policy.further_groups, id) != policy.further_groups.end();
  };
  const auto find = [&](NamedGroup id) { return provider.find(id); };
  if (auto r =
          choose(choices.groups, policy.groups, policy.complete, find, listed, settings.groups);
      !r) {
    return r;
  }
  if (settings.groups.empty()) return fail(ErrorCode::ConfigInvalid, "no key exchange group");
  return {};
}

Result<void> choose_suites(CommonSettings& settings, const Choices& choices) {
  const CryptoProvider& provider = *settings.provider;
  const PolicyData& policy = policy_data(choices.policy);
  // A suite of the application's own (a private code point) is no policy's business but `Modern`'s.
  const auto listed = [&](CipherSuiteId id) {
    return choices.policy == Policy::Modern ||
           std::ranges::find(policy.cipher_suites, id) != policy.cipher_suites.end();
  };
  const auto find = [&](CipherSuiteId id) { return provider.find(id); };
  if (auto r = choose(choices.cipher_suites, policy.cipher_suites, policy.complete, find, listed,
                      settings.cipher_suites);
      !r) {
    return r;
  }
  if (settings.cipher_suites.empty()) return fail(ErrorCode::ConfigInvalid, "no cipher suite");
  return {};
}

/// The schemes we accept: the verifier's, within the policy.
Result<void> choose_schemes(CommonSettings& settings, const Choices& choices) {
  const PolicyData& policy = policy_data(choices.policy);
  const std::span<const SignatureScheme> able =
      settings.verifier ? settings.verifier->schemes()
                        : std::span<const SignatureScheme>(settings.provider->signature_schemes);
  for (const SignatureScheme scheme : able) {
    if (choices.policy == Policy::Modern ||
        std::ranges::find(policy.signature_schemes, scheme) != policy.signature_schemes.end()) {
      settings.signature_schemes.push_back(scheme);
    }
  }
  if (settings.signature_schemes.empty()) {
    return fail(ErrorCode::ConfigInvalid, "no signature scheme the policy allows");
  }
  if (choices.policy == Policy::Modern) return {};
  for (const Identity& identity : settings.identities) {
    const bool usable = std::ranges::any_of(identity.key().schemes(), [&](SignatureScheme scheme) {
      return std::ranges::find(policy.signature_schemes, scheme) != policy.signature_schemes.end();
    });
    if (!usable)
      return fail(ErrorCode::ConfigInvalid, "the policy does not allow an identity's key");
  }
  return {};
}

Result<void> check_records(const CommonSettings& settings) {
  if (settings.record_size_limit &&
      (*settings.record_size_limit < 64 || *settings.record_size_limit > 16385)) {
    return fail(ErrorCode::ConfigInvalid, "record_size_limit must be 64 to 16385");
  }
  if (settings.max_record_content &&
      (*settings.max_record_content < 1 || *settings.max_record_content > 16384)) {
    return fail(ErrorCode::ConfigInvalid, "max_record_content must be 1 to 16384");
  }
  if (settings.padding_block < 1 || settings.padding_block > 16384) {
    return fail(ErrorCode::ConfigInvalid, "the padding block must be 1 to 16384");
  }
  return {};
}

const HashAlgorithm* find_hash(const CryptoProvider& provider, PskHash hash) {
  const std::size_t size = hash == PskHash::Sha256 ? 32 : 48;
  for (const CipherSuite& suite : provider.cipher_suites) {
    if (suite.hash->digest_size == size) return suite.hash;
  }
  return nullptr;
}

/// Every external PSK for every hash of the suites.
Result<void> import_psks(CommonSettings& settings, const Choices& choices) {
  for (const ExternalPsk& psk : choices.external_psks) {
    const HashAlgorithm* source = find_hash(*settings.provider, psk.hash);
    if (source == nullptr) return fail(ErrorCode::ConfigInvalid, "the provider lacks a PSK's hash");
    std::vector<const HashAlgorithm*> targets;
    for (const CipherSuite* suite : settings.cipher_suites) {
      if (std::ranges::find(targets, suite->hash) != targets.end()) continue;
      targets.push_back(suite->hash);
      auto imported = state::import_psk(psk, *source, *suite->hash);
      if (!imported) return propagate(imported);
      settings.external_psks.push_back(
          std::make_shared<const state::ImportedPsk>(std::move(*imported)));
    }
  }
  return {};
}

Result<void> check_protocols(const CommonSettings& settings) {
  for (const std::string& name : settings.application_protocols) {
    if (name.empty() || name.size() > 255) {
      return fail(ErrorCode::ConfigInvalid, "an application protocol has 1 to 255 octets");
    }
  }
  return {};
}

}  // namespace

Result<void> choose_key_shares(handshake::ClientSettings& settings, const Choices& choices) {
  if (!choices.key_shares) return {};
  settings.key_shares.emplace();
  for (const NamedGroup id : *choices.key_shares) {
    const auto group = std::ranges::find(settings.groups, id, &KeyExchangeGroup::id);
    if (group == settings.groups.end()) {
      return fail(ErrorCode::ConfigInvalid, "a key share for a group that is not offered");
    }
    if (std::ranges::find(*settings.key_shares, *group) != settings.key_shares->end()) {
      return fail(ErrorCode::ConfigInvalid, "two key shares for one group");
    }
    settings.key_shares->push_back(*group);
  }
  return {};
}

void seal_context(CommonSettings& settings, std::string_view role, Policy policy,
                  std::uint8_t client_auth) {
  ByteVector all;
  wire::Writer writer(all);
  writer.vector8(as_bytes(role));
  writer.code(policy);
  writer.u8(client_auth);
  writer.vector16(settings.verifier ? settings.verifier->fingerprint() : ByteVector());
  for (const SignatureScheme scheme : settings.signature_schemes) writer.code(scheme);
  writer.u16(0);
  for (const KeyExchangeGroup* group : settings.groups) writer.code(group->id());
  writer.u16(0);
  for (const CipherSuite* suite : settings.cipher_suites) writer.code(suite->id);
  writer.u16(0);
  for (const auto& psk : settings.external_psks) writer.vector16(psk->identity);
  writer.u16(0);
  // A client that resumes is who it was then, so configs with other identities share no sessions. A
  // server may renew its certificate.
  if (role == "client") {
    for (const Identity& identity : settings.identities) {
      writer.bytes(identity.description().certificate_digest);
    }
  }
  settings.context = to_vector(hash(*settings.provider->sha256, all));
}

X509VerifierOptions verifier_options(Policy policy) {
  X509VerifierOptions options;
  if (policy != Policy::Modern) {
    const auto schemes = policy_data(policy).signature_schemes;
    options.schemes.assign(schemes.begin(), schemes.end());
  }
  return options;
}

Result<void> finish_common(CommonSettings& settings, const Choices& choices) {
  const CryptoProvider& provider = *settings.provider;
  if (!provider.random || !provider.keys || provider.sha256 == nullptr) {
    return fail(ErrorCode::ConfigInvalid, "the provider is incomplete");
  }
  if (auto r = choose_groups(settings, choices); !r) return r;
  if (auto r = choose_suites(settings, choices); !r) return r;
  if (auto r = import_psks(settings, choices); !r) return r;
  if (auto r = check_protocols(settings); !r) return r;
  if (settings.max_records_per_key && *settings.max_records_per_key < 4) {
    return fail(ErrorCode::ConfigInvalid, "max_records_per_key must be at least 4");
  }
  if (auto r = check_records(settings); !r) return r;
  if (auto r = choose_schemes(settings, choices); !r) return r;
  return {};
}

}  // namespace nautilus::inline v0::connection
