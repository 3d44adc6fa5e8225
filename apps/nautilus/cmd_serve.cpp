#include <csignal>

#include <chrono>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/core.h>

#include "account.hpp"
#include "commands.hpp"
#include "options.hpp"
#include "session.hpp"

namespace app {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace asio::experimental::awaitable_operators;
using nautilus::ErrorCode;

/// `*` stands for any run of characters but a dot or slash; nothing else is special.
bool glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() != '*') {
    return !text.empty() && pattern.front() == text.front() &&
           glob(pattern.substr(1), text.substr(1));
  }
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (glob(pattern.substr(1), text.substr(i))) return true;
    if (i < text.size() && (text[i] == '.' || text[i] == '/')) return false;
  }
  return false;
}

bool any_match(const std::vector<std::string>& patterns, const std::vector<std::string>& names) {
  for (const std::string& pattern : patterns) {
    for (const std::string& name : names) {
      if (glob(pattern, name)) return true;
    }
  }
  return false;
}

struct ServeCommand {
  CommonOptions common;
  std::string listen = "127.0.0.1:4433";
  std::string client_auth = "required";
  std::vector<std::string> allow_dns;
  std::vector<std::string> allow_uri;
  std::vector<std::string> allow_cn;
  bool allow_all = false;
  std::string send;
  std::string receive;
  std::uint64_t rekey_bytes = 0;
  unsigned idle = 300;
  unsigned max_connections = 1024;
  unsigned ticket_lifetime = 86400;
  unsigned tickets = 2;

  int run();

 private:
  awaitable<void> accept_loop(tcp::acceptor& acceptor);
  awaitable<void> serve_one(tcp::socket socket, std::string from);
  awaitable<void> talk(TlsStream& stream, Account& account, nlohmann::json& out);
  awaitable<void> watch_idle(const Transfer& transfer);
  awaitable<void> drain(tcp::acceptor& acceptor);
  [[nodiscard]] bool allowed(const nautilus::PeerIdentity& peer) const;
  [[nodiscard]] std::string who_may_enter() const;
  void report(const nlohmann::json& out) const;

  std::shared_ptr<const nautilus::ServerConfig> config_;
  unsigned active_ = 0;
  bool draining_ = false;
};

awaitable<void> expire(std::chrono::steady_clock::duration after) {
  asio::steady_timer timer(co_await asio::this_coro::executor, after);
  co_await timer.async_wait(asio::use_awaitable);
}

void ServeCommand::report(const nlohmann::json& out) const {
  if (common.json) {
    fmt::print("{}\n", out.dump());
  } else if (out.contains("error")) {
    fmt::print(stderr, "nautilus: server: {}: {}{}\ntry: {}\n", out.value("from", ""),
               out["error"].get<std::string>(),
               out.contains("alert") ? " (alert " + out["alert"].get<std::string>() + ")" : "",
               out.value("hint", ""));
  } else {
    fmt::print(stderr, "nautilus: server: {}: {} {} with {}{}\n", out.value("from", ""),
               out.value("event", ""), out.value("peer", ""), out.value("group", ""),
               out.value("resumed", false) ? ", resumed" : "");
  }
  std::fflush(stdout);
}

bool ServeCommand::allowed(const nautilus::PeerIdentity& peer) const {
  if (allow_all || client_auth == "none") return true;
  if (!peer.authenticated()) return client_auth == "optional";
  return any_match(allow_dns, peer.dns_names) || any_match(allow_uri, peer.uris) ||
         any_match(allow_cn, {peer.common_name});
}

std::string ServeCommand::who_may_enter() const {
  if (client_auth == "none") return "anybody, unauthenticated";
  if (allow_all) return "every client with a certificate from " + common.ca;
  std::string who;
  const auto add = [&](const char* kind, const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns) who += (who.empty() ? "" : ", ") + (kind + pattern);
  };
  add("DNS ", allow_dns);
  add("URI ", allow_uri);
  add("CN ", allow_cn);
  return who;
}

/// Ends when nothing has moved for the idle time.
awaitable<void> ServeCommand::watch_idle(const Transfer& transfer) {
  std::uint64_t last = ~std::uint64_t{0};
  for (;;) {
    const std::uint64_t moved = transfer.sent.bytes + transfer.received.bytes;
    if (moved == last) co_return;
    last = moved;
    co_await expire(std::chrono::seconds(idle));
  }
}

