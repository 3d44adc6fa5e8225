#include <chrono>
#include <csignal>
#include <functional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/core.h>

#include <nautilus/session/file_ticketer.hpp>
#include <nautilus/session/server_store.hpp>

#include "account.hpp"
#include "allow.hpp"
#include "commands.hpp"
#include "http.hpp"
#include "options.hpp"
#include "session.hpp"

namespace app {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace asio::experimental::awaitable_operators;
using nautilus::ErrorCode;
using Config = std::shared_ptr<const nautilus::ServerConfig>;

struct ServeCommand {
  CommonOptions common;
  AllowList allow;
  std::string listen = "127.0.0.1:4433";
  std::string client_auth = "required";
  std::string send;
  std::string receive;
  std::optional<std::string> http;  ///< a folder, or empty: an account of the connection
  std::uint64_t rekey_bytes = 0;
  unsigned idle = 300;
  unsigned drain_seconds = 10;
  unsigned max_connections = 1024;
  unsigned ticket_lifetime = 86400;
  unsigned tickets = 2;
  std::string ticket_keys;
  std::uint32_t early_data = 0;
  bool keep_sessions = false;

  int run();

 private:
  awaitable<void> accept_loop(tcp::acceptor& acceptor);
  awaitable<void> serve_one(tcp::socket socket, std::string from);
  awaitable<void> talk(TlsStream& stream, Account& account, nlohmann::json& out);
  awaitable<void> talk_http(TlsStream& stream, Account& account, nlohmann::json& out);
  awaitable<void> watch_idle(const std::uint64_t& sent, const std::uint64_t& received);
  awaitable<void> drain(tcp::acceptor& acceptor);
  awaitable<void> reload_on_signal();
  [[nodiscard]] std::optional<Failure> contradiction() const;
  [[nodiscard]] std::optional<Failure> make_sessions();
  [[nodiscard]] std::optional<Failure> configure();
  [[nodiscard]] bool admitted(const nautilus::PeerIdentity& peer) const;
  [[nodiscard]] std::string who_may_enter() const;
  void report(const nlohmann::json& out) const;

