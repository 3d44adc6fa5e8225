// The program that BoringSSL's test runner drives, one process per test.
#include <csignal>
#include <cstdio>

#include "bogo/exchange.hpp"

using namespace nautilus;
using namespace nautilus::bogo;

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::string refused;
  const auto line = parse(argc - 1, argv + 1, refused);
  if (!line) {
    std::fprintf(stderr, "not supported: %s\n", refused.c_str());
    return static_cast<int>(Exit::Unimplemented);
  }
  if (line->initial.handshaker_query) {
    std::puts("No");
    return static_cast<int>(Exit::Ok);
  }
  Shared shared;
  shared.sessions = std::make_shared<CountingStore>();
  auto ticketer = make_ticketer(default_provider());
  if (!ticketer) return static_cast<int>(Exit::AlwaysFails);
  shared.ticketer = std::move(*ticketer);
  auto replay = make_memory_replay_register(*default_provider()->random);
  if (!replay) return static_cast<int>(Exit::AlwaysFails);
  shared.replay = std::move(*replay);
  std::chrono::seconds delay{0};
  for (int i = 0; i <= line->initial.resume_count; ++i) {
    if (i > 0) delay += std::chrono::seconds(line->resume.resumption_delay);
    const Outcome outcome = run_exchange(*line, i, shared, delay);
    if (outcome.exit != Exit::Ok) {
      std::fprintf(stderr, "%s\n", outcome.complaint.c_str());
      return static_cast<int>(outcome.exit);
    }
  }
  return static_cast<int>(Exit::Ok);
}
