#include "session_file.hpp"

#include <fstream>
#include <iterator>
#include <mutex>
#include <vector>

#include "files.hpp"

namespace app {
namespace {

using nautilus::ByteView;
using nautilus::ClientSession;
using nautilus::ErrorCode;
using nautilus::Result;

constexpr std::string_view kMagic = "nautilus sessions 1\n";
constexpr std::size_t kMaxSessions = 64;

void put_u32(std::string& out, std::size_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

class SessionFile final : public nautilus::ClientSessionStore {
 public:
  explicit SessionFile(std::filesystem::path path) : path_(std::move(path)) {}

  Result<void> load() {
    std::ifstream in(path_, std::ios::binary);
    if (!in) return {};
    std::string text((std::istreambuf_iterator<char>(in)), {});
    ByteView rest = nautilus::as_bytes(text);
    if (!text.starts_with(kMagic)) return bad();
    rest = rest.subspan(kMagic.size());
    while (!rest.empty()) {
      const auto key = take_field(rest);
      const auto encoded = take_field(rest);
      if (!key || !encoded) return bad();
      auto session = ClientSession::decode(*encoded);
      if (!session) return bad();
      entries_.push_back({std::string(nautilus::as_text(*key)), std::move(*session)});
    }
    nautilus::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return {};
  }

  void put(std::string_view key, ClientSession session) override {
    const std::scoped_lock lock(mutex_);
    entries_.push_back({std::string(key), std::move(session)});
    if (entries_.size() > kMaxSessions) entries_.erase(entries_.begin());
    save();
  }

  std::optional<ClientSession> take(std::string_view key, nautilus::TimePoint now) override {
    const std::scoped_lock lock(mutex_);
    for (std::size_t i = entries_.size(); i-- > 0;) {
      if (entries_[i].key != key) continue;
      ClientSession session = std::move(entries_[i].session);
      entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
      // Out of the file before it is used; if that fails it is not used.
      if (!save()) return std::nullopt;
      if (!session.expired(now)) return session;
    }
    return std::nullopt;
  }

  // One run makes one connection: there is nothing to remember a group for.
  void set_group(std::string_view, nautilus::NamedGroup) override {}
  std::optional<nautilus::NamedGroup> group(std::string_view) override { return std::nullopt; }

 private:
  struct Entry {
    std::string key;
    ClientSession session;
  };

  static std::unexpected<nautilus::Error> bad() {
    return nautilus::fail(ErrorCode::StoreFailure, "not a session file of this version");
  }

  static std::optional<ByteView> take_field(ByteView& rest) {
    if (rest.size() < 4) return std::nullopt;
    const std::size_t size = (std::size_t{rest[0]} << 24) | (std::size_t{rest[1]} << 16) |
                             (std::size_t{rest[2]} << 8) | rest[3];
    if (rest.size() - 4 < size) return std::nullopt;
    const ByteView field = rest.subspan(4, size);
    rest = rest.subspan(4 + size);
    return field;
  }

  bool save() {
    std::string text(kMagic);
    for (const Entry& entry : entries_) {
      put_u32(text, entry.key.size());
      text += entry.key;
      const nautilus::SecretBytes encoded = entry.session.encode();
      put_u32(text, encoded.size());
      text += nautilus::as_text(encoded.expose());
    }
    const bool saved = write_file(path_, nautilus::as_bytes(text), 0600, true).has_value();
    nautilus::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return saved;
  }

  const std::filesystem::path path_;
  std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace

Result<std::shared_ptr<nautilus::ClientSessionStore>> open_session_file(
    const std::filesystem::path& path) {
  auto store = std::make_shared<SessionFile>(path);
  if (auto r = store->load(); !r) return nautilus::propagate(r);
  return store;
}

}  // namespace app
