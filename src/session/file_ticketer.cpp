// The ticketer whose keys are in a file: when to read it, when to replace it.
#include <algorithm>
#include <mutex>
#include <optional>
#include <vector>

#include <nautilus/session/file_ticketer.hpp>
#include <nautilus/session/store.hpp>

#include "session/key_file.hpp"
#include "session/ticket_sealing.hpp"

namespace nautilus::inline v0 {
namespace {

using session::FileIdentity;
using session::KeyFile;
using session::KeyGeneration;

/// How long a start waits for another process that is replacing the file.
constexpr std::chrono::milliseconds kLockPause(10);
constexpr int kLockTries = 500;

class SharedFileTicketer final : public FileTicketer {
 public:
  SharedFileTicketer(std::shared_ptr<const CryptoProvider> provider,
                     const std::filesystem::path& path, FileTicketerOptions options)
      : provider_(std::move(provider)),
        options_(std::move(options)),
        file_(*provider_->sha256, path) {}

  /// Reads the file, or makes it if there is none, or none that still seals.
  Result<void> start(TimePoint now) {
    const std::scoped_lock lock(mutex_);
    auto found = load(now);
    if (!found && !missing_) return found;
    for (int tries = 0; generations_.empty() || expired(generations_.back(), now); ++tries) {
      auto made = replace(now, false);
      if (!made) return propagate(made);
      if (*made) break;
      if (tries == kLockTries) {
        return fail(ErrorCode::StoreFailure, "ticket keys: the file stays locked");
      }
      session::pause(kLockPause);
    }
    return {};
  }

  Eventually<ByteVector> seal(ByteView state, TimePoint now) override {
    std::optional<Error> trouble;
    session::TicketKeyName name{};
    session::TicketKeySecret secret;
    const bool found = [&] {
      const std::scoped_lock lock(mutex_);
      return choose_key(now, name, secret, trouble);
    }();
    report(trouble);
    if (!found) {
      return Result<ByteVector>(std::unexpected(
          trouble.value_or(Error{ErrorCode::StoreFailure, "ticket keys: none that may seal"})));
    }
    return session::seal_ticket(*provider_, name, secret, state);
  }

  Eventually<std::optional<SecretBytes>> open(ByteView ticket, TimePoint now) override {
    const auto name = session::ticket_key_name(*provider_, ticket);
    if (!name) return Result<std::optional<SecretBytes>>(std::nullopt);
    std::optional<Error> trouble;
    session::TicketKeySecret secret;
    const bool found = [&] {
      const std::scoped_lock lock(mutex_);
      if (look_due(now)) refresh(now, trouble);
      if (find_key(*name, now, secret)) return true;
      // Perhaps another process sealed it a moment ago, under a key we have not seen yet.
      refresh(now, trouble);
      return find_key(*name, now, secret);
    }();
    report(trouble);
    if (!found) return Result<std::optional<SecretBytes>>(std::nullopt);
    return Result<std::optional<SecretBytes>>(session::open_ticket(*provider_, secret, ticket));
  }

  Result<void> reload(TimePoint now) override {
    const std::scoped_lock lock(mutex_);
    return load(now);
  }

  Result<void> rotate(TimePoint now) override {
    const std::scoped_lock lock(mutex_);
    auto made = replace(now, true);
    if (!made) return propagate(made);
    if (!*made) return fail(ErrorCode::StoreFailure, "ticket keys: another process holds the lock");
    return {};
  }

 private:
  // Everything below is called with the lock held.

  bool choose_key(TimePoint now, session::TicketKeyName& name, session::TicketKeySecret& secret,
                  std::optional<Error>& trouble) {
    if (look_due(now)) refresh(now, trouble);
    if (rotation_due(now) && try_due(now)) {
      tried_ = now;
      failed_.reset();
      if (auto made = replace(now, false); !made) trouble = failed_ = made.error();
    }
    if (generations_.empty() || expired(generations_.back(), now)) return false;
    // Time may wait for a disk that is full; the number of tickets under one key may not.
    if (sealed_ >= options_.max_tickets_per_key && failed_) return false;
    ++sealed_;
    name = generations_.back().name;
    std::ranges::copy(generations_.back().secret.expose(), secret.expose_mutable().begin());
    return true;
  }

  bool find_key(ByteView name, TimePoint now, session::TicketKeySecret& secret) const {
    // A key of the future counts: another process's clock may be ahead of ours.
    for (const KeyGeneration& generation : generations_) {
      if (!std::ranges::equal(generation.name, name) || expired(generation, now)) continue;
      std::ranges::copy(generation.secret.expose(), secret.expose_mutable().begin());
      return true;
    }
    return false;
  }

  static bool expired(const KeyGeneration& generation, TimePoint now) noexcept {
    return now >= generation.not_after;
  }

  /// From so far in the future that some clock was wrong when it was made; kept, it would seal
  /// until that future comes.
  bool from_a_wrong_clock(const KeyGeneration& generation, TimePoint now) const noexcept {
    return generation.not_before > session::later(now, options_.rotation);
  }

