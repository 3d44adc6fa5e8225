#include "state/imported_psk.hpp"

namespace nautilus::inline v0::state {
namespace {

constexpr std::size_t kMinKeySize = 16;
constexpr std::uint16_t kTls13 = 0x0304;
constexpr std::uint16_t kHkdfSha256 = 0x0001;
constexpr std::uint16_t kHkdfSha384 = 0x0002;

void append_u16(ByteVector& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

void append_vector16(ByteVector& out, ByteView value) {
  append_u16(out, value.size());
  out.insert(out.end(), value.begin(), value.end());
}

}  // namespace

Result<ImportedPsk> import_psk(const ExternalPsk& psk, const HashAlgorithm& source,
                               const HashAlgorithm& target) {
  if (psk.identity.empty() || psk.identity.size() + psk.context.size() > 0xFFF0) {
    return fail(ErrorCode::ConfigInvalid, "identity or context of an external PSK");
  }
  if (psk.key.size() < kMinKeySize) {
    return fail(ErrorCode::ConfigInvalid, "an external PSK needs at least 16 octets");
  }
  ImportedPsk out{{}, psk.identity, HashSecret(target.digest_size), &target};
  append_vector16(out.identity, psk.identity);
  append_vector16(out.identity, psk.context);
  append_u16(out.identity, kTls13);
  append_u16(out.identity, target.digest_size == 32 ? kHkdfSha256 : kHkdfSha384);

  const HashSecret epskx = crypto::hkdf_extract(source, {}, psk.key.expose());
  const crypto::HmacKey prk(source, epskx.expose());
  const Digest identity_hash = hash(source, out.identity);
  if (auto r = crypto::hkdf_expand_label(prk, crypto::kTls13LabelPrefix, "derived psk",
                                         identity_hash, out.key.expose_mutable());
      !r) {
    return propagate(r);
  }
  return out;
}

}  // namespace nautilus::inline v0::state
