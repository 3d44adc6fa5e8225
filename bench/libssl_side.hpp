// The same through the system's libssl.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include <nautilus/bytes.hpp>

#include "credentials.hpp"
#include "setup.hpp"

namespace nautilus::bench {

struct SslFree {
  void operator()(SSL* ssl) const noexcept {
    // Else libssl takes the connection for broken off and will not resume its session.
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl);
  }
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using SslPtr = std::unique_ptr<SSL, SslFree>;
using SslContextPtr = std::unique_ptr<SSL_CTX, SslFree>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, SslFree>;

/// Both ends of one connection, joined by two memory BIOs.
struct LibsslPair {
  SslPtr client;
  SslPtr server;
};

class LibsslHandshakes {
 public:
  LibsslHandshakes(const Credentials& credentials, const Setup& setup);
  LibsslHandshakes(const LibsslHandshakes&) = delete;
  LibsslHandshakes& operator=(const LibsslHandshakes&) = delete;

  [[nodiscard]] LibsslPair connect();
  void run() { (void)connect(); }

 private:
  static int on_session(SSL* ssl, SSL_SESSION* session);
  void check(const LibsslPair& pair) const;

  Setup setup_;
  SslContextPtr client_;
  SslContextPtr server_;
  SslSessionPtr session_;
  unsigned received_ = 0;
};

class LibsslBulk {
 public:
  LibsslBulk(const Credentials& credentials, CipherSuiteId suite, std::size_t record);

  void seal(std::size_t records);
  void prepare(std::size_t records);
  void open_all();

 private:
  LibsslHandshakes handshakes_;
  ByteVector content_;
  ByteVector received_;
  LibsslPair sealing_;
  LibsslPair opening_;
  std::unique_ptr<ByteVector> wire_;  ///< where the BIOs of `opening_` write and read
  std::unique_ptr<std::size_t> read_;
};

}  // namespace nautilus::bench