  bool rotation_due(TimePoint now) const noexcept {
    if (generations_.empty() || sealed_ >= options_.max_tickets_per_key) return true;
    const KeyGeneration& newest = generations_.back();
    return session::passed(newest.not_before, now, options_.rotation) || expired(newest, now) ||
           from_a_wrong_clock(newest, now);
  }

  /// A clock that ran backwards means now.
  bool due_since(const std::optional<TimePoint>& last, TimePoint now) const noexcept {
    return !last || now < *last || session::passed(*last, now, options_.recheck);
  }
  bool look_due(TimePoint now) const noexcept { return due_since(looked_, now); }
  bool try_due(TimePoint now) const noexcept { return due_since(tried_, now); }

  /// Reads the file if it is another than the one known.
  void refresh(TimePoint now, std::optional<Error>& trouble) {
    looked_ = now;
    if (file_.identity() == seen_) return;
    if (auto r = load(now); !r) trouble = r.error();
  }

  Result<void> load(TimePoint now) {
    looked_ = now;
    KeyFile::Content content = file_.read();
    seen_ = content.identity;
    missing_ = content.missing;
    if (!content.generations) return propagate(content.generations);
    adopt(std::move(*content.generations));
    return {};
  }

  void adopt(std::vector<KeyGeneration> generations) noexcept {
    if (generations_.empty() || generations_.back().name != generations.back().name) {
      sealed_ = 0;
      failed_.reset();
    }
    generations_ = std::move(generations);
  }

  /// Adds a generation, unless another process has done so meanwhile and none was demanded. False:
  /// somebody else is just doing it.
  Result<bool> replace(TimePoint now, bool demanded) {
    auto lock = file_.try_lock();
    if (!lock) return propagate(lock);
    if (!*lock) return false;
    // What cannot be read is not overwritten: it may be of a newer version. What is gone is made
    // anew from the keys we know.
    if (auto r = load(now); !r && !missing_) return propagate(r);
    if (!missing_ && !demanded && !rotation_due(now)) return true;

    std::vector<KeyGeneration> next;
    for (const KeyGeneration& generation : generations_) {
      if (expired(generation, now) || from_a_wrong_clock(generation, now)) continue;
      next.push_back(generation.clone());
    }
    if (!next.empty() && now > next.back().not_before) {
      next.back().not_after =
          std::min(next.back().not_after, session::later(now, options_.ticket_lifetime));
    }
    if (next.size() == session::kMaxKeyGenerations) next.erase(next.begin());
    KeyGeneration fresh;
    if (auto r = session::draw_ticket_key(*provider_->random, fresh.name, fresh.secret); !r) {
      return propagate(r);
    }
    fresh.not_before = now;
    fresh.not_after =
        session::later(session::later(now, options_.rotation), options_.ticket_lifetime);
    if (expired(fresh, now)) return fail(ErrorCode::StoreFailure, "ticket keys: the end of time");
    next.push_back(std::move(fresh));
    auto written = file_.write(next);
    if (!written) return propagate(written);
    seen_ = *written;
    missing_ = false;
    adopt(std::move(next));
    return true;
  }

  // Without the lock again.
  void report(const std::optional<Error>& trouble) const {
    if (trouble && options_.on_error) options_.on_error(*trouble);
  }

  const std::shared_ptr<const CryptoProvider> provider_;
  const FileTicketerOptions options_;
  const KeyFile file_;
  std::mutex mutex_;
  std::vector<KeyGeneration> generations_;  ///< oldest first
  std::uint64_t sealed_ = 0;                ///< by us, under the newest
  std::optional<FileIdentity> seen_;        ///< the file last read, good or not
  bool missing_ = false;
  std::optional<TimePoint> looked_;
  std::optional<TimePoint> tried_;
  std::optional<Error> failed_;  ///< why the last rotation failed
};

}  // namespace

Result<std::shared_ptr<FileTicketer>> make_file_ticketer(
    std::shared_ptr<const CryptoProvider> provider, const std::filesystem::path& path,
    TimePoint now, FileTicketerOptions options) {
  if (auto r = session::check_ticket_provider(provider.get()); !r) return propagate(r);
  if (options.rotation.count() <= 0 || options.max_tickets_per_key == 0 ||
      options.max_tickets_per_key > kMaxTicketsPerKey) {
    return fail(ErrorCode::ConfigInvalid, "ticket key rotation");
  }
  if (options.ticket_lifetime.count() <= 0 || options.ticket_lifetime > kMaxTicketLifetime) {
    return fail(ErrorCode::ConfigInvalid, "a ticket lives at most seven days");
  }
  if (options.recheck.count() < 0) return fail(ErrorCode::ConfigInvalid, "a negative interval");
  options.rotation = std::min(options.rotation, session::kLongestRotation);
  auto ticketer =
      std::make_shared<SharedFileTicketer>(std::move(provider), path, std::move(options));
  if (auto r = ticketer->start(now); !r) return propagate(r);
  return ticketer;
}

}  // namespace nautilus::inline v0
