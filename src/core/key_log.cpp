#include <fcntl.h>
#include <unistd.h>

#include <mutex>
#include <string>

#include <nautilus/key_log.hpp>
#include <nautilus/secret.hpp>

namespace nautilus::inline v0 {
namespace {

void append_hex(std::string& out, ByteView bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const std::uint8_t octet : bytes) {
    out.push_back(kHex[octet >> 4]);
    out.push_back(kHex[octet & 15]);
  }
}

class FileKeyLog final : public KeyLog {
 public:
  FileKeyLog() = default;
  FileKeyLog(const FileKeyLog&) = delete;
  FileKeyLog& operator=(const FileKeyLog&) = delete;
  ~FileKeyLog() override {
    if (file_ >= 0) ::close(file_);
  }

  [[nodiscard]] bool open(const std::filesystem::path& path) noexcept {
    file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return file_ >= 0;
  }

  void log(std::string_view label, ByteView client_random, ByteView secret) noexcept override {
    try {
      std::string line(label);
      line.reserve(line.size() + 2 * (client_random.size() + secret.size()) + 3);
      line.push_back(' ');
      append_hex(line, client_random);
      line.push_back(' ');
      append_hex(line, secret);
      line.push_back('\n');
      const std::scoped_lock lock(mutex_);
      // A log that cannot be written must not disturb the connection.
      [[maybe_unused]] const auto written = ::write(file_, line.data(), line.size());
      wipe({reinterpret_cast<std::uint8_t*>(line.data()), line.size()});
    } catch (const std::bad_alloc&) {
    }
  }

 private:
  int file_ = -1;
  std::mutex mutex_;
};

}  // namespace

Result<std::shared_ptr<KeyLog>> make_file_key_log(const std::filesystem::path& path) {
  auto log = std::make_shared<FileKeyLog>();
  if (!log->open(path)) return fail(ErrorCode::FileUnwritable, "key log");
  return log;
}

}  // namespace nautilus::inline v0
