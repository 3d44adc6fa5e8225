#pragma once

#include <cstring>

#include <nautilus/crypto/random.hpp>

namespace nautilus::test {

/// Yields the given octets, then fails.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(ByteVector bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] Result<void> fill(ByteSpan out) noexcept override {
    if (out.size() > bytes_.size() - used_) return nautilus::fail(ErrorCode::RandomFailure);
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + used_, out.size());
    used_ += out.size();
    return {};
  }
  [[nodiscard]] std::size_t used() const noexcept { return used_; }

 private:
  ByteVector bytes_;
  std::size_t used_ = 0;
};

}  // namespace nautilus::test