awaitable<void> ServeCommand::talk(TlsStream& stream, Account& account, nlohmann::json& out) {
  Transfer result;
  if (send.empty() && receive.empty()) {
    const auto done = co_await (echo(stream, result) || watch_idle(result));
    if (done.index() == 1) result.trouble.rich = nautilus::Error{ErrorCode::Timeout};
  } else {
    const File in = send.empty() ? nullptr : open_file(send, false);
    const File to = receive.empty() ? nullptr : open_file(receive, true);
    const auto done = co_await (transfer(stream, {in.get(), to.get(), rekey_bytes, false, false}, result) ||
                                watch_idle(result));
    if (done.index() == 1) result.trouble.rich = nautilus::Error{ErrorCode::Timeout};
  }
  out = account.json(stream.connection().negotiated());
  out["event"] = "closed";
  out["sent"] = result.sent.json();
  out["received"] = result.received.json();
  if (result.trouble.ec || result.trouble.rich) {
    out.update(result.trouble.explain("server").json());
    co_await linger(stream);
  }
}

awaitable<void> ServeCommand::serve_one(tcp::socket socket, std::string from) {
  Account account;
  nlohmann::json out{{"event", "refused"}};
  auto engine = nautilus::Connection::accept(config_, {&account}, nautilus::system_clock().now());
  if (engine) {
    TlsStream stream(std::move(socket), std::move(*engine));
    boost::system::error_code ec;
    const auto shaken =
        co_await (stream.async_handshake(asio::redirect_error(asio::use_awaitable, ec)) ||
                  expire(std::chrono::seconds(common.timeout)));
    if (shaken.index() == 1) {
      out.update(explain(nautilus::Error{ErrorCode::Timeout}, "server").json());
    } else if (ec) {
      const auto& last = stream.last_error();
      out.update(explain(ec, last ? &*last : nullptr, "server").json());
      co_await linger(stream);
    } else if (!allowed(stream.connection().negotiated().peer)) {
      stream.connection().abort(ErrorCode::AccessDenied, nautilus::system_clock().now());
      out.update(explain(nautilus::Error{ErrorCode::AccessDenied}, "server").json());
      co_await linger(stream);
    } else {
      account.connected();
      co_await talk(stream, account, out);
    }
  }
  out["from"] = from;
  report(out);
}

awaitable<void> ServeCommand::accept_loop(tcp::acceptor& acceptor) {
  auto pause = std::chrono::milliseconds(5);
  while (!draining_) {
    boost::system::error_code ec;
    tcp::socket socket =
        co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, ec));
    if (ec == asio::error::operation_aborted || draining_) co_return;
    if (ec) {
      // Out of descriptors, most likely: wait longer each time instead of spinning.
      co_await expire(pause);
      pause = std::min(pause * 2, std::chrono::milliseconds(1000));
      continue;
    }
    pause = std::chrono::milliseconds(5);
    if (active_ >= max_connections) continue;  // the socket closes
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto remote = socket.remote_endpoint(ignored);
    const std::string from = fmt::format("{}:{}", remote.address().to_string(), remote.port());
    ++active_;
    asio::co_spawn(co_await asio::this_coro::executor, serve_one(std::move(socket), from),
                   [this](const std::exception_ptr&) { --active_; });
  }
}

/// On SIGTERM or SIGINT: no new connections, the open ones may finish within ten seconds.
awaitable<void> ServeCommand::drain(tcp::acceptor& acceptor) {
  asio::signal_set signals(co_await asio::this_coro::executor, SIGTERM, SIGINT);
  co_await signals.async_wait(asio::use_awaitable);
  draining_ = true;
  acceptor.close();
  for (int i = 0; i < 1000 && active_ > 0; ++i) co_await expire(std::chrono::milliseconds(10));
}

