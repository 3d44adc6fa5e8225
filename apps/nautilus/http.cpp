#include "http.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/core.h>

namespace app {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using namespace asio::experimental::awaitable_operators;
using boost::system::error_code;

constexpr std::uint32_t kHeaderLimit = 16 * 1024;
constexpr std::size_t kChunk = 64 * 1024;
constexpr auto kLeaveTime = std::chrono::seconds(2);

constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kOctets = "application/octet-stream";
constexpr auto kTypes = std::to_array<std::pair<std::string_view, std::string_view>>({
    {".css", "text/css; charset=utf-8"},
    {".gif", "image/gif"},
    {".htm", kHtml},
    {".html", kHtml},
    {".ico", "image/x-icon"},
    {".jpeg", "image/jpeg"},
    {".jpg", "image/jpeg"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", kJson},
    {".md", "text/markdown; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".mp4", "video/mp4"},
    {".pdf", "application/pdf"},
    {".png", "image/png"},
    {".svg", "image/svg+xml"},
    {".txt", kText},
    {".wasm", "application/wasm"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".xml", "application/xml"},
});

std::string_view type_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return kOctets;
  const auto found = std::find_if(kTypes.begin(), kTypes.end(),
                                  [&](const auto& type) { return type.first == name.substr(dot); });
  return found == kTypes.end() ? kOctets : found->second;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// RFC 3986 §2.1; nothing where a percent sign is not followed by two digits.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = digit(text[i + 1]);
    const int low = digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

/// The path of a request's target, in origin-form or absolute-form (RFC 9112 §3.2).
std::string_view path_of(std::string_view target) {
  if (target.starts_with("https://")) {
    const std::size_t slash = target.find('/', 8);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return target.substr(0, target.find('?'));
}

/// The names between the slashes, decoded; the last is empty if the path ends with a slash. Nothing
/// for a path that does not begin with one, is badly encoded, or has steps like "..".
std::optional<std::vector<std::string>> steps_of(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::vector<std::string> steps;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view step = path.substr(0, path.find('/'));
    path.remove_prefix(step.size());
    auto name = percent_decoded(step);
    if (!name || *name == "." || *name == ".." || name->find('/') != std::string::npos ||
        name->find('\0') != std::string::npos) {
      return std::nullopt;
    }
    steps.push_back(std::move(*name));
  }
  return steps;
}

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// What the built-in page tells, by the names of `serve --json`.
nlohmann::json chosen(const nlohmann::json& facts) {
  nlohmann::json out{{"protocol", "TLS 1.3"}};
  for (const char* name :
       {"group", "post_quantum", "suite", "own_signature", "peer_signature", "peer",
        "peer_authenticated", "peer_subject", "peer_key", "resumed", "hello_retry_request",
        "early_data", "alpn", "server_name", "handshake_us"}) {
    if (facts.contains(name)) out[name] = facts[name];
  }
  return out;
}

/// Names come out of certificates, and may be any octets.
std::string json_text(const nlohmann::json& facts) {
  return facts.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string page(const nlohmann::json& facts) {
  const auto text = [&](const char* name, const char* otherwise) {
    const std::string value = facts.value(name, "");
    return value.empty() ? std::string(otherwise) : html_escaped(value);
  };
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>nautilus</title>\n"
      "<style>body{font:16px sans-serif;margin:2em}th{text-align:left;padding-right:1em}</style>\n"
      "</head>\n<body>\n<h1>This connection</h1>\n<table>\n";
  const auto row = [&](const char* id, const char* name, const std::string& value) {
    out += fmt::format("<tr><th>{}</th><td id=\"{}\">{}</td></tr>\n", name, id, value);
  };
  row("protocol", "Protocol", text("protocol", ""));
  row("group", "Key exchange",
      text("group", "") + (facts.value("post_quantum", false) ? " (post-quantum)" : ""));
  row("suite", "Cipher suite", text("suite", ""));
  row("own_signature", "Server's signature", text("own_signature", "none in this handshake"));
  const bool known = facts.value("peer_authenticated", false);
  row("peer", "Client", known ? text("peer", "without a name") : "not authenticated");
  row("peer_signature", "Client's signature", text("peer_signature", "none in this handshake"));
  row("resumed", "Resumed", facts.value("resumed", false) ? "yes" : "no");
  row("alpn", "Application protocol", text("alpn", "none"));
  row("server_name", "Name asked for", text("server_name", "none"));
  out += "</table>\n<p>The same as <a href=\"/connection.json\">JSON</a>.</p>\n</body>\n</html>\n";
  return out;
}

/// RFC 9110 §5.6.7
std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 64> text{};
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

/// A head and a text, or a head and a file.
struct Answer {
  http::response<http::string_body> response;
  int file = -1;
  std::uint64_t size = 0;

  Answer() = default;
  Answer(Answer&& other) noexcept
      : response(std::move(other.response)),
        file(std::exchange(other.file, -1)),
        size(other.size) {}
  Answer& operator=(Answer&&) = delete;
  ~Answer() {
    if (file >= 0) ::close(file);
  }
};

Answer text_answer(http::status status, std::string_view type, std::string text) {
  Answer answer;
  answer.response.result(status);
  answer.response.set(http::field::content_type, boost::string_view(type.data(), type.size()));
  answer.response.body() = std::move(text);
  answer.size = answer.response.body().size();
  return answer;
}

Answer refusal(http::status status, std::string_view why) {
  return text_answer(status, kText,
                     fmt::format("{}: {}\n", static_cast<unsigned>(status), std::string(why)));
}

using Request = http::request<http::empty_body>;
using Parser = http::request_parser<http::empty_body>;

Answer from_folder(const Folder& folder, std::string_view path, std::vector<std::string> steps) {
  const bool inside = steps.back().empty();
  if (inside) steps.back() = "index.html";
  const Folder::Found found = folder.find(steps);
  if (found.is_folder && !inside) {
    Answer answer = refusal(http::status::moved_permanently, "this is a folder");
    answer.response.set(http::field::location, std::string(path) + "/");
    return answer;
  }
  if (found.file < 0) {
    return refusal(http::status::not_found, "there is no such file");
  }
  Answer answer = text_answer(http::status::ok, type_of(steps.back()), "");
  answer.file = found.file;
  answer.size = found.size;
  return answer;
}

Answer answer_to(const Request& request, const HttpSite& site,
                 const std::function<nlohmann::json()>& facts) {
  // RFC 9112 §3.2
  if (request.version() == 11 && request.count(http::field::host) != 1) {
    return refusal(http::status::bad_request, "a request names one host");
  }
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    Answer answer = refusal(http::status::method_not_allowed, "only GET and HEAD");
    answer.response.set(http::field::allow, "GET, HEAD");
    return answer;
  }
  const auto target = request.target();
  const std::string_view path = path_of({target.data(), target.size()});
  auto steps = steps_of(path);
  if (!steps) return refusal(http::status::bad_request, "this is not a path");
  if (site.folder != nullptr) return from_folder(*site.folder, path, std::move(*steps));
  Answer answer = path == "/" ? text_answer(http::status::ok, kHtml, page(chosen(facts())))
                  : path == "/connection.json"
                      ? text_answer(http::status::ok, kJson, json_text(chosen(facts())))
                      : refusal(http::status::not_found, "there are / and /connection.json");
  answer.response.set(http::field::cache_control, "no-store");
  return answer;
}

/// What a request gets that cannot be read; nothing if the connection is at its end.
std::optional<Answer> answer_to(const error_code& ec) {
  if (ec == http::error::header_limit) {
    return refusal(http::status::request_header_fields_too_large, "the header is too long");
  }
  if (ec == http::error::bad_version) {
    return refusal(http::status::http_version_not_supported, "only HTTP/1.0 and HTTP/1.1");
  }
  if (ec == http::error::partial_message || ec == http::error::end_of_stream) return std::nullopt;
  if (ec.category() == http::make_error_code(http::error::bad_method).category()) {
    return refusal(http::status::bad_request, "this is not HTTP");
  }
  return std::nullopt;
}

awaitable<void> expire(std::chrono::steady_clock::duration after) {
  asio::steady_timer timer(co_await asio::this_coro::executor, after);
  co_await timer.async_wait(asio::use_awaitable);
}

/// One connection.
class Conversation {
 public:
  Conversation(TlsStream& stream, const HttpSite& site, HttpTraffic& traffic)
      : stream_(stream), site_(site), traffic_(traffic), rekeying_(site.rekey_bytes) {}

  awaitable<void> run(const std::function<nlohmann::json()>& facts, nautilus::ByteVector early) {
    asio::buffer_copy(buffer_.prepare(early.size()), asio::buffer(early));
    buffer_.commit(early.size());
    for (bool more = true; more;) {
      if (!co_await something_to_read()) co_return;
      more = co_await exchange(facts);
    }
    co_await leave();
  }

 private:
  /// Waits for the beginning of a request. Only here may a client go without saying so: its
  /// requests are complete, and no answer is under way.
  awaitable<bool> something_to_read() {
    if (buffer_.size() > 0) co_return true;
    error_code ec;
    error_code ignored;
    const auto room = buffer_.prepare(kHeaderLimit);
    const auto done =
        co_await (stream_.async_read_some(room, asio::redirect_error(asio::use_awaitable, ec)) ||
                  site_.leaving->async_wait(asio::redirect_error(asio::use_awaitable, ignored)) ||
                  expire(site_.idle_time));
    if (done.index() > 0) {
      co_await leave();
      co_return false;
    }
    if (!ec) {
      buffer_.commit(std::get<0>(done));
      co_return true;
    }
    const auto& last = stream_.last_error();
    if (ec == asio::error::eof) {
      co_await stream_.async_shutdown_send(asio::redirect_error(asio::use_awaitable, ec));
    } else if (ec.category() == boost::system::system_category() ||
               (last && last->code == nautilus::ErrorCode::Truncated)) {
      traffic_.close_notify = false;
    } else {
      traffic_.trouble.note(ec, stream_);
    }
    co_return false;
  }

  /// Beast's own limit holds for what is not parsed yet, and any number of fields may come before.
  awaitable<void> read_header(Parser& parser, error_code& ec) {
    parser.header_limit(kHeaderLimit);
    for (std::size_t size = 0; !ec && !parser.is_header_done();) {
      const std::size_t parsed = co_await http::async_read_some(
          stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, ec));
      traffic_.received += parsed;
      size += parsed;
      if (!ec && size > kHeaderLimit) ec = http::error::header_limit;
    }
  }

  /// A request and its answer. Returns whether another may follow.
  awaitable<bool> exchange(const std::function<nlohmann::json()>& facts) {
    Parser parser;
    error_code ec;
    const auto done = co_await (read_header(parser, ec) || expire(site_.request_time));
    if (done.index() == 1) {
      Answer answer = refusal(http::status::request_timeout, "the request is too slow");
      co_return co_await send(std::move(answer), {});
    }
    if (ec) {
      if (auto answer = answer_to(ec)) co_return co_await send(std::move(*answer), {});
      traffic_.trouble.note(ec, stream_);
      co_return false;
    }
    ++traffic_.requests;
    const Request& request = parser.get();
    // A body is not read, so what comes after it is not found.
    const bool more = request.keep_alive() && parser.is_done() &&
                      site_.leaving->expiry() > std::chrono::steady_clock::now();
    Answer answer = answer_to(request, site_, facts);
    co_return co_await send(std::move(answer), {.more = more,
                                                .head = request.method() == http::verb::head,
                                                .old = request.version() < 11});
  }

  struct Manner {
    bool more = false;  ///< another request may follow
    bool head = false;  ///< without the body
    bool old = false;   ///< to a client of HTTP/1.0
  };

  /// Returns whether another request may follow.
  awaitable<bool> send(Answer answer, Manner manner) {
    auto& response = answer.response;
    response.version(11);
    response.set(http::field::date, http_date());
    response.set("X-Content-Type-Options", "nosniff");
    response.keep_alive(manner.more);
    // RFC 9112 §9.3
    if (manner.more && manner.old) response.set(http::field::connection, "keep-alive");
    response.content_length(answer.size);
    if (manner.head) response.body().clear();
    error_code ec;
    note_sent(co_await http::async_write(stream_, response,
                                         asio::redirect_error(asio::use_awaitable, ec)));
    if (ec) traffic_.trouble.note(ec, stream_);
    if (!ec && !manner.head && answer.file >= 0) {
      co_await send_file(answer.file, answer.size, ec);
    }
    co_return manner.more && !ec;
  }

  awaitable<void> send_file(int file, std::uint64_t left, error_code& ec) {
    std::vector<char> chunk(kChunk);
    while (left > 0 && !ec) {
      const ssize_t size =
          ::read(file, chunk.data(),
                 static_cast<std::size_t>(std::min<std::uint64_t>(left, chunk.size())));
      if (size <= 0) {
        // It has become shorter. The client learns that from the missing end.
        traffic_.trouble.rich = nautilus::Error{nautilus::ErrorCode::FileUnreadable};
        traffic_.trouble.ec = ec = nautilus::net::to_error_code(*traffic_.trouble.rich);
        co_return;
      }
      left -= static_cast<std::uint64_t>(size);
      note_sent(co_await asio::async_write(
          stream_, asio::buffer(chunk.data(), static_cast<std::size_t>(size)),
          asio::redirect_error(asio::use_awaitable, ec)));
      if (ec) traffic_.trouble.note(ec, stream_);
    }
  }

  void note_sent(std::size_t size) {
    traffic_.sent += size;
    rekeying_.sent(stream_, size);
  }

  /// After the last answer: a client that still sends must not lose it to a reset.
  awaitable<void> leave() {
    if (traffic_.trouble.ec) co_return;
    traffic_.left = true;
    error_code ec;
    co_await (stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, ec)) ||
              expire(kLeaveTime));
  }

