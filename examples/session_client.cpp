// Keeps sessions in files, so that the next run of the program resumes: a session store of one's
// own. Says whether this handshake was full or resumed, sends a line and prints the answer.
//   session_client HOST PORT CA.pem IDENTITY.pem IDENTITY.key FOLDER
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <nautilus/nautilus.hpp>

namespace {

namespace fs = std::filesystem;

[[noreturn]] void die(const nautilus::Error& error) {
  std::cerr << describe(error) << '\n';
  std::exit(EXIT_FAILURE);
}

template <class T>
T must(nautilus::Result<T> result) {
  if (!result) die(result.error());
  return std::move(*result);
}

/// One session and one group per key, each in a file of its own. Several processes may share the
/// folder, which must be nobody else's: whoever reads a session can take it over.
class FileSessionStore final : public nautilus::ClientSessionStore {
 public:
  explicit FileSessionStore(fs::path folder) : folder_(std::move(folder)) {
    fs::create_directories(folder_);
    fs::permissions(folder_, fs::perms::owner_all);
  }

  void put(std::string_view key, nautilus::ClientSession session) override {
    const nautilus::SecretBytes encoded = session.encode();
    const fs::path path = file(key, ".session");
    const fs::path fresh = own(path);
    const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return;  // a store may lose entries
    const auto bytes = encoded.expose();
    const bool whole =
        ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
    ::close(fd);
    std::error_code ignored;
    whole ? fs::rename(fresh, path, ignored) : void(fs::remove(fresh, ignored));
  }

  // A ticket is used once: whoever manages to rename the file has it.
  std::optional<nautilus::ClientSession> take(std::string_view key,
                                              nautilus::TimePoint now) override {
    const fs::path path = file(key, ".session");
    const fs::path mine = own(path);
    std::error_code ec;
    fs::rename(path, mine, ec);
    if (ec) return std::nullopt;
    nautilus::SecretBytes encoded(fs::file_size(mine));
    const nautilus::ByteSpan room = encoded.expose_mutable();
    std::ifstream(mine, std::ios::binary)
        .read(reinterpret_cast<char*>(room.data()), static_cast<std::streamsize>(room.size()));
    fs::remove(mine);
    auto session = nautilus::ClientSession::decode(encoded.expose());
    if (!session || session->expired(now)) return std::nullopt;
    return std::move(*session);
  }

  void set_group(std::string_view key, nautilus::NamedGroup group) override {
    std::ofstream(file(key, ".group")) << static_cast<unsigned>(group);
  }

  std::optional<nautilus::NamedGroup> group(std::string_view key) override {
    std::uint16_t group = 0;
    if (std::ifstream in(file(key, ".group")); !(in >> group)) return std::nullopt;
    return static_cast<nautilus::NamedGroup>(group);
  }

 private:
  /// Keys are opaque: a digest makes a file name of one.
  fs::path file(std::string_view key, const char* suffix) const {
    std::string name;
    const auto digest =
        nautilus::hash(*nautilus::default_provider()->sha256, nautilus::as_bytes(key));
    for (const std::uint8_t byte : digest.view()) {
      name += "0123456789abcdef"[byte >> 4];
      name += "0123456789abcdef"[byte & 15];
    }
    return folder_ / (name + suffix);
  }
  /// A name that no other process or thread uses.
  fs::path own(const fs::path& path) {
    return path.string() + "." + std::to_string(::getpid()) + "." + std::to_string(serial_++);
  }

  fs::path folder_;
  std::atomic<unsigned> serial_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::cerr << "usage: session_client HOST PORT CA.pem IDENTITY.pem IDENTITY.key FOLDER\n";
    return EXIT_FAILURE;
  }
  auto config = must(nautilus::ClientConfig::builder()
                         .trust(must(nautilus::TrustStore::from_pem_file(argv[3])))
                         .identity(must(nautilus::Identity::from_pem_files(argv[4], argv[5])))
                         .session_store(std::make_shared<FileSessionStore>(argv[6]))
                         .build());
  auto stream =
      must(nautilus::connect(config, argv[1], static_cast<std::uint16_t>(std::atoi(argv[2]))));
  std::cout << (stream.session().resumed() ? "resumed" : "full") << " handshake with "
            << stream.session().peer().display_name() << '\n';
  if (auto sent = stream.write("hello\n"); !sent) die(sent.error());
  std::array<std::uint8_t, 4096> buffer{};
  const std::size_t size = must(stream.read(buffer));
  std::cout << nautilus::as_text(nautilus::ByteView(buffer).first(size));
  if (auto closed = stream.close(); !closed) die(closed.error());
}
