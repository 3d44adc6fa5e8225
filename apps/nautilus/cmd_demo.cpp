// The run-through: real processes, real sockets. Every claim it prints is read from what server and
// client report about themselves.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "process.hpp"
#include "report.hpp"

namespace app {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

constexpr int kPatience = 120;

struct StepFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void expect(bool held, const std::string& claim) {
  if (!held) throw StepFailed(claim);
}

/// Folder for one run, removed at its end.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "nautilus-demo-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

json parse(const std::optional<std::string>& line, const std::string& whose) {
  json out = line ? json::parse(*line, nullptr, false) : json();
  if (!out.is_object()) throw StepFailed(whose + " reported nothing");
  return out;
}

struct Listening {
  std::unique_ptr<Process> process;
  std::string address;

  json report() { return parse(process->line(kPatience), "the server"); }
};

Listening start(const Words& words) {
  Listening out{std::make_unique<Process>(words), {}};
  const json line = parse(out.process->line(20), words.front());
  expect(line.contains("port"), words.front() + " listens");
  out.address = fmt::format("127.0.0.1:{}", line["port"].get<int>());
  return out;
}

struct Outcome {
  json report;
  int exit;
};

struct Demo {
  std::string sabotage;
  unsigned mebibytes = 256;

  int run();

 private:
  bool sabotaged(const char* step) const { return sabotage == step; }
  Words server_words(const Words& more) const;
  Outcome client(const std::string& address, const Words& more) const;

  void make_identities();
  void handshake_and_transfer();
  void resumption();
  void refusal();
  void harmed(const char* option, const char* step);
  void expiry();
  void step(const char* name, const char* title, const std::function<void()>& body);

