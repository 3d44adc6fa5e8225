#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <nautilus/bytes.hpp>
#include <nautilus/export.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0 {

/// A keyed AEAD. Immutable, so it may be used from several threads at once. Its key material is
/// wiped on destruction.
class NAUTILUS_API AeadKey {
 public:
  virtual ~AeadKey() = default;

  /// Seals the concatenation of `parts` into `out`, ciphertext then tag.
  /// `out.size()` must be the parts' total plus the tag; `nonce` must be exactly the algorithm's
  /// nonce size. A part may be exactly the start of `out` (in-place sealing) but not overlap it
  /// otherwise. Fails with `ApiMisuse` on wrong sizes, `CryptoFailure` if the backend fails.
  [[nodiscard]] virtual Result<void> seal(ByteView nonce, ByteView aad,
                                          std::span<const ByteView> parts,
                                          ByteSpan out) const noexcept = 0;

  /// Opens `in_out` (ciphertext then tag) in place and returns the plaintext's length. When the tag
  /// does not match, fails with `BadRecordMac` and `in_out` holds no plaintext.
  [[nodiscard]] virtual Result<std::size_t> open(ByteView nonce, ByteView aad,
                                                 ByteSpan in_out) const noexcept = 0;
};

/// An AEAD algorithm of one backend (RFC 9846 §5.2, RFC 5116). Sizes in octets. Nonces and tags of
/// other sizes than these are refused by the interface.
class NAUTILUS_API AeadAlgorithm {
 public:
  virtual ~AeadAlgorithm() = default;

  [[nodiscard]] virtual std::string_view name() const noexcept = 0;     ///< "AES-256-GCM"
  [[nodiscard]] virtual std::string_view backend() const noexcept = 0;  ///< "libcrypto", "ipsec-mb"
  [[nodiscard]] virtual std::size_t key_size() const noexcept = 0;
  [[nodiscard]] virtual std::size_t nonce_size() const noexcept { return 12; }
  [[nodiscard]] virtual std::size_t tag_size() const noexcept { return 16; }
  /// Records that may be sealed under one key before it must be replaced (RFC 9846 §5.5).
  [[nodiscard]] virtual std::uint64_t confidentiality_limit() const noexcept = 0;

  /// Fails with `ApiMisuse` if `key` is not exactly `key_size()` long.
  [[nodiscard]] virtual Result<std::unique_ptr<AeadKey>> make_key(ByteView key) const = 0;
};

}  // namespace nautilus::inline v0
