#include "pki/pem.hpp"

#include <array>
#include <cstdio>
#include <memory>

namespace nautilus::inline v0::pki {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int digit_value(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

bool is_space(char c) noexcept { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; }

Result<SecretBytes> decode_base64(std::string_view text) {
  SecretBytes out(text.size() / 4 * 3 + 3);
  const ByteSpan room = out.expose_mutable();
  std::size_t size = 0;
  std::uint32_t group = 0;
  unsigned digits = 0;
  unsigned padding = 0;
  for (const char c : text) {
    if (is_space(c)) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int value = digit_value(c);
    if (value < 0 || padding != 0) return fail(ErrorCode::PemMalformed, "not base64");
    group = (group << 6) | static_cast<std::uint32_t>(value);
    if (++digits % 4 == 0) {
      room[size++] = static_cast<std::uint8_t>(group >> 16);
      room[size++] = static_cast<std::uint8_t>(group >> 8);
      room[size++] = static_cast<std::uint8_t>(group);
    }
  }
  const unsigned rest = digits % 4;
  if (rest == 1 || (rest == 0 ? padding != 0 : padding != 4 - rest)) {
    return fail(ErrorCode::PemMalformed, "base64 of impossible length");
  }
  if (rest == 2) room[size++] = static_cast<std::uint8_t>(group >> 4);
  if (rest == 3) {
    room[size++] = static_cast<std::uint8_t>(group >> 10);
    room[size++] = static_cast<std::uint8_t>(group >> 2);
  }
  return SecretBytes(out.expose().first(size));
}

}  // namespace

Result<std::vector<PemBlock>> parse_pem(std::string_view text) {
  std::vector<PemBlock> blocks;
  for (;;) {
    const std::size_t begin = text.find(kBegin);
    if (begin == std::string_view::npos) return blocks;
    text.remove_prefix(begin + kBegin.size());
    const std::size_t label_end = text.find(kDashes);
    if (label_end == std::string_view::npos || text.substr(0, label_end).find('\n') != text.npos) {
      return fail(ErrorCode::PemMalformed, "BEGIN line");
    }
    const std::string label(text.substr(0, label_end));
    text.remove_prefix(label_end + kDashes.size());
    const std::string end = std::string(kEnd) + label + std::string(kDashes);
    const std::size_t body_end = text.find(kDashes);
    if (body_end == std::string_view::npos || !text.substr(body_end).starts_with(end)) {
      return fail(ErrorCode::PemMalformed, "END line");
    }
    auto data = decode_base64(text.substr(0, body_end));
    if (!data) return propagate(data);
    blocks.push_back(PemBlock{label, std::move(*data)});
    text.remove_prefix(body_end + end.size());
  }
}

SecretBytes encode_pem(std::string_view label, ByteView data) {
  std::string text;
  text.reserve(data.size() * 3 / 2 + 2 * label.size() + 64);  // never grows: no stray copies
  text.append(kBegin).append(label).append(kDashes).push_back('\n');
  std::size_t column = 0;
  for (std::size_t i = 0; i < data.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, data.size() - i);
    std::uint32_t group = std::uint32_t{data[i]} << 16;
    if (count > 1) group |= std::uint32_t{data[i + 1]} << 8;
    if (count > 2) group |= std::uint32_t{data[i + 2]};
    for (std::size_t j = 0; j < 4; ++j) {
      text.push_back(j <= count ? kAlphabet[(group >> (18 - 6 * j)) & 63] : '=');
    }
    if ((column += 4) == 64) {
      text.push_back('\n');
      column = 0;
    }
  }
  if (column != 0) text.push_back('\n');
  text.append(kEnd).append(label).append(kDashes).push_back('\n');
  SecretBytes out(as_bytes(text));
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return out;
}

Result<SecretBytes> read_file(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             &std::fclose);
  if (!file) return fail(ErrorCode::FileUnreadable, "cannot open the file");
  std::setvbuf(file.get(), nullptr, _IONBF, 0);
  SecretBytes buffer(kMaxPemFile + 1);
  std::size_t size = 0;
  for (;;) {
    const ByteSpan room = buffer.expose_mutable().subspan(size);
    const std::size_t got = std::fread(room.data(), 1, room.size(), file.get());
    size += got;
    if (got == 0 || size > kMaxPemFile) break;
  }
  if (std::ferror(file.get()) != 0) return fail(ErrorCode::FileUnreadable, "cannot read the file");
  if (size > kMaxPemFile) return fail(ErrorCode::FileUnreadable, "larger than 1 MiB");
  return SecretBytes(buffer.expose().first(size));
}

}  // namespace nautilus::inline v0::pki
