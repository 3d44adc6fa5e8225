#include "state/transcript.hpp"

#include <array>
#include <cassert>

namespace nautilus::inline v0::state {

void Transcript::add(ByteView message) {
  if (running_) {
    running_->update(message);
  } else {
    kept_.insert(kept_.end(), message.begin(), message.end());
  }
}

void Transcript::start(const HashAlgorithm& hash) {
  assert(!running_);
  running_.emplace(hash).update(kept_);
  kept_ = ByteVector();
}

void Transcript::replace_with_message_hash() {
  assert(running_);
  const HashAlgorithm& algorithm = running_->algorithm();
  const Digest digest = running_->digest();
  const std::array<std::uint8_t, 4> header{254, 0, 0, static_cast<std::uint8_t>(digest.size())};
  running_.emplace(algorithm).update(header).update(digest);
}

Digest Transcript::hash() const noexcept {
  assert(running_);
  return running_->digest();
}

Digest Transcript::hash_with(const HashAlgorithm& hash, ByteView extra) const noexcept {
  if (running_) {
    Hasher fork(*running_);
    return fork.update(extra).finish();
  }
  return Hasher(hash).update(kept_).update(extra).finish();
}

}  // namespace nautilus::inline v0::state
