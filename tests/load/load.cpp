// Loads a running `nautilus serve` and judges how it bears it. The server is another process,
// watched through /proc.
//   nautilus_load PORT PID CA.pem IDENTITY.pem IDENTITY.key CONNECTIONS CHURN-SECONDS
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <numeric>
#include <thread>

#include "load/crowd.hpp"

namespace load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// Handshakes under way at once while a crowd gathers or churns.
constexpr std::size_t kAtOnce = 64;
constexpr std::size_t kNuisances = 100;  // of each kind
/// What the server may keep resident for one idle connection, kernel memory aside.
constexpr double kMostPerConnection = 32.0 * 1024;

struct Run {
  std::uint16_t port;
  int server;
  std::size_t connections;
  seconds churn;
  Configs configs;
  bool good = true;

  void expect(bool holds, const char* what) {
    if (holds) return;
    std::printf("FAILED   %s\n", what);
    good = false;
  }
  [[nodiscard]] Crowd crowd() const { return Crowd(port, configs); }
  /// The server's resident memory in octets; 0 when it is gone.
  [[nodiscard]] double resident() const {
    std::ifstream in("/proc/" + std::to_string(server) + "/statm");
    double total = 0;
    double pages = 0;
    in >> total >> pages;
    return pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
  }
};

double since(Moment start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}
double mebibytes(double octets) { return octets / (1024 * 1024); }

/// Many connections at once, all served, all idle; then all leave.
void hold(Run& run) {
  const double before = run.resident();
  Crowd crowd = run.crowd();
  const Moment start = steady_clock::now();
  std::size_t added = 0;
  while (crowd.idle() < run.connections && crowd.counts().failed == 0 && since(start) < 600) {
    while (added < run.connections && crowd.size() - crowd.idle() < kAtOnce) {
      crowd.add(Manner::Stay);
      ++added;
    }
    crowd.step(milliseconds(100));
  }
  const double elapsed = since(start);
  const double held = run.resident();
  const double each = (held - before) / static_cast<double>(run.connections);
  std::printf("hold     %zu connections open in %.1f s, %.0f full handshakes/s\n", crowd.idle(),
              elapsed, static_cast<double>(crowd.idle()) / elapsed);
  std::printf("hold     server resident %.1f MiB before, %.1f MiB now: %.0f octets a connection\n",
              mebibytes(before), mebibytes(held), each);
  run.expect(crowd.idle() == run.connections, "every connection is open and was served");
  run.expect(each <= kMostPerConnection, "resident octets for one connection");
  crowd.dismiss();
  const Moment leaving = steady_clock::now();
  while (crowd.size() > 0 && since(leaving) < 60) crowd.step(milliseconds(100));
  run.expect(crowd.size() == 0 && crowd.counts().failed == 0, "everybody left properly");
  if (!crowd.counts().first_trouble.empty()) {
    std::printf("hold     first trouble: %s\n", crowd.counts().first_trouble.c_str());
  }
}

struct Rate {
  double full;
  double resumed;
};

/// Full and resumed handshakes in turn beside whatever else is in the crowd.
Rate churn(Run& run, Crowd& crowd, seconds time, const std::function<void()>& each_second) {
  const Counts before = crowd.counts();
  const Moment start = steady_clock::now();
  Moment second = start;
  bool resume = false;
  while (since(start) < static_cast<double>(time.count())) {
    while (crowd.present(Manner::Leave) < kAtOnce) {
      crowd.add(Manner::Leave, resume);
      resume = !resume;
    }
    crowd.step(milliseconds(20));
    if (since(second) >= 1) {
      second = steady_clock::now();
      each_second();
    }
  }
  const double elapsed = since(start);
  while (crowd.present(Manner::Leave) > 0 && since(start) < elapsed + 60) {
    crowd.step(milliseconds(20));
  }
  const Counts& after = crowd.counts();
  run.expect(after.failed == before.failed, "every honest client was served");
  if (!after.first_trouble.empty()) {
    std::printf("churn    first trouble: %s\n", after.first_trouble.c_str());
  }
  return {static_cast<double>(after.full - before.full) / elapsed,
          static_cast<double>(after.resumed - before.resumed) / elapsed};
}

/// Handshakes for a long time: the server's memory must not grow with them.
Rate steady(Run& run) {
  Crowd crowd = run.crowd();
  double first_half = 0;
  double second_half = 0;
  const Moment start = steady_clock::now();
  const double half = static_cast<double>(run.churn.count()) / 2;
  const Rate rate = churn(run, crowd, run.churn, [&] {
    double& peak = since(start) < half ? first_half : second_half;
    peak = std::max(peak, run.resident());
  });
  std::printf("churn    %.0f s: %.0f full and %.0f resumed handshakes/s\n", since(start), rate.full,
              rate.resumed);
  std::printf(
      "churn    server resident at most %.1f MiB in the first half, %.1f MiB in the second\n",
      mebibytes(first_half), mebibytes(second_half));
  run.expect(rate.full > 0 && rate.resumed > 0, "both kinds of handshake happened");
  run.expect(second_half <= first_half * 1.10 + 1024.0 * 1024, "memory is steady");
  return rate;
}

