#include <chrono>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/core.h>

#include "account.hpp"
#include "commands.hpp"
#include "options.hpp"
#include "session.hpp"
#include "session_file.hpp"

namespace app {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace asio::experimental::awaitable_operators;

struct ConnectCommand {
  CommonOptions common;
  std::string target;
  std::string server_name;
  std::string session;
  std::string send = "-";
  std::string receive = "-";
  std::uint64_t rekey_bytes = 0;
  std::optional<unsigned> tickets;
  std::vector<std::string> key_shares;
  bool no_identity = false;
  bool early_data = false;
  bool ocsp = false;
  bool timestamps = false;
  bool no_grease = false;
  bool progress = false;

  int run();

 private:
  awaitable<int> talk(std::shared_ptr<const nautilus::ClientConfig> config);
  awaitable<boost::system::error_code> connect_tcp(tcp::socket& socket);
  int failed(const Failure& failure, nlohmann::json out);
  int finished(const TlsStream& stream, const Account& account, const Transfer& transfer);
  [[nodiscard]] std::FILE* report_stream() const { return receive == "-" ? stderr : stdout; }

  Endpoint endpoint_;
  nautilus::ServerName name_ = nautilus::ServerName::parse("localhost").value();
};

awaitable<void> expire(unsigned seconds) {
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::seconds(seconds));
  co_await timer.async_wait(asio::use_awaitable);
}

Failure no_file(const std::string& path) {
  return local_failure({nautilus::ErrorCode::FileUnreadable}, path,
                       "check the path and its permissions");
}

int ConnectCommand::failed(const Failure& failure, nlohmann::json out) {
  if (common.json) {
    out.update(failure.json());
    fmt::print(report_stream(), "{}\n", out.dump());
  } else {
    failure.print();
  }
  return failure.exit;
}

int ConnectCommand::finished(const TlsStream& stream, const Account& account,
                             const Transfer& transfer) {
  nlohmann::json out = account.json(stream.connection().negotiated());
  add_exports(common, stream.connection(), out);
  out["sent"] = transfer.sent.json();
  out["received"] = transfer.received.json();
  if (transfer.trouble.ec) return failed(transfer.trouble.explain("client"), std::move(out));
  if (common.json) {
    fmt::print(report_stream(), "{}\n", out.dump());
  } else {
    fmt::print(stderr, "nautilus: connected to {}\n{}", target,
               account.text(stream.connection().negotiated()));
    const nlohmann::json exported = out.value("exported", nlohmann::json::object());
    for (const auto& [label, material] : exported.items()) {
      fmt::print(stderr, "  exported {}: {}\n", label, material.get<std::string>());
    }
    if (out.contains("channel_binding")) {
      fmt::print(stderr, "  channel binding: {}\n", out["channel_binding"].get<std::string>());
    }
  }
  return kOk;
}

awaitable<boost::system::error_code> ConnectCommand::connect_tcp(tcp::socket& socket) {
  boost::system::error_code ec;
  tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto addresses = co_await resolver.async_resolve(
      endpoint_.host, endpoint_.port, asio::redirect_error(asio::use_awaitable, ec));
  if (ec) co_return ec;
  co_await asio::async_connect(socket, addresses, asio::redirect_error(asio::use_awaitable, ec));
  if (!ec) socket.set_option(tcp::no_delay(true), ec);
  co_return ec;
}

awaitable<int> ConnectCommand::talk(std::shared_ptr<const nautilus::ClientConfig> config) {
  tcp::socket socket(co_await asio::this_coro::executor);
  const auto connected = co_await (connect_tcp(socket) || expire(common.timeout));
  if (connected.index() == 1) {
    Failure late = explain(nautilus::Error{nautilus::ErrorCode::Timeout}, "client");
    late.alert.clear();  // there is no connection that could carry one
    co_return failed(late, {});
  }
  if (const auto& ec = std::get<0>(connected)) co_return failed(explain(ec, nullptr, "client"), {});

  Account account;
  auto engine = nautilus::Connection::connect(std::move(config), {name_, target, &account},
                                              nautilus::system_clock().now());
  if (!engine) co_return failed(explain(engine.error(), "client"), {});
  TlsStream stream(std::move(socket), std::move(*engine));
  const File in = open_file(send, false);
  if (!in) co_return failed(no_file(send), {});
  TransferOptions plan;
  plan.send = in.get();
  plan.rekey_bytes = rekey_bytes;
  plan.progress = progress;
  if (early_data) {
    plan.head = read_ready(in.get(), stream.connection().early_data_left());
    if (!plan.head.empty()) (void)stream.connection().write_early(plan.head);
  }
  boost::system::error_code ec;
  const auto shaken =
      co_await (stream.async_handshake(asio::redirect_error(asio::use_awaitable, ec)) ||
                expire(common.timeout));
  if (shaken.index() == 1) {
    co_return failed(co_await give_up(stream, nautilus::ErrorCode::Timeout, "client"), {});
  }
  if (ec) {
    const auto& last = stream.last_error();
    const Failure failure = explain(ec, last ? &*last : nullptr, "client");
    co_await linger(stream);
    co_return failed(failure, account.json(stream.connection().negotiated()));
  }
  account.connected();

  // Not before there is somebody to receive from: an existing file would be lost for nothing.
  const File out = open_file(receive, true);
  if (!out) co_return failed(no_file(receive), {});
  plan.receive = out.get();
  Transfer result;
  KeyRotation rotation(stream.get_executor());
  // What the server did not take early is sent again: with the handshake done, for good.
  plan.head_sent =
      stream.connection().negotiated().early_data == nautilus::EarlyDataState::Accepted;
  co_await (transfer(stream, std::move(plan), result) || rotation.follow(stream) ||
            rotation.watch());
  if (result.trouble.ec) co_await linger(stream);
  co_return finished(stream, account, result);
}

