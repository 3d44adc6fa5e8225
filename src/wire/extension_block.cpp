#include "wire/extension_block.hpp"

#include <algorithm>
#include <initializer_list>

namespace nautilus::inline v0::wire {
namespace {

bool one_of(ExtensionHost host, std::initializer_list<ExtensionHost> allowed) noexcept {
  return std::ranges::find(allowed, host) != allowed.end();
}

}  // namespace

bool may_appear_in(ExtensionType type, ExtensionHost host) noexcept {
  using enum ExtensionType;
  using Host = ExtensionHost;
  switch (type) {
    case server_name:
      return one_of(host, {Host::ClientHello, Host::EncryptedExtensions, Host::CertificateRequest});
    case max_fragment_length:
    case application_layer_protocol_negotiation:
    case use_srtp:
    case heartbeat:
    case client_certificate_type:
    case server_certificate_type:
    case supported_groups:
    case record_size_limit:
    case ticket_request:
      return one_of(host, {Host::ClientHello, Host::EncryptedExtensions});
    case status_request:
    case signed_certificate_timestamp:
      return one_of(host, {Host::ClientHello, Host::CertificateRequest, Host::CertificateEntry});
    case signature_algorithms:
    case signature_algorithms_cert:
    case certificate_authorities:
    case compress_certificate:
      return one_of(host, {Host::ClientHello, Host::CertificateRequest});
    case padding:
    case psk_key_exchange_modes:
    case post_handshake_auth:
    case session_ticket:
    case renegotiation_info:
      return host == Host::ClientHello;
    case key_share:
    case supported_versions:
      return one_of(host, {Host::ClientHello, Host::ServerHello, Host::HelloRetryRequest});
    case pre_shared_key:
      return one_of(host, {Host::ClientHello, Host::ServerHello});
    case early_data:
      return one_of(host, {Host::ClientHello, Host::EncryptedExtensions, Host::NewSessionTicket});
    case cookie:
      return one_of(host, {Host::ClientHello, Host::HelloRetryRequest});
    case oid_filters:
      return host == Host::CertificateRequest;
  }
  return true;
}

Result<ExtensionBlock> ExtensionBlock::decode(Reader& reader, ExtensionHost host) {
  Reader list(reader.vector16(0, 0xFFFF));
  if (reader.failed()) return fail(ErrorCode::DecodeError, "extensions");
  ExtensionBlock block;
  while (!list.empty()) {
    const auto type = static_cast<ExtensionType>(list.u16());
    const ByteView data = list.vector16(0, 0xFFFF);
    if (list.failed()) return fail(ErrorCode::DecodeError, "extensions");
    if (block.find(type)) return fail(ErrorCode::DuplicateExtension, to_string(type).data());
    if (!may_appear_in(type, host)) {
      return fail(ErrorCode::ForbiddenExtension, to_string(type).data());
    }
    if (block.all().size() == kMaxExtensions) {
      return fail(ErrorCode::DecodeError, "too many extensions");
    }
    block.add({type, data});
  }
  return block;
}

void ExtensionBlock::add(const ExtensionView& extension) {
  if (count_ < few_.size()) {
    few_[count_++] = extension;
    return;
  }
  if (many_.empty()) many_.assign(few_.begin(), few_.end());
  many_.push_back(extension);
}

std::optional<ByteView> ExtensionBlock::find(ExtensionType type) const noexcept {
  const std::span<const ExtensionView> list = all();
  const auto found = std::ranges::find(list, type, &ExtensionView::type);
  if (found == list.end()) return std::nullopt;
  return found->data;
}

ByteVector* ExtensionList::find(ExtensionType type) noexcept {
  const auto found = std::ranges::find(items, type, &Item::type);
  return found == items.end() ? nullptr : &found->data;
}

void ExtensionList::remove(ExtensionType type) {
  std::erase_if(items, [type](const Item& item) { return item.type == type; });
}

void ExtensionList::encode(Writer& writer) const {
  writer.reserve(encoded_size());
  const auto length = writer.prefix16();
  for (const Item& item : items) {
    writer.code(item.type);
    writer.vector16(item.data);
  }
}

}  // namespace nautilus::inline v0::wire
