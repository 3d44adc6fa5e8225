#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include <nautilus/clock.hpp>
#include <nautilus/crypto/provider.hpp>
#include <nautilus/error.hpp>
#include <nautilus/export.hpp>
#include <nautilus/result.hpp>
#include <nautilus/session/ticketer.hpp>

namespace nautilus::inline v0 {

struct FileTicketerOptions {
  /// The newest key seals for this long, or this many tickets of one process (at most
  /// `kMaxTicketsPerKey`); then whichever process notices first adds a new one.
  std::chrono::seconds rotation = std::chrono::hours(12);
  std::uint64_t max_tickets_per_key = kMaxTicketsPerKey;
  /// How long a key is kept for opening after it stopped sealing: no less than the lifetime of the
  /// tickets of any config that uses this ticketer (`ServerConfigBuilder::ticket_lifetime`). At
  /// most `kMaxTicketLifetime`.
  std::chrono::seconds ticket_lifetime = std::chrono::hours(24);
  /// How often the file is looked at, and how long a failed rotation is not tried again. A ticket
  /// under an unknown key has the file looked at once more. Zero: with each ticket.
  std::chrono::milliseconds recheck = std::chrono::seconds(1);
  /// Hears what is wrong with the file while the keys from before go on being used: once for each
  /// new state of the file, and for each failed rotation. Called from whichever thread seals or
  /// opens, with no lock held. Must not throw. May be null.
  std::function<void(const Error&)> on_error = nullptr;
};

/// A stateless ticketer whose keys live in a file that any number of processes share, so that each
/// opens the tickets of all of them, and a restart loses none.
///
/// The file holds generations of keys: name, key, the time from which it seals and the time until
/// which it opens. It is replaced as a whole (written beside it, then renamed) under an advisory
/// lock on `<path>.lock`, by the process that rotates; all others notice that it is another file.
/// Whoever reads it can open every ticket: it is made with mode 0600, and one with wider
/// permissions, or of another user but root, is refused. A new file that is broken, unreadable or
/// gone changes nothing: the keys from before are used until they expire, and the error is
/// reported.
///
/// Reads and replaces files within `seal` and `open`, but never waits for another process there.
class NAUTILUS_API FileTicketer : public Ticketer {
 public:
  /// Reads the file again, changed or not. On an error the keys from before stay.
  [[nodiscard]] virtual Result<void> reload(TimePoint now) = 0;
  /// Adds a new key now, in whose favour the newest stops sealing. `StoreFailure` while another
  /// process is doing the same.
  [[nodiscard]] virtual Result<void> rotate(TimePoint now) = 0;
};

/// Opens the key file at `path`, or makes it; the folder must exist and, for this process to rotate
/// keys, be writable. Processes that start at once agree on one file. Waits for up to some seconds
/// while another process holds the lock.
///
/// `ConfigInvalid` for impossible options or a provider that cannot seal tickets, `FileUnreadable`
/// (also where others could read it), `FileUnwritable`, `StoreFailure` for what is not a key file
/// of this version, `RandomFailure`.
[[nodiscard]] NAUTILUS_API Result<std::shared_ptr<FileTicketer>> make_file_ticketer(
    std::shared_ptr<const CryptoProvider> provider, const std::filesystem::path& path,
    TimePoint now, FileTicketerOptions options = {});

}  // namespace nautilus::inline v0
