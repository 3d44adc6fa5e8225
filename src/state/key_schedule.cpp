#include "state/key_schedule.hpp"

#include <array>
#include <cassert>

namespace nautilus::inline v0::state {
namespace {

/// HKDF-Expand-Label with lengths that cannot be wrong: our own labels and digests.
HashSecret expand_label(const HashAlgorithm& hash, const LabelScheme& labels, const HashSecret& key,
                        std::string_view label, ByteView context) noexcept {
  HashSecret out(hash.digest_size);
  [[maybe_unused]] const auto result = crypto::hkdf_expand_label(
      crypto::HmacKey(hash, key.expose()), labels.prefix, label, context, out.expose_mutable());
  assert(result);
  return out;
}

/// The salt of the next extraction: Derive-Secret(secret, "derived", "").
HashSecret derived(const HashAlgorithm& hash, const LabelScheme& labels,
                   const HashSecret& secret) noexcept {
  return derive_secret(hash, labels, secret, "derived", nautilus::hash(hash, {}));
}

}  // namespace

HashSecret derive_secret(const HashAlgorithm& hash, const LabelScheme& labels,
                         const HashSecret& secret, std::string_view label,
                         ByteView transcript_hash) noexcept {
  return expand_label(hash, labels, secret, label, transcript_hash);
}

EarlySecret EarlySecret::without_psk(const HashAlgorithm& hash, LabelScheme labels) noexcept {
  const std::array<std::uint8_t, kMaxDigestSize> zeros{};
  return from_psk(hash, ByteView(zeros).first(hash.digest_size), labels);
}

EarlySecret EarlySecret::from_psk(const HashAlgorithm& hash, ByteView psk,
                                  LabelScheme labels) noexcept {
  return {hash, labels, crypto::hkdf_extract(hash, {}, psk)};
}

HashSecret EarlySecret::binder_key(PskKind kind) const noexcept {
  std::string_view label;
  switch (kind) {
    case PskKind::Resumption:
      label = "res binder";
      break;
    case PskKind::External:
      label = "ext binder";
      break;
    case PskKind::Imported:
      label = "imp binder";
      break;
  }
  return derive_secret(*hash_, labels_, secret_, label, nautilus::hash(*hash_, {}));
}

HashSecret EarlySecret::client_early_traffic_secret(ByteView hash_to_client_hello) const noexcept {
  return derive_secret(*hash_, labels_, secret_, "c e traffic", hash_to_client_hello);
}

HandshakeSecret EarlySecret::into_handshake_secret(ByteView shared_secret) && noexcept {
  const HashSecret salt = derived(*hash_, labels_, secret_);
  secret_.clear();
  return {*hash_, labels_, crypto::hkdf_extract(*hash_, salt.expose(), shared_secret)};
}

HashSecret HandshakeSecret::client_handshake_traffic_secret(
    ByteView hash_to_server_hello) const noexcept {
  return derive_secret(*hash_, labels_, secret_, "c hs traffic", hash_to_server_hello);
}

HashSecret HandshakeSecret::server_handshake_traffic_secret(
    ByteView hash_to_server_hello) const noexcept {
  return derive_secret(*hash_, labels_, secret_, "s hs traffic", hash_to_server_hello);
}

MainSecret HandshakeSecret::into_main_secret() && noexcept {
  const HashSecret salt = derived(*hash_, labels_, secret_);
  secret_.clear();
  const std::array<std::uint8_t, kMaxDigestSize> zeros{};
  return {*hash_, labels_,
          crypto::hkdf_extract(*hash_, salt.expose(), ByteView(zeros).first(hash_->digest_size))};
}

HashSecret MainSecret::client_application_traffic_secret_0(
    ByteView hash_to_server_finished) const noexcept {
  return derive_secret(*hash_, labels_, secret_, "c ap traffic", hash_to_server_finished);
}

HashSecret MainSecret::server_application_traffic_secret_0(
    ByteView hash_to_server_finished) const noexcept {
  return derive_secret(*hash_, labels_, secret_, "s ap traffic", hash_to_server_finished);
}

HashSecret MainSecret::exporter_secret(ByteView hash_to_server_finished) const noexcept {
  return derive_secret(*hash_, labels_, secret_, "exp master", hash_to_server_finished);
}

HashSecret MainSecret::resumption_secret(ByteView hash_to_client_finished) const noexcept {
  return derive_secret(*hash_, labels_, secret_, "res master", hash_to_client_finished);
}

HashSecret finished_mac(const HashAlgorithm& hash, const LabelScheme& labels,
                        const HashSecret& base_key, ByteView transcript_hash) noexcept {
  const HashSecret finished_key = expand_label(hash, labels, base_key, "finished", {});
  return crypto::HmacKey(hash, finished_key.expose()).mac(transcript_hash);
}

HashSecret next_traffic_secret(const HashAlgorithm& hash, const LabelScheme& labels,
                               const HashSecret& current) noexcept {
  return expand_label(hash, labels, current, "traffic upd", {});
}

HashSecret resumption_psk(const HashAlgorithm& hash, const LabelScheme& labels,
                          const HashSecret& resumption_secret, ByteView ticket_nonce) noexcept {
  return expand_label(hash, labels, resumption_secret, "resumption", ticket_nonce);
}

Result<void> export_keying_material(const HashAlgorithm& hash, const LabelScheme& labels,
                                    const HashSecret& exporter_secret, std::string_view label,
                                    ByteView context, ByteSpan out) noexcept {
  HashSecret secret(hash.digest_size);
  const Digest nothing = nautilus::hash(hash, {});
  if (auto r = crypto::hkdf_expand_label(crypto::HmacKey(hash, exporter_secret.expose()),
                                         labels.prefix, label, nothing, secret.expose_mutable());
      !r) {
    return r;
  }
  return crypto::hkdf_expand_label(crypto::HmacKey(hash, secret.expose()), labels.prefix,
                                   "exporter", nautilus::hash(hash, context), out);
}

}  // namespace nautilus::inline v0::state