int ConnectCommand::run() {
  auto endpoint = parse_endpoint(target, "127.0.0.1");
  if (!endpoint) {
    fmt::print(stderr, "nautilus: {} is not HOST:PORT\ntry: nautilus connect localhost:4433\n",
               target);
    return kUsage;
  }
  endpoint_ = *endpoint;
  auto name = nautilus::ServerName::parse(server_name.empty() ? endpoint_.host : server_name);
  if (!name) {
    return failed(local_failure(name.error(), "--servername", "give a DNS name or an address"), {});
  }
  name_ = *name;
  if (common.identity.empty() && common.psk.empty() && !no_identity) {
    return failed({kLocal,
                   "no identity to authenticate with",
                   "client",
                   {},
                   "make one with `nautilus cert client`, give it with --identity, or say "
                   "--no-identity"},
                  {});
  }
  auto provider = provider_for(common.crypto);
  if (!provider)
    return failed(local_failure(provider.error(), "--crypto", "see `nautilus info`"), {});
  auto builder = nautilus::ClientConfig::builder(*provider);
  if (auto failure = apply(common, **provider, builder)) return failed(*failure, {});
  if (tickets) builder.ticket_request(*tickets, *tickets);
  if (!key_shares.empty()) {
    auto groups = parse_groups(key_shares, **provider);
    if (!groups) {
      return failed(
          local_failure(groups.error(), "--key-shares", "`nautilus info` lists the groups"), {});
    }
    builder.key_shares(std::move(*groups));
  }
  builder.early_data(early_data)
      .request_ocsp_response(ocsp)
      .request_certificate_timestamps(timestamps)
      .grease(!no_grease);
  if (!session.empty()) {
    auto store = open_session_file(session);
    if (!store) return failed(local_failure(store.error(), session, "remove the file"), {});
    builder.session_store(std::move(*store));
  }
  auto config = builder.build();
  if (!config) return failed(local_failure(config.error(), "configuration", "give --ca"), {});

  asio::io_context context(1);
  int status = kOk;
  asio::co_spawn(
      context, [&]() -> awaitable<void> { status = co_await talk(*config); }, asio::detached);
  context.run();
  return status;
}

}  // namespace

Command add_connect(CLI::App& parent) {
  auto command = std::make_shared<ConnectCommand>();
  CLI::App* sub = parent.add_subcommand("connect", "Connect to a server, both sides authenticated");
  sub->footer(
      std::string("Signals: SIGUSR1 replaces the keys of the connection.\n\n"
                  "Examples:\n"
                  "  nautilus connect localhost:4433 --ca ca.pem --identity client "
                  "--send file --receive copy\n"
                  "  nautilus connect localhost:4433 --ca ca.pem --identity client "
                  "--session sessions\n"
                  "  echo hello | nautilus connect localhost:4433 --ca ca.pem --identity client "
                  "--session sessions --early-data\n"
                  "  nautilus connect localhost:4433 --psk keys.txt --policy pq_required\n\n") +
      kExitHelp);
  sub->add_option("target", command->target, "HOST:PORT")->required();
  command->common.add_to(*sub);
  sub->add_flag("--no-identity", command->no_identity, "do not authenticate ourselves");
  sub->add_option("--servername", command->server_name, "name the certificate must carry");
  sub->add_option("--session", command->session, "file that keeps sessions for resumption");
  sub->add_option("--tickets", command->tickets, "how many tickets to ask for, with --session")
      ->check(CLI::Range(0U, 16U));
  sub->add_flag(
      "--early-data", command->early_data,
      "with --session: send what --send has ready before the server has answered; anybody "
      "who records it can send it again. Sent once more if the server did not take it");
  sub->add_option("--key-shares", command->key_shares,
                  "groups to send shares for at once, of those in --groups")
      ->delimiter(',');
  sub->add_flag("--ocsp", command->ocsp, "ask for a stapled OCSP response");
  sub->add_flag("--sct", command->timestamps, "ask for certificate timestamps");
  sub->add_flag("--no-grease", command->no_grease,
                "no reserved values in what we offer (RFC 8701)");
  sub->add_option("--send", command->send, "file to send, - for standard input");
  sub->add_option("--receive", command->receive,
                  "where to put what arrives, - for standard output");
  sub->add_option("--rekey-bytes", command->rekey_bytes, "replace the keys every so many bytes");
  sub->add_flag("--progress", command->progress, "show a progress bar on a terminal");
  return [command] { return command->run(); };
}

}  // namespace app
