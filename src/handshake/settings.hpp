// What a config boils down to for the handshake. Immutable once built.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nautilus/crypto/provider.hpp>
#include <nautilus/key_log.hpp>
#include <nautilus/pki/identity.hpp>
#include <nautilus/pki/verifier.hpp>
#include <nautilus/request.hpp>
#include <nautilus/session/replay.hpp>
#include <nautilus/session/store.hpp>
#include <nautilus/session/ticketer.hpp>

#include "core/spare_blocks.hpp"
#include "handshake/staples.hpp"
#include "state/imported_psk.hpp"
#include "state/key_schedule.hpp"
#include "wire/extension_block.hpp"

namespace nautilus::inline v0::handshake {

/// What differs between TLS over a stream and its relatives.
struct TransportProfile {
  /// Fake session ids and change_cipher_spec for middleboxes (RFC 9846 §D.4).
  bool middlebox_compatibility = true;
  /// KeyUpdate messages exist.
  bool key_update = true;
  state::LabelScheme labels;
};

/// Buffers between uses, apart because they differ in size.
struct SpareBuffers {
  SpareBlocks input;
  SpareBlocks output;
};

struct CommonSettings {
  std::shared_ptr<const CryptoProvider> provider;
  std::vector<const CipherSuite*> cipher_suites;        ///< best first, into `provider`
  std::vector<const KeyExchangeGroup*> groups;          ///< best first, into `provider`
  std::vector<SignatureScheme> signature_schemes;       ///< we accept from the peer, best first
  std::vector<std::string> application_protocols;       ///< best first
  std::shared_ptr<const CertificateVerifier> verifier;  ///< null: the peer is not asked
  std::vector<Identity> identities;                     ///< what we may present, best first
  Staples staples;  ///< what the peer is to show beside its certificate
  /// External PSKs, each imported for every hash of the suites (RFC 9258), best first.
  std::vector<std::shared_ptr<const state::ImportedPsk>> external_psks;
  std::shared_ptr<KeyLog> key_log;  ///< may be null
  std::optional<std::uint64_t> max_records_per_key;
  /// Octets of TLSInnerPlaintext we ask the peer not to exceed (RFC 8449); nothing: not asked.
  std::optional<std::uint16_t> record_size_limit;
  std::optional<std::size_t> max_record_content;  ///< octets of content we put into one record
  std::size_t padding_block = 1;                  ///< content is padded to a multiple of this
  bool grease = false;
  std::vector<RequestKind> suspend_on;
  TransportProfile transport;
  /// Digest of everything that decides whom we accept; sessions are bound to it.
  ByteVector context;
  /// Edits the extensions of an outgoing message before it is encoded. Known-answer tests use it to
  /// reproduce recorded handshakes; there is no public way to set it.
  std::function<void(wire::ExtensionHost, wire::ExtensionList&)> edit_extensions;
  /// Not a setting, but shared as widely: what connections do not use at the moment.
  std::shared_ptr<SpareBuffers> spares = std::make_shared<SpareBuffers>();

  void edit(wire::ExtensionHost host, wire::ExtensionList& list) const {
    if (edit_extensions) edit_extensions(host, list);
  }
};

/// How many tickets a client would like (RFC 9149).
struct TicketRequest {
  std::uint8_t after_full = 0;
  std::uint8_t after_resumed = 0;
};

struct ClientSettings : CommonSettings {
  std::optional<TicketRequest> ticket_request;
  std::shared_ptr<ClientSessionStore> store;  ///< may be null
  /// Groups to send shares for at once; nothing lets the library choose.
  std::optional<std::vector<const KeyExchangeGroup*>> key_shares;
  bool name_required = false;  ///< the verifier identifies servers by name
  bool early_data = false;
};

struct ServerSettings : CommonSettings {
  ClientAuth client_auth = ClientAuth::None;
  std::shared_ptr<Ticketer> ticketer;  ///< null: no tickets
  unsigned tickets_after_full = 2;
  unsigned tickets_after_resumed = 1;
  std::chrono::seconds ticket_lifetime = std::chrono::hours(24);
  std::optional<EarlyDataOptions> early_data;  ///< nothing: refused
  /// Answer a client that only shared a classical key but lists a post-quantum group we prefer with
  /// HelloRetryRequest.
  bool retry_for_post_quantum = true;
};

}  // namespace nautilus::inline v0::handshake