  Scratch scratch_;
  Listening server_;
  unsigned failures_ = 0;
};

Words Demo::server_words(const Words& more) const {
  Words words{"serve",       "--json",
              "--listen",    "127.0.0.1:0",
              "--ca",        scratch_ / "ca.pem",
              "--identity",  scratch_ / "server",
              "--allow-dns", "*.demo.test",
              "--alpn",      "nautilus-demo"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Outcome Demo::client(const std::string& address, const Words& more) const {
  Words words{"connect",           address,        "--json",           "--ca",
              scratch_ / "ca.pem", "--servername", "server.demo.test", "--alpn",
              "nautilus-demo"};
  words.insert(words.end(), more.begin(), more.end());
  Process process(words);
  const json report = parse(process.line(kPatience), "the client");
  return {report, process.wait(20)};
}

void Demo::step(const char* name, const char* title, const std::function<void()>& body) {
  fmt::print("\n== {}\n", title);
  std::fflush(stdout);
  try {
    body();
    fmt::print("   ok ({})\n", name);
  } catch (const std::exception& error) {
    ++failures_;
    fmt::print("   FAILED ({}): not true: {}\n", name, error.what());
  }
}

void Demo::make_identities() {
  const auto make = [&](Words words) {
    words.insert(words.begin(), "cert");
    expect(Process(words).wait(20) == kOk, "certificates are made");
  };
  make({"ca", "--out", scratch_ / "ca", "--cn", "Demo CA"});
  make({"server", "--ca", scratch_ / "ca", "--out", scratch_ / "server", "--dns",
        "server.demo.test"});
  make({"client", "--ca", scratch_ / "ca", "--out", scratch_ / "client", "--dns",
        sabotaged("identities") ? "client.other.test" : "client.demo.test"});
  fmt::print("   a throwaway CA, a server and a client certificate\n");
}

void print_messages(const json& report) {
  for (const json& message : report["messages"]) {
    fmt::print("   {} {:<22}{:>7} bytes\n", message["direction"] == "sent" ? "->" : "<-",
               message["message"].get<std::string>(), message["bytes"].get<std::size_t>());
  }
}

std::string text(const json& report, const char* field) { return report.value(field, ""); }

void Demo::handshake_and_transfer() {
  const std::string up = scratch_ / "up";
  const std::string down = scratch_ / "down";
  for (const std::string& path : {up, down}) {
    std::ofstream out(path, std::ios::binary);
    std::ifstream random("/dev/urandom", std::ios::binary);
    std::vector<char> block(1 << 20);
    random.read(block.data(), static_cast<std::streamsize>(block.size()));
    for (unsigned i = 0; i < mebibytes; ++i) {
      block[i % block.size()] = static_cast<char>(block[i % block.size()] + 1);
      out.write(block.data(), static_cast<std::streamsize>(block.size()));
    }
  }
  const std::string rekey = sabotaged("rotation") ? "0" : std::to_string(16U << 20);
  Words words = {"--send", down, "--receive", scratch_ / "up.copy", "--rekey-bytes", rekey};
  if (sabotaged("handshake")) words.insert(words.end(), {"--groups", "x25519"});
  Listening server = start(server_words(words));
  const auto started = std::chrono::steady_clock::now();
  const Outcome outcome =
      client(server.address, {"--identity", scratch_ / "client", "--send", up, "--receive",
                              scratch_ / "down.copy", "--rekey-bytes", rekey});
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  const json& c = outcome.report;
  const json s = server.report();
  print_messages(c);
  for (const json* side : {&c, &s}) {
    expect(text(*side, "group") == "X25519MLKEM768", "the key exchange is X25519MLKEM768");
    expect(!side->value("resumed", true), "the handshake is a full one");
    expect(side->value("peer_authenticated", false), "the peer is authenticated");
  }
  expect(text(c, "peer") == "server.demo.test", "the client knows the server by name");
  expect(text(s, "peer") == "client.demo.test", "the server knows the client by name");
  expect(outcome.exit == kOk, "the client ends well");
  fmt::print("   {} with {}; the server signed with {}, the client with {}\n", text(c, "group"),
             text(c, "suite"), text(c, "peer_signature"), text(s, "peer_signature"));
  fmt::print("   the client sees {}, the server sees {}\n", text(c, "peer"), text(s, "peer"));

  json received_by_server = s["received"];
  if (sabotaged("transfer")) received_by_server["sha256"] = "altered by --sabotage";
  expect(c["sent"]["bytes"].get<std::uint64_t>() == std::uint64_t{mebibytes} << 20,
         "the whole file is sent");
  expect(c["sent"] == received_by_server, "what the client sent is what the server received");
  expect(s["sent"] == c["received"], "what the server sent is what the client received");
  fmt::print("   {} MiB each way in {:.1f} s, SHA-256 equal: {}... and {}...\n", mebibytes, seconds,
             text(c["sent"], "sha256").substr(0, 16), text(s["sent"], "sha256").substr(0, 16));
  const unsigned client_keys = c.value("key_updates_sent", 0U);
  const unsigned server_keys = s.value("key_updates_sent", 0U);
  expect(client_keys > 0 && server_keys > 0, "both sides replaced their keys under way");
  expect(client_keys == s.value("key_updates_received", 0U), "the server followed each update");
  fmt::print("   keys replaced under way: client {} times, server {} times\n", client_keys,
             server_keys);
}

double median_ms(std::vector<long> microseconds) {
  std::sort(microseconds.begin(), microseconds.end());
  return static_cast<double>(microseconds[microseconds.size() / 2]) / 1000;
}

void Demo::resumption() {
  const Words once{"--identity", scratch_ / "client", "--send",
                   "/dev/null",  "--receive",         scratch_ / "nothing"};
  Words options = once;
  options.insert(options.end(), {"--session", scratch_ / "session"});
  const Outcome first = client(server_.address, options);
  (void)server_.report();
  expect(first.exit == kOk && !first.report.value("resumed", true), "the first handshake is full");
  if (sabotaged("resumption")) std::filesystem::remove(scratch_ / "session");
  // One handshake says little about time: several of each kind, in turn.
  std::vector<long> full{first.report.value("handshake_us", 0L)};
  std::vector<long> resumed;
  for (int i = 0; i < 5; ++i) {
    const Outcome second = client(server_.address, options);
    const json s = server_.report();
    expect(second.exit == kOk, "the second connection works");
    expect(second.report.value("resumed", false) && s.value("resumed", false),
           "both sides resumed the session");
    expect(text(s, "peer") == "client.demo.test", "the server still knows who the client is");
    expect(text(s, "group") == "X25519MLKEM768", "the resumed session has fresh post-quantum keys");
    resumed.push_back(second.report.value("handshake_us", 0L));
    const Outcome other = client(server_.address, once);
    (void)server_.report();
    full.push_back(other.report.value("handshake_us", 0L));
  }
  fmt::print(
      "   full {:.2f} ms, resumed {:.2f} ms (medians); still X25519MLKEM768, still "
      "client.demo.test\n",
      median_ms(full), median_ms(resumed));
}

void Demo::refusal() {
  Words options{"--send", "/dev/null", "--receive", scratch_ / "nothing"};
  if (sabotaged("refusal")) {
    options.insert(options.end(), {"--identity", scratch_ / "client"});
  } else {
    options.push_back("--no-identity");
  }
  const Outcome outcome = client(server_.address, options);
  const json s = server_.report();
  expect(outcome.exit == kRejectedByPeer, "the client's exit status is 5");
  expect(text(outcome.report, "alert") == "certificate_required",
         "the client is told certificate_required");
  expect(text(s, "event") == "refused", "the server refused it");
  fmt::print("   client: {} (alert {}), exit status {}\n   server: {}\n",
             text(outcome.report, "error"), text(outcome.report, "alert"), outcome.exit,
             text(s, "error"));
}

void Demo::harmed(const char* option, const char* name) {
  // The client's second flight is the first protected record, its data follow.
  const Listening relay = start({"relay", server_.address, option, sabotaged(name) ? "0" : "3"});
  const std::string file = scratch_ / "some";
  std::ofstream(file) << std::string(200'000, 'n');
  const Outcome outcome = client(relay.address, {"--identity", scratch_ / "client", "--send", file,
                                                 "--receive", scratch_ / "nothing"});
  const json s = server_.report();
  expect(text(s, "alert") == "bad_record_mac" && s.value("exit", 0) == kTampered,
         "the server refused the record");
  expect(outcome.exit == kRejectedByPeer && text(outcome.report, "alert") == "bad_record_mac",
         "the client is told bad_record_mac");
  expect(s["received"]["bytes"].get<std::uint64_t>() < 200'000, "nothing after it was delivered");
  fmt::print("   server: {} (alert {})\n", text(s, "error"), text(s, "alert"));
}

void Demo::expiry() {
  Listening server = start(server_words({"--ticket-lifetime", sabotaged("expiry") ? "1000" : "1"}));
  const Words options{"--identity", scratch_ / "client",  "--send",    "/dev/null",
                      "--receive",  scratch_ / "nothing", "--session", scratch_ / "short"};
  expect(client(server.address, options).exit == kOk, "the first connection works");
  (void)server.report();
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  const Outcome second = client(server.address, options);
  const json s = server.report();
  expect(second.exit == kOk, "the second connection works");
  expect(!s.value("resumed", true) && !second.report.value("resumed", true),
         "an expired ticket means a full handshake");
  fmt::print("   the ticket lived one second; the second handshake was a full one\n");
}

int Demo::run() {
  step("identities", "Identities", [&] { make_identities(); });
  step("handshake", "Two processes, one connection: ML-KEM, both sides authenticated",
       [&] { handshake_and_transfer(); });
  step("server", "A server for what follows", [&] {
    server_ = start(server_words({}));
    fmt::print("   listening on {}\n", server_.address);
  });
  if (server_.process) {
    step("resumption", "A second connection, resumed", [&] { resumption(); });
    step("refusal", "A client without a certificate", [&] { refusal(); });
    step("altered", "One record altered on the wire", [&] { harmed("--alter", "altered"); });
    step("replayed", "One record replayed on the wire", [&] { harmed("--replay", "replayed"); });
    step("service", "The server is still serving, and ends when asked", [&] {
      if (sabotaged("service")) server_.process.reset();
      expect(server_.process != nullptr, "the server is there");
      expect(server_.process->stop() == kOk, "it drains on SIGTERM");
    });
  }
  step("expiry", "An expired ticket", [&] { expiry(); });
  fmt::print("\n{}\n", failures_ == 0 ? "Everything held."
                                      : fmt::format("{} step(s) did not hold.", failures_));
  return failures_ == 0 ? static_cast<int>(kOk) : static_cast<int>(kProtocol);
}

}  // namespace

Command add_demo(CLI::App& parent) {
  static const std::vector<std::string> kSteps{"identities", "handshake", "transfer", "rotation",
                                               "resumption", "refusal",   "altered",  "replayed",
                                               "service",    "expiry"};
  auto sabotage = std::make_shared<std::string>();
  auto size = std::make_shared<unsigned>(256);
  CLI::App* sub = parent.add_subcommand("demo", "Show it all at work on this machine");
  sub->add_option("--sabotage", *sabotage, "make this step fail, to see that failure is noticed")
      ->check(CLI::IsMember(kSteps));
  sub->add_option("--mib", *size, "size of the files sent each way")->check(CLI::Range(64U, 4096U));
  return [sabotage, size] {
    Demo demo;
    demo.sabotage = *sabotage;
    demo.mebibytes = *size;
    return demo.run();
  };
}

}  // namespace app
