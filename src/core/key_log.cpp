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
  explicit FileKeyLog(int file) noexcept : file_(file) {}
  FileKeyLog(const FileKeyLog&) = delete;
  FileKeyLog& operator=(const FileKeyLog&) = delete;
  ~FileKeyLog() override { ::close(file_); }

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
  int file_;
  std::mutex mutex_;
};

}  // namespace

Result<std::shared_ptr<KeyLog>> make_file_key_log(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return fail(ErrorCode::FileUnwritable, "key log");
  return std::make_shared<FileKeyLog>(file);
}

}  // namespace nautilus::inline v0
