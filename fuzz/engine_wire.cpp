#include "engine_wire.hpp"

#include <algorithm>
#include <array>

#include "fake_provider.hpp"

namespace nautilus::fuzz {
namespace {

constexpr std::size_t kHeader = 5;
constexpr std::size_t kMostDoubled = 32768;
constexpr std::uint8_t kApplicationData = 23;
constexpr std::uint8_t kHandshake = 22;

std::size_t length_at(ByteView octets) noexcept {
  return static_cast<std::size_t>((octets[3] << 8) | octets[4]);
}

ByteVector::iterator at(ByteVector& octets, std::size_t offset) {
  return octets.begin() + static_cast<std::ptrdiff_t>(offset);
}

}  // namespace

void Wire::add(ByteView octets) {
  const std::size_t before = octets_.size();
  octets_.insert(octets_.end(), octets.begin(), octets.end());
  if (forged_) reseal(std::span(octets_).subspan(before));
}

ByteVector Wire::take(std::size_t size) {
  const auto end = at(octets_, std::min(size, octets_.size()));
  ByteVector out(octets_.begin(), end);
  octets_.erase(octets_.begin(), end);
  return out;
}

std::size_t Wire::record_size() const noexcept {
  if (octets_.size() < kHeader) return octets_.size();
  return std::min(kHeader + length_at(octets_), octets_.size());
}

ByteVector Wire::take_record() { return take(record_size()); }

void Wire::drop_record() {
  if (octets_.empty()) return;
  touched_ = true;
  (void)take_record();
}

void Wire::double_record() {
  // What is no record any more counts as one, and would double without end.
  if (octets_.empty() || octets_.size() > kMostDoubled) return;
  touched_ = true;
  const ByteVector first(octets_.begin(), at(octets_, record_size()));
  octets_.insert(octets_.begin(), first.begin(), first.end());
}

void Wire::swap_records() {
  const ByteVector first = take_record();
  const ByteVector second = take_record();
  if (!second.empty()) touched_ = true;
  octets_.insert(octets_.begin(), first.begin(), first.end());
  octets_.insert(octets_.begin(), second.begin(), second.end());
}

void Wire::flip(std::size_t offset, std::uint8_t bits) {
  if (octets_.empty() || bits == 0) return;
  touched_ = true;
  octets_[offset % octets_.size()] ^= bits;
}

/// Master tags for all protected records from here on.
void Wire::reseal(std::span<std::uint8_t> octets) {
  while (octets.size() >= kHeader) {
    const std::size_t size = std::min(kHeader + length_at(octets), octets.size());
    if (octets[0] == kApplicationData && size >= kHeader + kTagSize) {
      std::ranges::copy(kMasterTag, octets.subspan(size - kTagSize).begin());
    }
    octets = octets.subspan(size);
  }
}

std::optional<Wire::Opened> Wire::open_first() {
  if (octets_.size() < kHeader || octets_.size() < kHeader + length_at(octets_)) return {};
  ByteVector record = take_record();
  Opened out{record[0], false, ByteVector(at(record, kHeader), record.end())};
  if (record[0] == kApplicationData && out.content.size() > kTagSize) {
    out.is_protected = true;
    out.content.resize(out.content.size() - kTagSize);
    while (!out.content.empty() && out.content.back() == 0) out.content.pop_back();
    out.type = out.content.empty() ? std::uint8_t{0} : out.content.back();
    if (!out.content.empty()) out.content.pop_back();
  }
  return out;
}

void Wire::put_first(const Opened& record) {
  ByteVector fragment = record.content;
  if (record.is_protected) {
    fragment.push_back(record.type);
    fragment.insert(fragment.end(), kMasterTag.begin(), kMasterTag.end());
  }
  const std::array<std::uint8_t, kHeader> header{
      record.is_protected ? kApplicationData : record.type, 3, 3,
      static_cast<std::uint8_t>(fragment.size() >> 8), static_cast<std::uint8_t>(fragment.size())};
  octets_.insert(octets_.begin(), fragment.begin(), fragment.end());
  octets_.insert(octets_.begin(), header.begin(), header.end());
  if (!forged_) {
    forged_ = true;
    reseal(octets_);
  }
}

void Wire::forge_octet(std::size_t offset, std::uint8_t bits) {
  auto record = open_first();
  if (!record) return;
  if (!record->content.empty()) record->content[offset % record->content.size()] ^= bits;
  put_first(*record);
}

void Wire::forge_body(ByteView body) {
  auto record = open_first();
  if (!record) return;
  ByteVector& content = record->content;
  if (record->type == kHandshake && content.size() >= 4) {
    const std::size_t size = 4 + static_cast<std::size_t>((content[2] << 8) | content[3]);
    content.erase(at(content, 4), at(content, std::min(size, content.size())));
    content[1] = 0;
    content[2] = static_cast<std::uint8_t>(body.size() >> 8);
    content[3] = static_cast<std::uint8_t>(body.size());
    content.insert(at(content, 4), body.begin(), body.end());
  }
  put_first(*record);
}

void Wire::forge_cut(std::size_t size) {
  auto record = open_first();
  if (!record) return;
  record->content.resize(record->content.size() - std::min(size, record->content.size()));
  put_first(*record);
}

void Wire::forge_record(std::uint8_t type, bool is_protected, ByteView content) {
  put_first({type, is_protected, to_vector(content)});
}

void Wire::forge_split(std::size_t offset) {
  const auto record = open_first();
  if (!record) return;
  ByteVector content = record->content;
  const auto middle = at(content, content.empty() ? 0 : offset % content.size());
  put_first({record->type, record->is_protected, ByteVector(middle, content.end())});
  put_first({record->type, record->is_protected, ByteVector(content.begin(), middle)});
}

void Wire::forge_join() {
  const auto first = open_first();
  if (!first) return;
  const auto second = open_first();
  if (second && second->type == first->type && second->is_protected == first->is_protected) {
    ByteVector content = first->content;
    content.insert(content.end(), second->content.begin(), second->content.end());
    put_first({first->type, first->is_protected, std::move(content)});
    return;
  }
  if (second) put_first(*second);
  put_first(*first);
}

}  // namespace nautilus::fuzz
