#include "session/key_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "wire/reader.hpp"

namespace nautilus::inline v0::session {
namespace {

constexpr std::string_view kMagic = "NAUTKEYS";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kDigestSize = 32;
constexpr std::size_t kHeaderSize = kMagic.size() + 1 + 2;
constexpr std::size_t kGenerationSize = kTicketKeyNameSize + kTicketKeySize + 8 + 8;
constexpr std::size_t kMaxFileSize =
    kHeaderSize + kMaxKeyGenerations * kGenerationSize + kDigestSize;
constexpr mode_t kMode = S_IRUSR | S_IWUSR;

/// Writes into room of exactly the right size, so that no secret is left behind in a buffer that
/// grew.
class Fixed {
 public:
  explicit Fixed(ByteSpan room) noexcept : room_(room) {}
  void bytes(ByteView value) noexcept {
    std::ranges::copy(value, room_.begin());
    room_ = room_.subspan(value.size());
  }
  void number(std::uint64_t value, std::size_t width) noexcept {
    for (std::size_t i = 0; i < width; ++i) {
      room_[i] = static_cast<std::uint8_t>(value >> (8 * (width - 1 - i)));
    }
    room_ = room_.subspan(width);
  }

 private:
  ByteSpan room_;
};

std::uint64_t ticks(TimePoint time) noexcept {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
TimePoint time_from(std::uint64_t ticks) noexcept {
  return TimePoint(std::chrono::milliseconds(static_cast<std::int64_t>(ticks)));
}

FileIdentity identity_of(const struct stat& info) noexcept {
  return {info.st_dev,
          info.st_ino,
          static_cast<std::uint64_t>(info.st_size),
          {info.st_mtim.tv_sec, info.st_mtim.tv_nsec},
          {info.st_ctim.tv_sec, info.st_ctim.tv_nsec}};
}

/// A file descriptor that closes itself.
class File {
 public:
  explicit File(int file) noexcept : file_(file) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (file_ >= 0) ::close(file_);
  }
  [[nodiscard]] int get() const noexcept { return file_; }
  [[nodiscard]] int release() noexcept { return std::exchange(file_, -1); }
  explicit operator bool() const noexcept { return file_ >= 0; }

 private:
  int file_;
};

int open_file(const std::string& path, int flags) noexcept {
  for (;;) {
    const int file = ::open(path.c_str(), flags | O_CLOEXEC, kMode);
    if (file >= 0 || errno != EINTR) return file;
  }
}

/// Whether nobody but this user, and root, can have read or written it.
Result<void> check_private(const struct stat& info) {
  if (!S_ISREG(info.st_mode)) return fail(ErrorCode::FileUnreadable, "ticket keys: not a file");
  if (info.st_uid != ::geteuid() && info.st_uid != 0) {
    return fail(ErrorCode::FileUnreadable, "ticket keys: the file belongs to another user");
  }
  if ((info.st_mode & 07777 & ~kMode) != 0) {
    return fail(ErrorCode::FileUnreadable,
                "ticket keys: the file's permissions are wider than 0600");
  }
  return {};
}

/// Octets read, or -1. Fewer than asked for means that the file ended.
ssize_t read_all(int file, ByteSpan out) noexcept {
  std::size_t size = 0;
  while (size < out.size()) {
    const ssize_t got = ::read(file, out.data() + size, out.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(size);
}

bool write_all(int file, ByteView data) noexcept {
  while (!data.empty()) {
    const ssize_t written = ::write(file, data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data = data.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

/// A rename lasts only once the folder has reached the disk. Where folders cannot be synchronised
/// the keys are merely newer than what a crash leaves.
void synchronise_folder(const std::string& path) noexcept {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const File file(open_file(folder, O_RDONLY | O_DIRECTORY));
  if (file) (void)::fsync(file.get());
}

}  // namespace

bool operator==(const FileIdentity&, const FileIdentity&) noexcept = default;

KeyGeneration KeyGeneration::clone() const {
  KeyGeneration copy;
  copy.name = name;
  std::ranges::copy(secret.expose(), copy.secret.expose_mutable().begin());
  copy.not_before = not_before;
  copy.not_after = not_after;
  return copy;
}

SecretBytes encode_key_file(const HashAlgorithm& sha256,
                            std::span<const KeyGeneration> generations) {
  const std::size_t size = kHeaderSize + generations.size() * kGenerationSize;
  SecretBytes encoded(size + kDigestSize);
  Fixed out(encoded.expose_mutable());
  out.bytes(as_bytes(kMagic));
  out.number(kVersion, 1);
  out.number(generations.size(), 2);
  for (const KeyGeneration& generation : generations) {
    out.bytes(generation.name);
    out.bytes(generation.secret.expose());
    out.number(ticks(generation.not_before), 8);
    out.number(ticks(generation.not_after), 8);
  }
  out.bytes(hash(sha256, encoded.expose().first(size)));
  return encoded;
}

Result<std::vector<KeyGeneration>> decode_key_file(const HashAlgorithm& sha256, ByteView encoded) {
  const auto bad = [](const char* why) { return fail(ErrorCode::StoreFailure, why); };
  wire::Reader reader(encoded);
  if (!std::ranges::equal(reader.bytes(kMagic.size()), as_bytes(kMagic))) {
    return bad("ticket keys: not a key file");
  }
  // What a newer version means by the rest is not ours to guess, and not ours to overwrite.
  if (reader.u8() != kVersion) return bad("ticket keys: a file of another version");
  const std::size_t count = reader.u16();
  if (reader.failed() || count == 0 || count > kMaxKeyGenerations ||
      encoded.size() != kHeaderSize + count * kGenerationSize + kDigestSize) {
    return bad("ticket keys: the file is damaged");
  }
  const ByteView content = encoded.first(encoded.size() - kDigestSize);
  if (!std::ranges::equal(hash(sha256, content).view(), encoded.last(kDigestSize))) {
    return bad("ticket keys: the file is damaged");
  }
  std::vector<KeyGeneration> generations(count);
  for (auto at = generations.begin(); at != generations.end(); ++at) {
    at->name = reader.array<kTicketKeyNameSize>();
    std::ranges::copy(reader.bytes(kTicketKeySize), at->secret.expose_mutable().begin());
    at->not_before = time_from(reader.u64());
    at->not_after = time_from(reader.u64());
    const bool twice = std::any_of(generations.begin(), at,
                                   [&](const KeyGeneration& g) { return g.name == at->name; });
    if (twice || at->not_after <= at->not_before) return bad("ticket keys: impossible content");
  }
  return generations;
}

void pause(std::chrono::milliseconds span) noexcept {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(span);
  const timespec time{whole.count(), std::chrono::nanoseconds(span - whole).count()};
  (void)::nanosleep(&time, nullptr);
}

KeyFile::KeyFile(const HashAlgorithm& sha256, const std::filesystem::path& path)
    : sha256_(&sha256) {
  // A process may change its folder while it runs.
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  path_ = error ? path.string() : absolute.string();
}

KeyFile::Lock::~Lock() {
  if (file_ < 0) return;
  // Said aloud: a child forked meanwhile may hold the same open file.
  (void)::flock(file_, LOCK_UN);
  ::close(file_);
}

Result<std::optional<KeyFile::Lock>> KeyFile::try_lock() const {
  File file(open_file(path_ + ".lock", O_RDWR | O_CREAT | O_NOFOLLOW));
  if (!file) return fail(ErrorCode::FileUnwritable, "ticket keys: the lock cannot be opened");
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) return std::nullopt;
    return fail(ErrorCode::FileUnwritable, "ticket keys: the folder has no locks");
  }
  return Lock(file.release());
}

std::optional<FileIdentity> KeyFile::identity() const noexcept {
  struct stat info{};
  if (::stat(path_.c_str(), &info) != 0) return std::nullopt;
  return identity_of(info);
}

KeyFile::Content KeyFile::read() const {
  Content content{std::nullopt, false, std::vector<KeyGeneration>()};
  // Without O_NONBLOCK a pipe in the file's place would hang us.
  const File file(open_file(path_, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!file) {
    content.missing = errno == ENOENT;
    content.identity = identity();
    content.generations =
        content.missing ? fail(ErrorCode::FileUnreadable, "ticket keys: there is no file")
                        : fail(ErrorCode::FileUnreadable, "ticket keys: the file cannot be opened");
    return content;
  }
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) {
    content.generations = fail(ErrorCode::FileUnreadable, "ticket keys: the file cannot be read");
    return content;
  }
  content.identity = identity_of(info);
  if (auto r = check_private(info); !r) {
    content.generations = propagate(r);
    return content;
  }
  SecretBytes octets(kMaxFileSize + 1);
  const ssize_t size = read_all(file.get(), octets.expose_mutable());
  if (size < 0) {
    content.generations = fail(ErrorCode::FileUnreadable, "ticket keys: the file cannot be read");
  } else {
    content.generations =
        decode_key_file(*sha256_, octets.expose().first(static_cast<std::size_t>(size)));
  }
  return content;
}

Result<FileIdentity> KeyFile::write(std::span<const KeyGeneration> generations) const {
  const SecretBytes encoded = encode_key_file(*sha256_, generations);
  const std::string beside = path_ + ".new";
  // Ours alone while the lock is held; one that a crash has left behind goes first.
  (void)::unlink(beside.c_str());
  const File file(open_file(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW));
  if (!file) return fail(ErrorCode::FileUnwritable, "ticket keys: the folder cannot be written");
  // The umask may have taken more away than it should.
  if (::fchmod(file.get(), kMode) != 0 || !write_all(file.get(), encoded.expose()) ||
      ::fsync(file.get()) != 0 || ::rename(beside.c_str(), path_.c_str()) != 0) {
    (void)::unlink(beside.c_str());
    return fail(ErrorCode::FileUnwritable, "ticket keys: the file cannot be written");
  }
  synchronise_folder(path_);
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return FileIdentity{};
  return identity_of(info);
}

}  // namespace nautilus::inline v0::session
