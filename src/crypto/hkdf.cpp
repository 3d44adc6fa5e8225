#include "crypto/hkdf.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace nautilus::inline v0::crypto {
namespace {

constexpr std::uint8_t kInnerPad = 0x36;
constexpr std::uint8_t kOuterPad = 0x5c;
constexpr std::size_t kMaxLabelVector = 255;
constexpr std::size_t kMaxExpandBlocks = 255;
constexpr std::array<std::uint8_t, kMaxDigestSize> kZeros{};

/// Writes a digest straight into a wiping type, so that no unwiped copy of a MAC stays behind.
HashSecret finish_secret(Hasher& hasher) noexcept {
  HashSecret out(hasher.algorithm().digest_size);
  Digest digest = hasher.finish();
  std::memcpy(out.expose_mutable().data(), digest.view().data(), out.size());
  wipe(digest.span());
  return out;
}

}  // namespace

HmacKey::HmacKey(const HashAlgorithm& hash, ByteView key) noexcept : inner_(hash), outer_(hash) {
  Secret<kMaxHashBlockSize> block;
  const ByteSpan padded = block.expose_mutable().first(hash.block_size);
  if (key.size() > hash.block_size) {
    Hasher shortener(hash);
    shortener.update(key);
    const HashSecret digest = finish_secret(shortener);
    std::ranges::copy(digest.expose(), padded.begin());
  } else {
    std::ranges::copy(key, padded.begin());
  }
  for (std::uint8_t& octet : padded) octet = static_cast<std::uint8_t>(octet ^ kInnerPad);
  inner_.update(padded);
  for (std::uint8_t& octet : padded) {
    octet = static_cast<std::uint8_t>(octet ^ kInnerPad ^ kOuterPad);
  }
  outer_.update(padded);
}

HashSecret HmacKey::finish(Hasher& running) const noexcept {
  const HashSecret inner_digest = finish_secret(running);
  Hasher outer(outer_);
  outer.update(inner_digest.expose());
  return finish_secret(outer);
}

HashSecret HmacKey::mac(ByteView message) const noexcept {
  Hasher running = start();
  running.update(message);
  return finish(running);
}

HashSecret hkdf_extract(const HashAlgorithm& hash, ByteView salt, ByteView ikm) noexcept {
  if (salt.empty()) salt = ByteView(kZeros).first(hash.digest_size);
  return HmacKey(hash, salt).mac(ikm);
}

Result<void> hkdf_expand(const HmacKey& prk, ByteView info, ByteSpan out) noexcept {
  const std::size_t digest_size = prk.algorithm().digest_size;
  if (out.size() > kMaxExpandBlocks * digest_size) {
    return fail(ErrorCode::ApiMisuse, "HKDF-Expand beyond 255 digests");
  }
  HashSecret previous;
  for (std::uint8_t counter = 1; !out.empty(); ++counter) {
    Hasher running = prk.start();
    running.update(previous.expose()).update(info).update({&counter, 1});
    previous = prk.finish(running);
    const std::size_t take = std::min(digest_size, out.size());
    std::memcpy(out.data(), previous.expose().data(), take);
    out = out.subspan(take);
  }
  return {};
}

Result<void> hkdf_expand_label(const HmacKey& prk, std::string_view prefix, std::string_view label,
                               ByteView context, ByteSpan out) noexcept {
  const std::size_t label_size = prefix.size() + label.size();
  if (prefix.size() > kMaxLabelVector || label_size > kMaxLabelVector ||
      context.size() > kMaxLabelVector || out.size() > 0xffff) {
    return fail(ErrorCode::ApiMisuse, "HKDF-Expand-Label: a field is too long");
  }
  // struct HkdfLabel { uint16 length; opaque label<7..255>; opaque context<0..255>; }
  std::array<std::uint8_t, 2 + 1 + kMaxLabelVector + 1 + kMaxLabelVector> info;
  std::size_t size = 0;
  info[size++] = static_cast<std::uint8_t>(out.size() >> 8);
  info[size++] = static_cast<std::uint8_t>(out.size() & 0xff);
  const auto append = [&](ByteView bytes) {
    if (!bytes.empty()) std::memcpy(info.data() + size, bytes.data(), bytes.size());
    size += bytes.size();
  };
  info[size++] = static_cast<std::uint8_t>(label_size);
  append(as_bytes(prefix));
  append(as_bytes(label));
  info[size++] = static_cast<std::uint8_t>(context.size());
  append(context);
  return hkdf_expand(prk, ByteView(info).first(size), out);
}

}  // namespace nautilus::inline v0::crypto
