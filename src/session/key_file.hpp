// The file in which processes share ticket keys. Its content, integers big-endian:
//
//   "NAUTKEYS" (8) ‖ version (1) ‖ number of generations (2)
//   ‖ for each, oldest first: name (16) ‖ key (32) ‖ not before (8) ‖ not after (8)
//   ‖ SHA-256 of everything before (32)
//
// Times are milliseconds since 1970. The digest finds damage, not malice: who can write the file
// knows all keys anyway.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nautilus/clock.hpp>
#include <nautilus/crypto/hash.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>

#include "session/ticket_sealing.hpp"

namespace nautilus::inline v0::session {

/// More are never kept. Without a limit, rotation by count could make the file grow and grow.
inline constexpr std::size_t kMaxKeyGenerations = 64;

struct KeyGeneration {
  TicketKeyName name{};
  TicketKeySecret secret;
  TimePoint not_before;  ///< seals from then on, until there is a newer one
  TimePoint not_after;   ///< opens until then

  [[nodiscard]] KeyGeneration clone() const;
};

/// Oldest first, at most `kMaxKeyGenerations`.
[[nodiscard]] SecretBytes encode_key_file(const HashAlgorithm& sha256,
                                          std::span<const KeyGeneration> generations);
/// `StoreFailure` for anything that `encode_key_file` does not make.
[[nodiscard]] Result<std::vector<KeyGeneration>> decode_key_file(const HashAlgorithm& sha256,
                                                                 ByteView encoded);

/// Changes whenever a file is replaced, rewritten, or its permissions change.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified[2]{};
  std::int64_t changed[2]{};

  friend bool operator==(const FileIdentity& a, const FileIdentity& b) noexcept;
};

/// Lets another process get on; returns early at a signal.
void pause(std::chrono::milliseconds span) noexcept;

class KeyFile {
 public:
  KeyFile(const HashAlgorithm& sha256, const std::filesystem::path& path);

  /// Held while the file is replaced. Advisory, among processes and within one.
  class Lock {
   public:
    explicit Lock(int file) noexcept : file_(file) {}
    Lock(Lock&& other) noexcept : file_(other.file_) { other.file_ = -1; }
    Lock& operator=(Lock&&) = delete;
    ~Lock();

   private:
    int file_;
  };
  /// Nothing while somebody else holds it.
  [[nodiscard]] Result<std::optional<Lock>> try_lock() const;

  /// Nothing where there is no file, or none that can be looked at.
  [[nodiscard]] std::optional<FileIdentity> identity() const noexcept;

  struct Content {
    /// Of the file as far as it was opened; set even where its content is no good.
    std::optional<FileIdentity> identity;
    bool missing = false;
    Result<std::vector<KeyGeneration>> generations;
  };
  [[nodiscard]] Content read() const;

  /// Replaces the file; the lock must be held. Returns what it is now.
  [[nodiscard]] Result<FileIdentity> write(std::span<const KeyGeneration> generations) const;

 private:
  const HashAlgorithm* sha256_;
  std::string path_;
};

}  // namespace nautilus::inline v0::session
