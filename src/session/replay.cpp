#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <mutex>
#include <unordered_set>

#include <nautilus/session/replay.hpp>

namespace nautilus::inline v0 {
namespace {

constexpr std::size_t kDomainSize = 16;
constexpr std::size_t kTokenSize = 32;
using Token = std::array<std::uint8_t, kTokenSize>;

/// Tokens come out of a MAC, so their first octets spread well by themselves.
struct TokenHash {
  std::size_t operator()(const Token& token) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, token.data(), sizeof(value));
    return value;
  }
};

class MemoryReplayRegister final : public ReplayRegister {
 public:
  MemoryReplayRegister(std::array<std::uint8_t, kDomainSize> domain, std::size_t capacity)
      : domain_(domain), capacity_(capacity) {}

  [[nodiscard]] ByteView domain() const noexcept override { return domain_; }

  [[nodiscard]] Eventually<ReplayVerdict> check(ByteView token, TimePoint now,
                                                std::chrono::milliseconds window) override {
    if (token.size() != kTokenSize) return Result<ReplayVerdict>(ReplayVerdict::Unsure);
    return Result<ReplayVerdict>(check_now(token, now, window));
  }

 private:
  struct Expiry {
    TimePoint at;
    Token token;
  };

  ReplayVerdict check_now(ByteView bytes, TimePoint now, std::chrono::milliseconds window) {
    Token token;
    std::memcpy(token.data(), bytes.data(), token.size());
    const std::lock_guard lock(mutex_);
    // A clock that runs backwards keeps tokens longer, never shorter.
    while (!expiries_.empty() && expiries_.front().at <= now) {
      forgotten_ = std::max(forgotten_, expiries_.front().at);
      seen_.erase(expiries_.front().token);
      expiries_.pop_front();
    }
    if (seen_.contains(token)) return ReplayVerdict::Seen;
    // A clock that jumped ahead and came back: what was dropped meanwhile would count again.
    if (now < forgotten_) return ReplayVerdict::Unsure;
    if (seen_.size() >= capacity_) return ReplayVerdict::Unsure;
    // A ticket may be `window` too young as well as too old, so its hello is good for twice that.
    expiries_.push_back({expiry(now, window), token});
    try {
      seen_.insert(token);
    } catch (...) {
      expiries_.pop_back();
      throw;
    }
    return ReplayVerdict::Fresh;
  }

  /// At the end of time where the sum would lie beyond it.
  static TimePoint expiry(TimePoint now, std::chrono::milliseconds window) noexcept {
    constexpr std::chrono::milliseconds kHalf = std::chrono::milliseconds::max() / 2;
    if (window >= kHalf) return TimePoint::max();
    const std::chrono::milliseconds twice = 2 * std::max(window, std::chrono::milliseconds(0));
    return now > TimePoint::max() - twice ? TimePoint::max() : now + twice;
  }

  std::array<std::uint8_t, kDomainSize> domain_;
  std::size_t capacity_;
  std::mutex mutex_;
  std::unordered_set<Token, TokenHash> seen_;
  std::deque<Expiry> expiries_;
  TimePoint forgotten_ = TimePoint::min();  ///< the latest expiry of a token that was dropped
};

}  // namespace

Result<std::shared_ptr<ReplayRegister>> make_memory_replay_register(Random& random,
                                                                    std::size_t capacity) {
  std::array<std::uint8_t, kDomainSize> domain{};
  if (auto r = random.fill(domain); !r) return propagate(r);
  return std::make_shared<MemoryReplayRegister>(domain, capacity);
}

}  // namespace nautilus::inline v0
