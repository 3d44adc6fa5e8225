#include "record/receiver.hpp"

namespace nautilus::inline v0::record {
namespace {

using wire::ContentType;

}  // namespace

void Receiver::install(std::uint64_t epoch, Protection protection) noexcept {
  protection_ = std::move(protection);
  epoch_ = epoch;
  sequence_ = 0;
}

Result<std::optional<Received>> Receiver::next(ByteSpan input) {
  const Expect expect = protection_ || skip_left_ ? Expect::Ciphertext
                        : first_                  ? Expect::FirstRecord
                                                  : Expect::Plaintext;
  auto record = next_record(input, expect);
  if (!record) return propagate(record);
  if (!*record) return std::nullopt;
  first_ = false;
  auto received = take(**record);
  if (!received) return propagate(received);
  if (received->skipped) return *received;
  if (received->content.empty() || received->type == ContentType::change_cipher_spec) {
    if (++empty_in_a_row_ > kMaxEmptyRecords) return fail(ErrorCode::TooManyEmptyRecords);
  } else {
    empty_in_a_row_ = 0;
  }
  return *received;
}

Result<Received> Receiver::take(const Record& record) {
  const std::size_t size = record.encoded.size();
  const ContentType type = record.header.type;
  if (type == ContentType::change_cipher_spec) {
    if (record.fragment.size() != 1 || record.fragment[0] != 1) {
      return fail(ErrorCode::MalformedChangeCipherSpec);
    }
    return Received{type, record.fragment, size, false};
  }
  // A peer that could not derive keys reports it in the clear. Once it has sent anything protected,
  // under whichever key, a clear alert is somebody else's: a forged close_notify would truncate.
  const bool early_alert = type == ContentType::alert && !opened_any_;
  if (!protection_ || early_alert) {
    if (type == ContentType::application_data) {
      if (skip_left_) return skip(record);
      return fail(ErrorCode::UnexpectedRecordType);
    }
    if (record.fragment.empty()) return fail(ErrorCode::EmptyHandshakeRecord);
    return Received{type, record.fragment, size, false};
  }
  if (type != ContentType::application_data) {
    return fail(ErrorCode::UnexpectedRecordType, "a record in the clear");
  }
  if (limit_ <= kMaxPlaintext && !skip_left_ &&
      record.fragment.size() > limit_ + protection_->tag_size()) {
    return fail(ErrorCode::RecordOverflow, "more than our record_size_limit");
  }
  if (sequence_ == kMaxSequence) return fail(ErrorCode::RecordSequenceExhausted);
  auto inner = protection_->open(sequence_, record.encoded);
  if (!inner) {
    if (skip_left_ && inner.error().code == ErrorCode::BadRecordMac) return skip(record);
    return propagate(inner);
  }
  skip_left_.reset();
  ++sequence_;
  opened_any_ = true;
  switch (inner->type) {
    case ContentType::application_data:
      break;
    case ContentType::handshake:
    case ContentType::alert:
      if (inner->content.empty()) return fail(ErrorCode::EmptyHandshakeRecord);
      break;
    default:
      // change_cipher_spec is never protected (RFC 9846 §5).
      return fail(ErrorCode::UnexpectedRecordType, "inner content type");
  }
  return Received{inner->type, inner->content, size, true};
}

Result<Received> Receiver::skip(const Record& record) {
  // What the client counts: content, without tag and type. Nothing is free, not even an empty
  // record.
  constexpr std::size_t kOverhead = 17;
  const std::size_t size =
      record.fragment.size() > kOverhead ? record.fragment.size() - kOverhead : 1;
  if (size > *skip_left_) return fail(ErrorCode::TooMuchEarlyData, "refused, and still going on");
  *skip_left_ -= size;
  return Received{ContentType::application_data, {}, record.encoded.size(), false, true};
}

}  // namespace nautilus::inline v0::record
