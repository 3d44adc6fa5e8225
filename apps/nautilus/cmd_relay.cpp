// A relay that sits on the wire between client and server and does harm to one record, to show that
// it is noticed. It knows record headers and nothing else.
#include <array>
#include <csignal>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/core.h>

#include "commands.hpp"
#include "files.hpp"
#include "report.hpp"

namespace app {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;

struct RelayCommand {
  std::string listen = "127.0.0.1:0";
  std::string target;
  unsigned alter = 0;
  unsigned replay = 0;

  int run();

 private:
  awaitable<void> relay(tcp::socket client);
  awaitable<void> forward(tcp::socket& from, tcp::socket& to, bool harm);

  tcp::endpoint to_;
};

/// Forwards record by record; counts protected ones and harms the chosen one.
awaitable<void> RelayCommand::forward(tcp::socket& from, tcp::socket& to, bool harm) {
  boost::system::error_code ec;
  unsigned count = 0;
  while (!ec) {
    std::vector<std::uint8_t> record(5);
    co_await asio::async_read(from, asio::buffer(record),
                              asio::redirect_error(asio::use_awaitable, ec));
    if (ec) break;
    record.resize(5 + ((std::size_t{record[3]} << 8) | record[4]));
    co_await asio::async_read(from, asio::buffer(record.data() + 5, record.size() - 5),
                              asio::redirect_error(asio::use_awaitable, ec));
    if (ec) break;
    const bool chosen = harm && record[0] == 23 && ++count != 0;
    if (chosen && count == alter) record.back() ^= 0x01;
    co_await asio::async_write(to, asio::buffer(record),
                               asio::redirect_error(asio::use_awaitable, ec));
    if (!ec && chosen && count == replay) {
      co_await asio::async_write(to, asio::buffer(record),
                                 asio::redirect_error(asio::use_awaitable, ec));
    }
  }
  boost::system::error_code ignored;
  to.shutdown(tcp::socket::shutdown_send, ignored);
}

awaitable<void> RelayCommand::relay(tcp::socket client) {
  boost::system::error_code ec;
  auto executor = co_await asio::this_coro::executor;
  auto down = std::make_shared<tcp::socket>(std::move(client));
  auto up = std::make_shared<tcp::socket>(executor);
  co_await up->async_connect(to_, asio::redirect_error(asio::use_awaitable, ec));
  if (ec) co_return;
  asio::co_spawn(
      executor, [this, up, down]() -> awaitable<void> { co_await forward(*up, *down, false); },
      asio::detached);
  co_await forward(*down, *up, true);
}

int RelayCommand::run() {
  auto here = parse_endpoint(listen, "127.0.0.1");
  auto there = parse_endpoint(target, "127.0.0.1");
  if (!here || !there) {
    fmt::print(stderr,
               "nautilus: relay: addresses are HOST:PORT\ntry: nautilus relay 127.0.0.1:4433\n");
    return kUsage;
  }
  to_ = {asio::ip::make_address(there->host), static_cast<std::uint16_t>(std::stoi(there->port))};
  asio::io_context context(1);
  tcp::acceptor acceptor(context, {asio::ip::make_address(here->host),
                                   static_cast<std::uint16_t>(std::stoi(here->port))});
  fmt::print("{{\"event\":\"listening\",\"port\":{}}}\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  asio::co_spawn(
      context,
      [&]() -> awaitable<void> {
        for (;;) {
          tcp::socket client = co_await acceptor.async_accept(asio::use_awaitable);
          asio::co_spawn(context, relay(std::move(client)), asio::detached);
        }
      },
      asio::detached);
  asio::signal_set signals(context, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code&, int) { context.stop(); });
  context.run();
  return kOk;
}

}  // namespace

Command add_relay(CLI::App& parent) {
  auto command = std::make_shared<RelayCommand>();
  CLI::App* sub = parent.add_subcommand(
      "relay", "Sit between client and server and harm one record, to see it noticed");
  sub->add_option("target", command->target, "HOST:PORT of the server")->required();
  sub->add_option("--listen", command->listen, "HOST:PORT; port 0 picks a free one");
  sub->add_option("--alter", command->alter, "flip a bit in the client's n-th protected record");
  sub->add_option("--replay", command->replay, "send the client's n-th protected record twice");
  return [command] { return command->run(); };
}

}  // namespace app
