// `serve --http`: HTTP/1.1 over one connection, with Boost.Beast. Files of a folder, or an account
// of the connection itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include "session.hpp"

namespace app {

/// A folder whose regular files may be read. Symbolic links in it are not followed, and names that
/// begin with a dot are not there.
class Folder {
 public:
  explicit Folder(const std::string& path);
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder();

  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }

  struct Found {
    int file = -1;  ///< open for reading, for the caller to close
    std::uint64_t size = 0;
    bool is_folder = false;
  };
  /// What is at these steps below the folder, each the name of one entry.
  [[nodiscard]] Found find(const std::vector<std::string>& steps) const;

 private:
  int descriptor_;
};

/// What all connections share.
struct HttpSite {
  const Folder* folder = nullptr;         ///< null: the account of the connection
  std::chrono::seconds request_time{10};  ///< from a request's first octet to the end of its header
  std::chrono::seconds idle_time{300};    ///< between requests
  std::uint64_t rekey_bytes = 0;          ///< 0: only the library's own limit
  /// Expires when the server drains: idle connections end, busy ones after their answer.
  boost::asio::steady_timer* leaving = nullptr;
};

struct HttpTraffic {
  unsigned requests = 0;
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  bool close_notify = true;  ///< false: the client went without one
  bool left = false;         ///< we have ended the connection, and wait for the client's end
  Trouble trouble;
};

/// Answers requests until either side has had enough. `facts` is the account of the connection;
/// `early` what arrived as early data.
awaitable<void> serve_http(TlsStream& stream, const HttpSite& site,
                           const std::function<nlohmann::json()>& facts, nautilus::ByteVector early,
                           HttpTraffic& traffic);

}  // namespace app
