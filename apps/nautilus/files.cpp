#include "files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include <nautilus/providers/default.hpp>

namespace app {

using nautilus::ByteView;
using nautilus::ErrorCode;
using nautilus::Result;

/// Longer staples do not fit a Certificate message (RFC 9846 §4.5.1) that peers would take.
constexpr std::size_t kMaxStaple = 65536;

namespace {

/// What stands beside an identity, empty if nothing does.
Result<nautilus::ByteVector> read_beside(const std::string& path) {
  if (!std::filesystem::exists(path)) return nautilus::ByteVector();
  std::ifstream in(path, std::ios::binary);
  nautilus::ByteVector content((std::istreambuf_iterator<char>(in)), {});
  if (!in || content.empty() || content.size() > kMaxStaple) {
    return nautilus::fail(ErrorCode::FileUnreadable, "what is to be stapled");
  }
  return content;
}

}  // namespace

Result<nautilus::Identity> load_identity(const std::string& name, const nautilus::KeyLoader& keys) {
  auto identity = nautilus::Identity::from_pem_files(name + ".pem", name + ".key", keys);
  if (!identity) return identity;
  auto ocsp = read_beside(name + ".ocsp");
  if (!ocsp) return nautilus::propagate(ocsp);
  if (!ocsp->empty()) identity = identity->with_ocsp_response(std::move(*ocsp));
  auto timestamps = read_beside(name + ".sct");
  if (!timestamps) return nautilus::propagate(timestamps);
  if (!timestamps->empty())
    identity = identity->with_certificate_timestamps(std::move(*timestamps));
  return identity;
}

Result<void> write_file(const std::filesystem::path& path, ByteView content, int mode, bool force) {
  if (!force && std::filesystem::exists(path)) {
    return nautilus::fail(ErrorCode::FileUnwritable, "the file exists (--force overwrites)");
  }
  const std::string temporary = path.string() + ".tmp." + std::to_string(::getpid());
  const int file =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, static_cast<mode_t>(mode));
  if (file < 0) return nautilus::fail(ErrorCode::FileUnwritable, "cannot create the file");
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t wrote = ::write(file, content.data() + done, content.size() - done);
    if (wrote <= 0) break;
    done += static_cast<std::size_t>(wrote);
  }
  const bool written = done == content.size() && ::fsync(file) == 0;
  ::close(file);
  if (!written || ::rename(temporary.c_str(), path.c_str()) != 0) {
    ::unlink(temporary.c_str());
    return nautilus::fail(ErrorCode::FileUnwritable, "cannot write the file");
  }
  return {};
}

std::string hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t octet : bytes) {
    out.push_back(kDigits[octet >> 4]);
    out.push_back(kDigits[octet & 15]);
  }
  return out;
}

nautilus::Hasher sha256() { return nautilus::Hasher(*nautilus::default_provider()->sha256); }

Result<Endpoint> parse_endpoint(std::string_view text, std::string_view default_host) {
  const std::size_t colon = text.rfind(':');
  Endpoint endpoint{std::string(default_host), std::string(text)};
  if (colon != std::string_view::npos) {
    std::string_view host = text.substr(0, colon);
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    if (!host.empty()) endpoint.host = host;
    endpoint.port = text.substr(colon + 1);
  }
  const bool number = !endpoint.port.empty() && endpoint.port.size() <= 5 &&
                      endpoint.port.find_first_not_of("0123456789") == std::string::npos &&
                      std::stoi(endpoint.port) <= 65535;
  if (!number) return nautilus::fail(ErrorCode::ApiMisuse, "not HOST:PORT");
  return endpoint;
}

}  // namespace app