/// Every kind of nuisance at once, in a thread of its own so that honest clients do not wait for
/// those who flood on this side already.
class Nuisances {
 public:
  explicit Nuisances(const Run& run) : crowd_(run.crowd()), thread_([this] { flood(); }) {}
  Nuisances(const Nuisances&) = delete;
  Nuisances& operator=(const Nuisances&) = delete;
  ~Nuisances() { (void)stop(); }

  /// How many of each kind the server has ended.
  std::array<std::uint64_t, kManners> stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    return crowd_.counts().refused;
  }

  /// Those that only dawdle have until the handshake's deadline.
  static constexpr std::array kEnded{Manner::Garbage, Manner::KeyUpdates, Manner::Empty};
  /// Those that stay within the protocol.
  static constexpr std::array kBorne{Manner::Rekeying, Manner::Trickle};
  static constexpr std::array<std::pair<Manner, const char*>, 7> kKinds{
      {{Manner::Silent, "silent"},
       {Manner::Loris, "slow"},
       {Manner::Garbage, "garbage"},
       {Manner::Trickle, "single octets"},
       {Manner::KeyUpdates, "KeyUpdates"},
       {Manner::Rekeying, "rekeying"},
       {Manner::Empty, "empty records"}}};

 private:
  void flood() {
    Moment filled{};
    while (!stopping_) {
      // Those that were ended come back, but not at once: it is not TCP that is to be loaded.
      if (since(filled) >= 1) {
        filled = steady_clock::now();
        for (const auto& [kind, name] : kKinds) {
          while (crowd_.present(kind) < kNuisances) crowd_.add(kind);
        }
      }
      crowd_.step(milliseconds(20));
    }
  }

  Crowd crowd_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

/// Honest clients among them.
void flood(Run& run, const Rate& quiet) {
  constexpr std::size_t kAll = Nuisances::kKinds.size() * kNuisances;
  const double before = run.resident();
  Crowd crowd = run.crowd();
  Nuisances nuisances(run);
  double peak = 0;
  const Rate rate = churn(run, crowd, std::min(run.churn, seconds(60)),
                          [&] { peak = std::max(peak, run.resident()); });
  const auto ended = nuisances.stop();
  const auto count = [&](Manner kind) { return ended[static_cast<std::size_t>(kind)]; };
  std::printf("flood    %zu nuisances of each kind; ended by the server:", kNuisances);
  for (const auto& [kind, name] : Nuisances::kKinds) {
    std::printf(" %llu %s", static_cast<unsigned long long>(count(kind)), name);
  }
  std::printf("\n");
  std::printf("flood    honest: %.0f full and %.0f resumed handshakes/s, before %.0f and %.0f\n",
              rate.full, rate.resumed, quiet.full, quiet.resumed);
  std::printf("flood    server resident %.1f MiB before, at most %.1f MiB\n", mebibytes(before),
              mebibytes(peak));
  run.expect(rate.full > 0 && rate.resumed > 0, "honest clients get through");
  for (const Manner kind : Nuisances::kEnded) {
    run.expect(count(kind) > kNuisances, "the server ends those that flood");
  }
  for (const Manner kind : Nuisances::kBorne) {
    run.expect(count(kind) == 0, "the server bears those that are merely busy");
  }
  const double most = static_cast<double>(kAll + kAtOnce) * 256 * 1024;
  run.expect(peak - before <= most, "memory is bounded under the flood");
}

template <class T>
T must(nautilus::Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << "nautilus_load: " << describe(result.error()) << '\n';
  std::exit(2);
}

Run prepare(char** arguments) {
  const auto builder = [arguments] {
    auto made = nautilus::ClientConfig::builder();
    made.trust(must(nautilus::TrustStore::from_pem_file(arguments[3])))
        .identity(must(nautilus::Identity::from_pem_files(arguments[4], arguments[5])));
    return made;
  };
  auto resuming = builder();
  resuming.session_store(nautilus::make_memory_session_store(16, 4096));
  return {static_cast<std::uint16_t>(std::atoi(arguments[1])),
          std::atoi(arguments[2]),
          static_cast<std::size_t>(std::atol(arguments[6])),
          seconds(std::atol(arguments[7])),
          {.fresh = must(builder().build()),
           .resuming = must(resuming.build()),
           .logged = [builder](std::shared_ptr<nautilus::KeyLog> log) {
             auto made = builder();
             made.key_log(std::move(log));
             return must(made.build());
           }}};
}

}  // namespace
}  // namespace load

int main(int argc, char** argv) {
  if (argc != 8) {
    std::cerr << "usage: nautilus_load PORT PID CA.pem IDENTITY.pem IDENTITY.key CONNECTIONS "
                 "CHURN-SECONDS\n";
    return 1;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  load::Run run = load::prepare(argv);
  load::hold(run);
  const load::Rate quiet = load::steady(run);
  load::flood(run, quiet);
  // Everything is over: the server must still be there for the next client.
  load::Crowd last = run.crowd();
  (void)load::churn(run, last, std::chrono::seconds(1), [] {});
  run.expect(run.resident() > 0, "the server is still there");
  std::printf("%s\n", run.good ? "load: everything held" : "load: FAILED");
  return run.good ? 0 : 1;
}
