#include "record/sender.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "record/framing.hpp"

namespace nautilus::inline v0::record {

void Sender::install(std::uint64_t epoch, Protection protection) noexcept {
  protection_ = std::move(protection);
  epoch_ = epoch;
  sequence_ = 0;
}

std::uint64_t Sender::remaining_records() const noexcept {
  if (!protection_) return kMaxSequence;
  const std::uint64_t limit = protection_->confidentiality_limit();
  return limit > sequence_ ? limit - sequence_ : 0;
}

Result<void> Sender::send_one(wire::ContentType type, std::span<const ByteView> parts,
                              ByteBuffer& out) {
  if (protection_) {
    if (sequence_ == kMaxSequence) return fail(ErrorCode::RecordSequenceExhausted);
    std::size_t padding = 0;
    if (padding_block_ > 1) {
      std::size_t size = 0;
      for (const ByteView part : parts) size += part.size();
      const std::size_t odd = size % padding_block_;
      if (odd != 0 || size == 0) {
        padding = std::min(padding_block_ - odd, max_content() - size);
      }
    }
    if (auto r = protection_->seal(sequence_, type, parts, padding, out); !r) return r;
    ++sequence_;
    return {};
  }
  std::size_t size = 0;
  for (const ByteView part : parts) size += part.size();
  (void)out.prepare(kHeaderSize + size);  // memory runs out here or nowhere
  std::array<std::uint8_t, kHeaderSize> header{};
  encode_header(header.data(), type, legacy_version_, size);
  out.append(header);
  for (const ByteView part : parts) out.append(part);
  return {};
}

Result<void> Sender::send(wire::ContentType type, std::span<const ByteView> content,
                          ByteBuffer& out) {
  std::size_t left = 0;
  for (const ByteView part : content) left += part.size();
  if (!protection_ && type == wire::ContentType::application_data) {
    return fail(ErrorCode::ApiMisuse, "application data without keys");
  }
  if (left == 0 && type != wire::ContentType::application_data) return {};
  const std::size_t limit = std::clamp<std::size_t>(max_content(), 1, kMaxPlaintext);
  if (left <= limit) return send_one(type, content, out);

  // Room for all of it at once: memory that runs out must not leave half a message behind.
  const std::size_t records = (left + limit - 1) / limit;
  const std::size_t overhead = kHeaderSize + 1 + (protection_ ? protection_->tag_size() : 0);
  (void)out.prepare((padding_block_ > 1 ? records * limit : left) + records * overhead);
  // Cut the gathered content into records without copying it.
  std::vector<ByteView> parts;
  parts.reserve(content.size());
  std::size_t index = 0;
  std::size_t offset = 0;
  while (left > 0) {
    parts.clear();
    std::size_t room = std::min(left, limit);
    left -= room;
    while (room > 0) {
      const ByteView rest = content[index].subspan(offset);
      const std::size_t taken = std::min(rest.size(), room);
      if (taken > 0) parts.push_back(rest.first(taken));
      room -= taken;
      offset += taken;
      if (offset == content[index].size()) {
        ++index;
        offset = 0;
      }
    }
    if (auto r = send_one(type, parts, out); !r) return r;
  }
  return {};
}

void Sender::send_change_cipher_spec(ByteBuffer& out) {
  constexpr std::array<std::uint8_t, 6> kRecord{20, 0x03, 0x03, 0, 1, 1};
  out.append(kRecord);
}

}  // namespace nautilus::inline v0::record
