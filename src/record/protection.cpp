#include "record/protection.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "core/wipe_now.hpp"
#include "crypto/hkdf.hpp"
#include "record/framing.hpp"

namespace nautilus::inline v0::record {
namespace {

/// Parts sealed without touching the heap: content, type octet and padding.
constexpr std::size_t kInlineParts = 8;
/// TLSCiphertext.legacy_record_version.
constexpr std::uint16_t kCiphertextVersion = 0x0303;

constexpr std::array<std::uint8_t, kMaxPlaintext> kZeros{};

/// The per-record nonce (RFC 9846 §5.3): the IV with the sequence number folded into its end.
class Nonce {
 public:
  Nonce(ByteView iv, std::uint64_t sequence) noexcept : size_(iv.size()) {
    std::memcpy(octets_.data(), iv.data(), size_);
    for (std::size_t i = 0; i < 8; ++i) {
      octets_[size_ - 1 - i] ^= static_cast<std::uint8_t>(sequence >> (8 * i));
    }
  }
  ~Nonce() { wipe_now(octets_); }
  Nonce(const Nonce&) = delete;
  Nonce& operator=(const Nonce&) = delete;
  [[nodiscard]] ByteView view() const noexcept { return ByteView(octets_).first(size_); }

 private:
  std::array<std::uint8_t, kMaxNonceSize> octets_;
  std::size_t size_;
};

}  // namespace

Result<Protection> Protection::from_secret(const CipherSuite& suite, std::string_view label_prefix,
                                           ByteView traffic_secret) {
  const AeadAlgorithm& aead = *suite.aead;
  if (aead.key_size() > kMaxKeySize || aead.nonce_size() > kMaxNonceSize || aead.nonce_size() < 8) {
    return fail(ErrorCode::UnsupportedAlgorithm, "AEAD sizes out of range");
  }
  const crypto::HmacKey secret(*suite.hash, traffic_secret);
  Protection protection;
  protection.aead_ = suite.aead;
  protection.raw_key_ = BoundedSecret<kMaxKeySize>(aead.key_size());
  protection.iv_ = BoundedSecret<kMaxNonceSize>(aead.nonce_size());
  if (auto r = crypto::hkdf_expand_label(secret, label_prefix, "key", {},
                                         protection.raw_key_.expose_mutable());
      !r) {
    return propagate(r);
  }
  if (auto r = crypto::hkdf_expand_label(secret, label_prefix, "iv", {},
                                         protection.iv_.expose_mutable());
      !r) {
    return propagate(r);
  }
  protection.tag_size_ = aead.tag_size();
  protection.limit_ = aead.confidentiality_limit();
  return protection;
}

Result<const AeadKey*> Protection::key() const {
  if (!key_) {
    auto made = aead_->make_key(raw_key_.expose());
    if (!made) return propagate(made);
    key_ = std::move(*made);
    raw_key_.clear();
    aead_.reset();
  }
  return key_.get();
}

Result<void> Protection::seal(std::uint64_t sequence, wire::ContentType type,
                              std::span<const ByteView> parts, std::size_t padding,
                              ByteBuffer& out) const {
  std::size_t content = 0;
  for (const ByteView part : parts) content += part.size();
  if (content > kMaxPlaintext || padding > kMaxPlaintext - content) {
    return fail(ErrorCode::ApiMisuse, "record too long");
  }
  const std::size_t fragment = content + 1 + padding + tag_size_;
  const auto keyed = key();
  if (!keyed) return propagate(keyed);

  const auto type_octet = static_cast<std::uint8_t>(type);
  std::array<ByteView, kInlineParts> few;
  std::vector<ByteView> many;
  std::span<ByteView> all(few);
  if (parts.size() + 2 > kInlineParts) {
    many.resize(parts.size() + 2);
    all = many;
  }
  std::ranges::copy(parts, all.begin());
  all[parts.size()] = ByteView(&type_octet, 1);
  all[parts.size() + 1] = ByteView(kZeros).first(padding);

  const ByteSpan room = out.prepare(kHeaderSize + fragment);
  encode_header(room.data(), wire::ContentType::application_data, kCiphertextVersion, fragment);
  const Nonce nonce(iv_.expose(), sequence);
  if (auto r = (*keyed)->seal(nonce.view(), room.first(kHeaderSize), all.first(parts.size() + 2),
                              room.subspan(kHeaderSize, fragment));
      !r) {
    wipe(room.first(kHeaderSize + fragment));  // it may hold content in the clear
    return r;
  }
  out.commit(kHeaderSize + fragment);
  return {};
}

Result<InnerPlaintext> Protection::open(std::uint64_t sequence, ByteSpan record) const {
  if (record.size() < kHeaderSize) return fail(ErrorCode::ApiMisuse, "record without a header");
  const ByteView header = record.first(kHeaderSize);
  const ByteSpan fragment = record.subspan(kHeaderSize);
  if (fragment.size() < tag_size_)
    return fail(ErrorCode::BadRecordMac, "record shorter than a tag");
  const auto keyed = key();
  if (!keyed) return propagate(keyed);
  const Nonce nonce(iv_.expose(), sequence);
  auto size = (*keyed)->open(nonce.view(), header, fragment);
  if (!size) return propagate(size);
  if (*size > kMaxPlaintext + 1) return fail(ErrorCode::RecordOverflow);
  // The content type is the last octet that is not zero (RFC 9846 §5.4).
  std::size_t end = *size;
  while (end > 0 && fragment[end - 1] == 0) --end;
  if (end == 0) return fail(ErrorCode::UnexpectedMessage, "record without a content type");
  return InnerPlaintext{static_cast<wire::ContentType>(fragment[end - 1]), fragment.first(end - 1)};
}

}  // namespace nautilus::inline v0::record
