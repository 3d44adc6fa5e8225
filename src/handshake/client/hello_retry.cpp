// HelloRetryRequest (RFC 9846 §4.2.4): the same hello again, with the share the server wants.
#include <algorithm>

#include "handshake/client/hello_check.hpp"
#include "handshake/client/states.hpp"
#include "wire/extensions/key_share.hpp"
#include "wire/extensions/lists.hpp"

namespace nautilus::inline v0::handshake::client {
namespace {

using wire::ExtensionType;

Result<const CipherSuite*> check_retry(const wire::HelloRetryRequest& retry, const Common& common,
                                       const Offer& offer) {
  if (!retry.selected_version) return fail(ErrorCode::MissingExtension, "supported_versions");
  auto suite = check_hello(retry, common, offer);
  if (!suite) return suite;
  for (const wire::ExtensionView& extension : retry.extensions.all()) {
    // The cookie is the one extension a server may volunteer (RFC 9846 §4.2.4).
    if (extension.type != ExtensionType::supported_versions &&
        extension.type != ExtensionType::key_share && extension.type != ExtensionType::cookie) {
      return fail(ErrorCode::UnsolicitedExtension, "HelloRetryRequest");
    }
  }
  if (!retry.selected_group && !retry.cookie) return fail(ErrorCode::IllegalHelloRetryRequest);
  return suite;
}

/// Replaces our shares by one for the group the server asked for.
Result<void> replace_share(const Common& common, Offer& offer, NamedGroup wanted) {
  const ClientSettings& settings = *common.settings;
  const auto group = std::ranges::find(settings.groups, wanted, &KeyExchangeGroup::id);
  if (group == settings.groups.end()) return fail(ErrorCode::UnofferedGroup, "HelloRetryRequest");
  for (const KeyExchangeGroup* shared : offer.share_groups) {
    if (shared->id() == wanted || (shared->component() == wanted && !settings.key_shares)) {
      return fail(ErrorCode::IllegalHelloRetryRequest, "a share for this group was already there");
    }
  }
  auto share = (*group)->start(*settings.provider->random);
  if (!share) return propagate(share);
  offer.shares.clear();
  offer.share_groups.clear();
  offer.shares.push_back(std::move(*share));
  offer.share_groups.push_back(*group);
  const wire::KeyShareEntry entry{wanted, offer.shares.front()->share()};
  ByteVector* extension = offer.hello.extensions.find(ExtensionType::key_share);
  if (extension == nullptr) return fail(ErrorCode::Unreachable, "hello without key_share");
  extension->clear();
  wire::encode_client_key_shares(*extension, std::span(&entry, 1));
  return {};
}

}  // namespace

Result<State> ExpectServerHello::on(Incoming<wire::HelloRetryRequest> retry, Context& cx) && {
  if (retried) return fail(ErrorCode::SecondHelloRetryRequest);
  Offer& offer = offers.front();
  auto suite = check_retry(*retry.message, common, offer);
  if (!suite) return propagate(suite);
  if (auto aligned = cx.require_aligned(); !aligned) return propagate(aligned);
  if (retry->selected_group) {
    if (auto r = replace_share(common, offer, *retry->selected_group); !r) return propagate(r);
    if (common.settings->store) {
      common.settings->store->set_group(common.store_key, *retry->selected_group);
    }
  }
  if (retry->cookie) {
    wire::encode_cookie(offer.hello.extensions.add(ExtensionType::cookie), *retry->cookie);
  }
  // The PSK's hash must fit the suite the server has now fixed (RFC 9846 §4.2.4).
  std::erase_if(offer.psks, [&](const OfferedPsk& psk) { return psk.hash != (*suite)->hash; });
  if (cx.facts.early_data == EarlyDataState::Offered) {
    // HelloRetryRequest refuses early data (RFC 9846 §4.2.4).
    cx.facts.early_data = EarlyDataState::Rejected;
    offer.hello.extensions.remove(ExtensionType::early_data);
    cx.out.uninstall_send();
  }
  offer.transcript.start(*(*suite)->hash);
  offer.transcript.replace_with_message_hash();
  offer.transcript.add(retry.encoded);
  retried = (*suite)->id;
  retried_group = retry->selected_group;
  cx.facts.hello_retry_request = true;
  if (common.settings->transport.middlebox_compatibility && !common.compatibility_sent) {
    cx.out.send_change_cipher_spec();
    common.compatibility_sent = true;
  }
  if (auto r = send_client_hello(common, offer, cx); !r) return propagate(r);
  return std::make_unique<ExpectServerHello>(std::move(*this));
}

}  // namespace nautilus::inline v0::handshake::client