  std::shared_ptr<const nautilus::CryptoProvider> provider_;
  std::shared_ptr<nautilus::Ticketer> ticketer_;
  std::shared_ptr<nautilus::FileTicketer> shared_keys_;  ///< the same, with --ticket-keys
  std::shared_ptr<nautilus::ReplayRegister> replay_;
  Config config_;
  std::optional<KeyRotation> rotation_;
  std::optional<Folder> folder_;               ///< with --http DIR
  std::optional<asio::steady_timer> leaving_;  ///< expires when it drains
  unsigned active_ = 0;
  bool full_ = false;
  bool draining_ = false;
};

awaitable<void> expire(std::chrono::steady_clock::duration after) {
  asio::steady_timer timer(co_await asio::this_coro::executor, after);
  co_await timer.async_wait(asio::use_awaitable);
}

void ServeCommand::report(const nlohmann::json& out) const {
  if (common.json) {
    // Names come out of certificates, and may be any octets.
    fmt::print("{}\n", out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    std::fflush(stdout);
    return;
  }
  const std::string from = out.contains("from") ? out["from"].get<std::string>() + ": " : "";
  if (out.contains("error")) {
    fmt::print(stderr, "nautilus: server: {}{}{}\ntry: {}\n", from, out["error"].get<std::string>(),
               out.contains("alert") ? " (alert " + out["alert"].get<std::string>() + ")" : "",
               out.value("hint", ""));
  } else {
    fmt::print(stderr, "nautilus: server: {}{} {} with {}{}\n", from, out.value("event", ""),
               out.value("peer", ""), out.value("group", ""),
               out.value("resumed", false) ? ", resumed" : "");
  }
}

bool ServeCommand::admitted(const nautilus::PeerIdentity& peer) const {
  if (client_auth == "none" || peer.kind == nautilus::PeerIdentity::Kind::ExternalPsk) return true;
  if (!peer.authenticated()) return client_auth == "optional";
  return allow.admits(peer);
}

std::string ServeCommand::who_may_enter() const {
  if (client_auth == "none") return "anybody, unauthenticated";
  std::string who = allow.all ? "every client with a certificate from " + common.ca : allow.text();
  if (client_auth == "optional") who += ", and anybody without a certificate";
  if (!common.psk.empty())
    who += (who.empty() ? "" : ", ") + ("whoever has a key of " + common.psk);
  return who;
}

/// Ends when nothing has moved for the idle time.
awaitable<void> ServeCommand::watch_idle(const std::uint64_t& sent, const std::uint64_t& received) {
  std::uint64_t last = ~std::uint64_t{0};
  for (;;) {
    const std::uint64_t moved = sent + received;
    if (moved == last) co_return;
    last = moved;
    co_await expire(std::chrono::seconds(idle));
  }
}

awaitable<void> ServeCommand::talk(TlsStream& stream, Account& account, nlohmann::json& out) {
  Transfer result;
  const bool files = !send.empty() || !receive.empty();
  const File in = send.empty() ? nullptr : open_file(send, false);
  const File to = receive.empty() ? nullptr : open_file(receive, true);
  TransferOptions plan;
  plan.send = in.get();
  plan.receive = to.get();
  plan.rekey_bytes = rekey_bytes;
  plan.early = stream.take_early_data();
  const std::size_t early_bytes = plan.early.size();
  auto work =
      files ? transfer(stream, std::move(plan), result) : echo(stream, std::move(plan), result);
  const auto done =
      co_await (std::move(work) || watch_idle(result.sent.bytes, result.received.bytes) ||
                rotation_->follow(stream));
  out = account.json(stream.connection().negotiated());
  add_exports(common, stream.connection(), out);
  out["event"] = "closed";
  out["early_bytes"] = early_bytes;
  out["sent"] = result.sent.json();
  out["received"] = result.received.json();
  if (done.index() == 1) {
    out.update((co_await give_up(stream, ErrorCode::Timeout, "server")).json());
  } else if (result.trouble.ec || result.trouble.rich) {
    out.update(result.trouble.explain("server").json());
    co_await linger(stream);
  }
}

awaitable<void> ServeCommand::talk_http(TlsStream& stream, Account& account, nlohmann::json& out) {
  HttpTraffic result;
  const HttpSite site{.folder = folder_ ? &*folder_ : nullptr,
                      .request_time = std::chrono::seconds(common.timeout),
                      .idle_time = std::chrono::seconds(idle),
                      .rekey_bytes = rekey_bytes,
                      .leaving = &*leaving_};
  const std::function<nlohmann::json()> facts = [&] {
    return account.json(stream.connection().negotiated());
  };
  auto early = stream.take_early_data();
  const std::size_t early_bytes = early.size();
  const auto done =
      co_await (serve_http(stream, site, facts, std::move(early), result) ||
                watch_idle(result.sent, result.received) || rotation_->follow(stream));
  out = facts();
  add_exports(common, stream.connection(), out);
  out["event"] = "closed";
  out["early_bytes"] = early_bytes;
  out["requests"] = result.requests;
  out["close_notify"] = result.close_notify;
  out["sent"] = {{"bytes", result.sent}};
  out["received"] = {{"bytes", result.received}};
  if (done.index() == 1 && !result.left) {
    out.update((co_await give_up(stream, ErrorCode::Timeout, "server")).json());
  } else if (result.trouble.ec || result.trouble.rich) {
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
      out.update((co_await give_up(stream, ErrorCode::Timeout, "server")).json());
    } else if (ec) {
      const auto& last = stream.last_error();
      out.update(explain(ec, last ? &*last : nullptr, "server").json());
      co_await linger(stream);
    } else if (!admitted(stream.connection().negotiated().peer)) {
      out.update((co_await give_up(stream, ErrorCode::AccessDenied, "server")).json());
      out["peer"] = stream.connection().negotiated().peer.display_name();
    } else {
      account.connected();
      if (http) {
        co_await talk_http(stream, account, out);
      } else {
        co_await talk(stream, account, out);
      }
    }
  } else {
    out.update(explain(engine.error(), "server").json());
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
    if (active_ >= max_connections) {
      // The socket closes. Said once, not for every client of a flood.
      if (!std::exchange(full_, true)) {
        report({{"event", "full"},
                {"error", fmt::format("{} connections are open, more are turned away", active_)},
                {"side", "server"},
                {"hint", "raise --max-connections"}});
      }
      continue;
    }
    full_ = false;
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto remote = socket.remote_endpoint(ignored);
    const std::string from = fmt::format("{}:{}", remote.address().to_string(), remote.port());
    ++active_;
    asio::co_spawn(co_await asio::this_coro::executor, serve_one(std::move(socket), from),
                   [this](const std::exception_ptr&) { --active_; });
  }
}

/// On SIGTERM or SIGINT: no new connections, the open ones may finish.
awaitable<void> ServeCommand::drain(tcp::acceptor& acceptor) {
  asio::signal_set signals(co_await asio::this_coro::executor, SIGTERM, SIGINT);
  co_await signals.async_wait(asio::use_awaitable);
  draining_ = true;
  acceptor.close();
  leaving_->expires_at(asio::steady_timer::time_point::min());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(drain_seconds);
  while (active_ > 0 && std::chrono::steady_clock::now() < end) {
    co_await expire(std::chrono::milliseconds(10));
  }
  if (active_ > 0) {
    report({{"event", "drained"},
            {"error", fmt::format("{} connections were cut", active_)},
            {"side", "server"},
            {"hint", "raise --drain"}});
  }
}

/// On SIGHUP: certificates, keys and CAs are read again. Connections keep what they began with, and
/// a set that is no good changes nothing.
awaitable<void> ServeCommand::reload_on_signal() {
  asio::signal_set signals(co_await asio::this_coro::executor, SIGHUP);
  for (;;) {
    co_await signals.async_wait(asio::use_awaitable);
    nlohmann::json out{{"event", "reloaded"}};
    auto failure = configure();
    if (!failure && shared_keys_) {
      if (auto r = shared_keys_->reload(nautilus::system_clock().now()); !r) {
        failure = local_failure(r.error(), ticket_keys, "the keys from before stay in use");
      }
    }
    if (failure) {
      out = failure->json();
      out["event"] = "not reloaded";
    }
    report(out);
  }
}

/// What the options cannot mean.
std::optional<Failure> ServeCommand::contradiction() const {
  const bool psk = !common.psk.empty();
  if (common.identity.empty() && !psk) {
    return Failure{kLocal,
                   "a server needs an identity",
                   "server",
                   {},
                   "make one with `nautilus cert server` and give it with --identity"};
  }
  if (keep_sessions && !ticket_keys.empty()) {
    return Failure{kUsage,
                   "--keep-sessions has no ticket keys",
                   "local",
                   {},
                   "leave out --ticket-keys or --keep-sessions"};
  }
  if (http && (!send.empty() || !receive.empty())) {
    return Failure{kUsage,
                   "--http decides itself what is sent and received",
                   "local",
                   {},
                   "leave out --http, or --send and --receive"};
  }
  if (client_auth == "none" || common.identity.empty()) return std::nullopt;
  if (common.ca.empty()) {
    return Failure{kLocal,
                   "client certificates need a CA",
                   "server",
                   {},
                   "give --ca, or say --client-auth none"};
  }
  if (allow.empty()) {
    return Failure{kLocal,
                   "nobody is allowed in",
                   "server",
                   {},
                   "say who with --allow-dns, --allow-uri, --allow-cn or --allow-key, or "
                   "--allow-all"};
  }
  return std::nullopt;
}

/// What outlives connections and reloads: tickets, and the memory of early data.
std::optional<Failure> ServeCommand::make_sessions() {
  const std::chrono::seconds lifetime(std::max(ticket_lifetime, 1U));
  if (early_data != 0) {
    auto replay = nautilus::make_memory_replay_register(*provider_->random);
    if (!replay) return local_failure(replay.error(), "--early-data", "see `nautilus info`");
    replay_ = std::move(*replay);
  }
  if (!ticket_keys.empty()) {
    nautilus::FileTicketerOptions options;
    options.ticket_lifetime = lifetime;
    options.on_error = [this](const nautilus::Error& error) {
      auto out = local_failure(error, ticket_keys, "the keys from before stay in use").json();
      out["event"] = "ticket keys";
      report(out);
    };
    auto keys = nautilus::make_file_ticketer(provider_, ticket_keys, nautilus::system_clock().now(),
                                             std::move(options));
    if (!keys) {
      return local_failure(keys.error(), ticket_keys,
                           "give a file of mode 0600, or one that can be made there");
    }
    ticketer_ = shared_keys_ = std::move(*keys);
    return std::nullopt;
  }
  auto ticketer = keep_sessions ? nautilus::make_store_ticketer(
                                      provider_, nautilus::make_memory_server_store(), lifetime)
                                : nautilus::make_ticketer(provider_);
  if (!ticketer) return local_failure(ticketer.error(), "tickets", "see `nautilus info`");
  ticketer_ = std::move(*ticketer);
  return std::nullopt;
}

/// Makes `config_`, or leaves it as it was.
std::optional<Failure> ServeCommand::configure() {
  auto builder = nautilus::ServerConfig::builder(provider_);
  CommonOptions options = common;
  if (client_auth == "none") options.ca.clear();
  if (http && options.alpn.empty()) options.alpn = {"http/1.1"};
  if (auto failure = apply(options, *provider_, builder)) return failure;
  if (client_auth == "optional") builder.client_auth(nautilus::ClientAuth::Optional);
  builder.ticketer(ticketer_)
      .ticket_lifetime(std::chrono::seconds(ticket_lifetime))
      .ticket_count(tickets, tickets == 0 ? 0 : 1);
  if (early_data != 0) builder.early_data({.replay = replay_, .max_size = early_data});
  auto config = builder.build();
  if (!config) {
    return local_failure(config.error(), "configuration", "see `nautilus serve --help`");
  }
  config_ = *config;
  return std::nullopt;
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
  if (!endpoint) {
    return refuse({kUsage, "--listen takes HOST:PORT", "local", {}, "--listen 127.0.0.1:4433"});
  }
  if (const auto failure = contradiction()) return refuse(*failure);
  auto provider = provider_for(common.crypto);
  if (!provider) {
    return refuse(local_failure(provider.error(), "--crypto", "see `nautilus info`"));
  }
  provider_ = std::move(*provider);
  if (http && !http->empty() && !folder_.emplace(*http).is_open()) {
    return refuse({kLocal, *http + ": no such folder", "local", {}, "--http FOLDER"});
  }
  if (const auto failure = make_sessions()) return refuse(*failure);
  if (const auto failure = configure()) return refuse(*failure);

  asio::io_context context(1);
  boost::system::error_code ec;
  tcp::acceptor acceptor(context);
  const auto address =
      asio::ip::make_address(endpoint->host == "localhost" ? "127.0.0.1" : endpoint->host, ec);
  const tcp::endpoint local(address, static_cast<std::uint16_t>(std::stoi(endpoint->port)));
  if (!ec) acceptor.open(local.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(local, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) {
    return refuse(
        {kNetwork, listen + ": " + ec.message(), "server", {}, "choose another --listen"});
  }
  rotation_.emplace(context.get_executor());
  leaving_.emplace(context, asio::steady_timer::time_point::max());
  // Signals are caught before anybody is told that the server is there.
  asio::co_spawn(context, drain(acceptor), [&](const std::exception_ptr&) { context.stop(); });
  asio::co_spawn(context, reload_on_signal(), asio::detached);
  asio::co_spawn(context, rotation_->watch(), asio::detached);
  asio::co_spawn(context, accept_loop(acceptor), asio::detached);
  context.poll();
  const std::uint16_t port = acceptor.local_endpoint(ec).port();
  if (common.json) {
    report({{"event", "listening"},
            {"address", address.to_string()},
            {"port", port},
            {"allowed", who_may_enter()}});
  } else {
    fmt::print(stderr, "nautilus: listening on {}:{}\nnautilus: may enter: {}\n",
               address.to_string(), port, who_may_enter());
  }
  context.run();
  rotation_.reset();  // its signals and timer belong to the context
  leaving_.reset();
  return kOk;
}

}  // namespace

Command add_serve(CLI::App& parent) {
  auto command = std::make_shared<ServeCommand>();
  CLI::App* sub = parent.add_subcommand("serve", "Accept clients, both sides authenticated");
  sub->footer(
      std::string(
          "Without --http, --send and --receive everything is sent back.\n"
          "Signals: SIGTERM and SIGINT drain, SIGHUP reads certificates, keys and CAs again, "
          "SIGUSR1 replaces the keys of every connection.\n\n"
          "Examples:\n"
          "  nautilus serve --ca ca.pem --identity server --allow-dns '*.clients.example'\n"
          "  nautilus serve --ca ca.pem --identity server --allow-all --receive upload "
          "--listen 0.0.0.0:4433\n"
          "  nautilus serve --ca ca.pem --identity server --allow-all --ticket-keys keys "
          "--early-data 16384\n"
          "  nautilus serve --identity server --client-auth none --http public\n"
          "  nautilus serve --psk keys.txt --policy pq_required\n\n") +
      kExitHelp);
  command->common.add_to(*sub);
  sub->add_option("--listen", command->listen, "HOST:PORT; port 0 picks a free one");
  sub->add_option("--client-auth", command->client_auth, "required, optional or none")
      ->check(CLI::IsMember({"required", "optional", "none"}));
  command->allow.add_to(*sub);
  sub->add_option("--send", command->send, "file to send to each client");
  sub->add_option("--receive", command->receive, "where to put what a client sends");
  sub->add_option("--http", command->http,
                  "answer GET and HEAD with the files of this folder; without one, with a page "
                  "about the connection, at / and as JSON at /connection.json. ALPN is http/1.1 "
                  "unless told otherwise")
      ->expected(0, 1);
  sub->add_option("--rekey-bytes", command->rekey_bytes, "replace the keys every so many bytes");
  sub->add_option("--idle", command->idle, "seconds without data before a connection is closed")
      ->check(CLI::Range(1U, 86400U));
  sub->add_option("--drain", command->drain_seconds, "seconds open connections get to finish")
      ->check(CLI::Range(0U, 86400U));
  sub->add_option("--max-connections", command->max_connections, "more are turned away")
      ->check(CLI::Range(1U, 1000000U));
  sub->add_option("--ticket-lifetime", command->ticket_lifetime, "seconds, at most seven days")
      ->check(CLI::Range(0U, 604800U));
  sub->add_option("--tickets", command->tickets, "after a full handshake; 0 turns resumption off")
      ->check(CLI::Range(0U, 16U));
  sub->add_option("--ticket-keys", command->ticket_keys,
                  "file of ticket keys, made if there is none; servers that share it open each "
                  "other's tickets, and a restart loses none");
  sub->add_flag("--keep-sessions", command->keep_sessions,
                "keep sessions in memory, each good for one connection, instead of sealing them "
                "into tickets");
  sub->add_option("--early-data", command->early_data,
                  "octets a client that resumes may send before the handshake is done; acted upon "
                  "only once it is, so that replays have no effect")
      ->check(CLI::Range(0U, 1048576U));
  return [command] { return command->run(); };
}

}  // namespace app
