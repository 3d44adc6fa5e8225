#include "session/ticket_sealing.hpp"

#include <algorithm>
#include <string_view>

#include "crypto/hkdf.hpp"

namespace nautilus::inline v0::session {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kNonceSize = 24;
constexpr std::size_t kHeaderSize = 1 + kTicketKeyNameSize + kNonceSize;
constexpr std::size_t kIvSize = 12;
constexpr std::string_view kLabel = "nautilus session ticket v1";

/// The AEAD key of one ticket, and its IV.
Result<std::unique_ptr<AeadKey>> derive(const CryptoProvider& provider,
                                        const TicketKeySecret& secret, ByteView nonce,
                                        BoundedSecret<kIvSize>& iv) {
  ByteVector info = to_vector(as_bytes(kLabel));
  info.insert(info.end(), nonce.begin(), nonce.end());
  Secret<kTicketKeySize + kIvSize> material;
  if (auto r = crypto::hkdf_expand(crypto::HmacKey(*provider.sha256, secret.expose()), info,
                                   material.expose_mutable());
      !r) {
    return propagate(r);
  }
  std::ranges::copy(material.expose().subspan(kTicketKeySize), iv.expose_mutable().begin());
  return provider.ticket_aead->make_key(material.expose().first(kTicketKeySize));
}

}  // namespace

Result<void> check_ticket_provider(const CryptoProvider* provider) {
  if (provider == nullptr || !provider->random || !provider->ticket_aead ||
      provider->sha256 == nullptr || provider->ticket_aead->key_size() != kTicketKeySize ||
      provider->ticket_aead->nonce_size() != kIvSize) {
    return fail(ErrorCode::ConfigInvalid, "the provider cannot seal tickets");
  }
  return {};
}

Result<void> draw_ticket_key(Random& random, TicketKeyName& name, TicketKeySecret& secret) {
  if (auto r = random.fill(name); !r) return r;
  return random.fill(secret.expose_mutable());
}

Result<ByteVector> seal_ticket(const CryptoProvider& provider, const TicketKeyName& name,
                               const TicketKeySecret& secret, ByteView state) {
  ByteVector ticket(kHeaderSize + state.size() + provider.ticket_aead->tag_size());
  ticket[0] = kVersion;
  std::ranges::copy(name, ticket.begin() + 1);
  const ByteSpan nonce = ByteSpan(ticket).subspan(1 + kTicketKeyNameSize, kNonceSize);
  if (auto r = provider.random->fill(nonce); !r) return propagate(r);
  BoundedSecret<kIvSize> iv(kIvSize);
  auto key = derive(provider, secret, nonce, iv);
  if (!key) return propagate(key);
  const ByteView header = ByteView(ticket).first(kHeaderSize);
  if (auto r = (*key)->seal(iv.expose(), header, std::span(&state, 1),
                            ByteSpan(ticket).subspan(kHeaderSize));
      !r) {
    return propagate(r);
  }
  return ticket;
}

std::optional<ByteView> ticket_key_name(const CryptoProvider& provider, ByteView ticket) noexcept {
  if (ticket.size() < kHeaderSize + provider.ticket_aead->tag_size() || ticket[0] != kVersion) {
    return std::nullopt;
  }
  return ticket.subspan(1, kTicketKeyNameSize);
}

std::optional<SecretBytes> open_ticket(const CryptoProvider& provider,
                                       const TicketKeySecret& secret, ByteView ticket) {
  BoundedSecret<kIvSize> iv(kIvSize);
  auto key = derive(provider, secret, ticket.subspan(1 + kTicketKeyNameSize, kNonceSize), iv);
  if (!key) return std::nullopt;
  SecretBytes opened(ticket.subspan(kHeaderSize));
  const auto size = (*key)->open(iv.expose(), ticket.first(kHeaderSize), opened.expose_mutable());
  if (!size) return std::nullopt;
  return SecretBytes(opened.expose().first(*size));
}

}  // namespace nautilus::inline v0::session