int ServeCommand::run() {
  const auto refuse = [this](const Failure& failure) {
    if (common.json) {
      fmt::print("{}\n", failure.json().dump());
    } else {
      failure.print();
    }
    return failure.exit;
  };
  auto endpoint = parse_endpoint(listen, "127.0.0.1");
  if (!endpoint) return refuse({kUsage, "--listen takes HOST:PORT", "local", {}, "--listen 127.0.0.1:4433"});
  if (common.identity.empty()) {
    return refuse({kLocal, "a server needs an identity", "server", {},
                   "make one with `nautilus cert server` and give it with --identity"});
  }
  const bool authenticated = client_auth != "none";
  if (authenticated && common.ca.empty()) {
    return refuse({kLocal, "client certificates need a CA", "server", {},
                   "give --ca, or say --client-auth none"});
  }
  if (authenticated && !allow_all && allow_dns.empty() && allow_uri.empty() && allow_cn.empty()) {
    return refuse({kLocal, "nobody is allowed in", "server", {},
                   "say who with --allow-dns, --allow-uri or --allow-cn, or --allow-all"});
  }
  auto provider = provider_for(common);
  if (!provider) return refuse(local_failure(provider.error(), "--crypto", "see `nautilus info`"));
  auto builder = nautilus::ServerConfig::builder(*provider);
  CommonOptions options = common;
  if (!authenticated) options.ca.clear();
  if (auto failure = apply(options, builder)) return refuse(*failure);
  if (client_auth == "optional") builder.client_auth(nautilus::ClientAuth::Optional);
  builder.ticket_lifetime(std::chrono::seconds(ticket_lifetime)).ticket_count(tickets, 1);
  auto config = builder.build();
  if (!config) return refuse(local_failure(config.error(), "configuration", "see `nautilus serve --help`"));
  config_ = *config;

  asio::io_context context(1);
  boost::system::error_code ec;
  tcp::acceptor acceptor(context);
  const auto address = asio::ip::make_address(endpoint->host == "localhost" ? "127.0.0.1" : endpoint->host, ec);
  const tcp::endpoint local(address, static_cast<std::uint16_t>(std::stoi(endpoint->port)));
  if (!ec) acceptor.open(local.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(local, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return refuse({kNetwork, listen + ": " + ec.message(), "server", {}, "choose another --listen"});
  const std::uint16_t port = acceptor.local_endpoint().port();
  if (common.json) {
    report({{"event", "listening"}, {"address", address.to_string()}, {"port", port}, {"allowed", who_may_enter()}});
  } else {
    fmt::print(stderr, "nautilus: listening on {}:{}\nnautilus: may enter: {}\n",
               address.to_string(), port, who_may_enter());
  }
  asio::co_spawn(context, accept_loop(acceptor), asio::detached);
  asio::co_spawn(context, drain(acceptor), [&](const std::exception_ptr&) { context.stop(); });
  context.run();
  return kOk;
}

}  // namespace

Command add_serve(CLI::App& parent) {
  auto command = std::make_shared<ServeCommand>();
  CLI::App* sub = parent.add_subcommand("serve", "Accept clients, both sides authenticated");
  sub->footer(std::string("Without --send and --receive everything is sent back.\n\nExample:\n  "
                          "nautilus serve --ca ca.pem --identity server --allow-dns "
                          "'*.clients.example'\n\n") +
              kExitHelp);
  command->common.add_to(*sub);
  sub->add_option("--listen", command->listen, "HOST:PORT; port 0 picks a free one");
  sub->add_option("--client-auth", command->client_auth, "required, optional or none")
      ->check(CLI::IsMember({"required", "optional", "none"}));
  sub->add_option("--allow-dns", command->allow_dns, "DNS names that may enter (* is a wildcard)");
  sub->add_option("--allow-uri", command->allow_uri, "URIs that may enter");
  sub->add_option("--allow-cn", command->allow_cn, "common names that may enter");
  sub->add_flag("--allow-all", command->allow_all, "everybody with a certificate from --ca");
  sub->add_option("--send", command->send, "file to send to each client");
  sub->add_option("--receive", command->receive, "where to put what a client sends");
  sub->add_option("--rekey-bytes", command->rekey_bytes, "replace the keys every so many bytes");
  sub->add_option("--idle", command->idle, "seconds without data before a connection is closed")
      ->check(CLI::Range(1U, 86400U));
  sub->add_option("--max-connections", command->max_connections, "more are turned away");
  sub->add_option("--ticket-lifetime", command->ticket_lifetime, "seconds, at most seven days")
      ->check(CLI::Range(0U, 604800U));
  sub->add_option("--tickets", command->tickets, "after a full handshake; 0 turns resumption off");
  return [command] { return command->run(); };
}

}  // namespace app
