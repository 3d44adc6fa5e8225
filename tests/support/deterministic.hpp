// Randomness that a test decides, and what else makes a handshake repeatable.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <nautilus/crypto/provider.hpp>
#include <nautilus/key_log.hpp>
#include <nautilus/providers/default.hpp>

namespace nautilus::test {

/// Gives out the octets it was handed, in order, and fails when there are none left.
class ScriptedRandom final : public Random {
 public:
  void push(ByteView octets) { left_.insert(left_.end(), octets.begin(), octets.end()); }
  [[nodiscard]] std::size_t left() const { return left_.size(); }

  [[nodiscard]] Result<void> fill(ByteSpan out) noexcept override {
    if (out.size() > left_.size()) return fail_dry();
    std::copy_n(left_.begin(), out.size(), out.begin());
    left_.erase(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(out.size()));
    return {};
  }

 private:
  static Result<void> fail_dry() noexcept {
    return fail(ErrorCode::RandomFailure, "the script is at its end");
  }
  ByteVector left_;
};

/// An endless stream that depends on its seed alone (SplitMix64). Not for use by several threads.
class SeededRandom final : public Random {
 public:
  void seed(std::uint64_t value) noexcept { state_ = value; }

  [[nodiscard]] Result<void> fill(ByteSpan out) noexcept override {
    for (std::uint8_t& octet : out) octet = static_cast<std::uint8_t>(next() >> 32);
    return {};
  }

 private:
  std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  std::uint64_t state_ = 0;
};

/// The default provider, but for its randomness.
inline std::shared_ptr<const CryptoProvider> provider_with(std::shared_ptr<Random> random) {
  auto provider = std::make_shared<CryptoProvider>(*default_provider());
  provider->random = std::move(random);
  return provider;
}

/// Keeps the secrets of one connection by label; the last one counts.
class RecordingKeyLog final : public KeyLog {
 public:
  void log(std::string_view label, ByteView, ByteView secret) noexcept override {
    secrets_[std::string(label)] = to_vector(secret);
  }
  /// Empty if there was none.
  [[nodiscard]] ByteVector operator[](const std::string& label) const {
    const auto found = secrets_.find(label);
    return found == secrets_.end() ? ByteVector() : found->second;
  }
  void clear() { secrets_.clear(); }

 private:
  std::map<std::string, ByteVector> secrets_;
};

}  // namespace nautilus::test