  TlsStream& stream_;
  const HttpSite& site_;
  HttpTraffic& traffic_;
  Rekeying rekeying_;
  boost::beast::flat_buffer buffer_;
};

}  // namespace

Folder::Folder(const std::string& path)
    : descriptor_(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

Folder::~Folder() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Folder::Found Folder::find(const std::vector<std::string>& steps) const {
  int at = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
  for (const std::string& step : steps) {
    if (at < 0) return {};
    // Not blocking: opening a pipe would wait for its other end.
    const int next =
        step.empty() || step.starts_with('.')
            ? -1
            : ::openat(at, step.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ::close(at);
    at = next;
  }
  struct stat facts{};
  if (at < 0) return {};
  const bool known = ::fstat(at, &facts) == 0;
  if (known && S_ISREG(facts.st_mode))
    return {at, static_cast<std::uint64_t>(facts.st_size), false};
  ::close(at);
  return {-1, 0, known && S_ISDIR(facts.st_mode)};
}

awaitable<void> serve_http(TlsStream& stream, const HttpSite& site,
                           const std::function<nlohmann::json()>& facts, nautilus::ByteVector early,
                           HttpTraffic& traffic) {
  Conversation conversation(stream, site, traffic);
  co_await conversation.run(facts, std::move(early));
}

}  // namespace app
