#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <nautilus/bytes.hpp>
#include <nautilus/export.hpp>

namespace nautilus::inline v0 {

/// Room for any supported hash's running state (SHA-512 needs the most).
inline constexpr std::size_t kHashStateSize = 224;
/// The longest digest a cipher suite's hash may have, in octets.
inline constexpr std::size_t kMaxDigestSize = 64;
/// The longest input block of a supported hash, in octets (HMAC pads its key to it).
inline constexpr std::size_t kMaxHashBlockSize = 128;

/// A hash function as data: sizes in octets and three functions over a caller-owned state. The
/// state is plain memory: copying it forks the hash. None of the functions can fail.
struct HashAlgorithm {
  std::string_view name;     ///< e.g. "SHA-256"
  std::string_view backend;  ///< who computes it
  std::size_t digest_size;
  std::size_t block_size;
  void (*init)(void* state) noexcept;
  void (*update)(void* state, ByteView data) noexcept;
  /// Writes `digest_size` octets; the state is spent afterwards.
  void (*finish)(void* state, std::uint8_t* digest) noexcept;
};

/// A digest, by value.
class Digest {
 public:
  Digest() noexcept = default;
  explicit Digest(std::size_t size) noexcept : size_(size) {}
  [[nodiscard]] ByteView view() const noexcept { return ByteView(bytes_).first(size_); }
  [[nodiscard]] ByteSpan span() noexcept { return ByteSpan(bytes_).first(size_); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  operator ByteView() const noexcept { return view(); }  // NOLINT(google-explicit-constructor)

 private:
  std::array<std::uint8_t, kMaxDigestSize> bytes_{};
  std::size_t size_ = 0;
};

/// A running hash. Copying forks it, which is how a transcript is read without ending it. The state
/// is wiped on destruction since it may have absorbed secrets.
class NAUTILUS_API Hasher {
 public:
  /// `algorithm` must outlive the hasher; algorithms have static storage.
  explicit Hasher(const HashAlgorithm& algorithm) noexcept : algorithm_(&algorithm) {
    algorithm_->init(state_.data());
  }
  Hasher(const Hasher&) noexcept = default;
  Hasher& operator=(const Hasher&) noexcept = default;
  ~Hasher();

  Hasher& update(ByteView data) noexcept {
    algorithm_->update(state_.data(), data);
    return *this;
  }
  /// The digest of everything so far; the hasher goes on.
  [[nodiscard]] Digest digest() const noexcept {
    Hasher fork(*this);
    return fork.finish();
  }
  /// The digest of everything; afterwards the hasher may only be destroyed or assigned to.
  [[nodiscard]] Digest finish() noexcept {
    Digest out(algorithm_->digest_size);
    algorithm_->finish(state_.data(), out.span().data());
    return out;
  }
  [[nodiscard]] const HashAlgorithm& algorithm() const noexcept { return *algorithm_; }

 private:
  const HashAlgorithm* algorithm_;
  alignas(16) std::array<std::uint8_t, kHashStateSize> state_;
};

/// One-shot digest.
[[nodiscard]] inline Digest hash(const HashAlgorithm& algorithm, ByteView data) noexcept {
  return Hasher(algorithm).update(data).finish();
}

}  // namespace nautilus::inline v0
