// A client's and a server's stream joined over loopback TCP.
#pragma once

#include <boost/asio.hpp>
#include <gtest/gtest.h>

#include <nautilus/asio.hpp>
#include <nautilus/config.hpp>

#include "support/pki.hpp"

namespace nautilus::test {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using TlsStream = net::Stream<tcp::socket>;

/// Certificates are made for `kNow`, so the streams live then.
class TestClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override { return kNow; }
};
inline const TestClock kTestClock;

class LoopbackTest : public testing::Test {
 protected:
  LoopbackTest() {
    client_config.trust(authority.trust()).identity(authority.client());
    server_config.trust(authority.trust()).identity(authority.server());
    const tcp::acceptor::reuse_address reuse(true);
    acceptor.open(tcp::v4());
    acceptor.set_option(reuse);
    acceptor.bind({asio::ip::address_v4::loopback(), 0});
    acceptor.listen();
    client_socket.connect(acceptor.local_endpoint());
    acceptor.accept(server_socket);
  }
  TlsStream client() {
    return TlsStream(std::move(client_socket), client_config.build().value(), "server.test", {},
                     kTestClock);
  }
  TlsStream server() {
    return TlsStream(std::move(server_socket), server_config.build().value(), kTestClock);
  }

  TestAuthority authority;
  ClientConfigBuilder client_config = ClientConfig::builder();
  ServerConfigBuilder server_config = ServerConfig::builder();
  asio::io_context context;
  tcp::acceptor acceptor{context};
  tcp::socket client_socket{context};
  tcp::socket server_socket{context};
};

}  // namespace nautilus::test
