// HMAC (RFC 2104), HKDF (RFC 5869) and HKDF-Expand-Label (RFC 9846 §7.1) over any HashAlgorithm.
#pragma once

#include <string_view>

#include <nautilus/crypto/hash.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>

namespace nautilus::inline v0::crypto {

/// A secret as long as a hash's output.
using HashSecret = BoundedSecret<kMaxDigestSize>;

/// An HMAC key with inner and outer states kept, so that each MAC hashes only its message.
class HmacKey {
 public:
  HmacKey(const HashAlgorithm& hash, ByteView key) noexcept;
  [[nodiscard]] const HashAlgorithm& algorithm() const noexcept { return inner_.algorithm(); }
  /// A running MAC: feed it, then pass it to `finish`.
  [[nodiscard]] Hasher start() const noexcept { return inner_; }
  [[nodiscard]] HashSecret finish(Hasher& running) const noexcept;
  [[nodiscard]] HashSecret mac(ByteView message) const noexcept;

 private:
  Hasher inner_;
  Hasher outer_;
};

/// HKDF-Extract. An empty salt stands for a digest-long string of zeros, as in RFC 5869.
[[nodiscard]] HashSecret hkdf_extract(const HashAlgorithm& hash, ByteView salt,
                                      ByteView ikm) noexcept;

/// HKDF-Expand into `out`. Fails with `ApiMisuse` when `out` is longer than 255 digests.
[[nodiscard]] Result<void> hkdf_expand(const HmacKey& prk, ByteView info, ByteSpan out) noexcept;

/// The prefix every TLS 1.3 label carries; other transports have their own.
inline constexpr std::string_view kTls13LabelPrefix = "tls13 ";

/// HKDF-Expand-Label(prk, label, context, out.size()). Fails with `ApiMisuse` when prefix and label
/// together, or the context, exceed 255 octets, or `out` 65535.
[[nodiscard]] Result<void> hkdf_expand_label(const HmacKey& prk, std::string_view prefix,
                                             std::string_view label, ByteView context,
                                             ByteSpan out) noexcept;

}  // namespace nautilus::inline v0::crypto
