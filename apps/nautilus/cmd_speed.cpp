// How fast each primitive is here, backend by backend, through the public provider.
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "report.hpp"
#include "speed.hpp"

namespace app {
namespace {

constexpr const char* kFooter =
    "Cycles are those of the time stamp counter. Rows of one primitive stand in the order of "
    "their\n"
    "backends, libcrypto's first where it has one.\n\n"
    "Examples:\n"
    "  nautilus speed\n"
    "  nautilus speed --only X25519\n"
    "  nautilus speed --only ML-KEM-768 --time 500\n"
    "  nautilus speed --json > speed.json\n";

struct Options {
  bool json = false;
  std::string only;
  unsigned milliseconds = 40;
};

nlohmann::json as_json(const Measured& row) {
  nlohmann::json out{{"primitive", row.primitive},
                     {"operation", row.operation},
                     {"backend", row.backend},
                     {"operations_per_second", row.per_second},
                     {"microseconds", 1e6 / row.per_second}};
  if (row.cycles != 0) out["cycles"] = row.cycles;
  if (row.octets != 0) out["octets"] = row.octets;
  return out;
}

void print_row(const Measured& row) {
  const std::string throughput =
      row.octets == 0
          ? ""
          : fmt::format("{:>10.0f} MB/s", row.per_second * static_cast<double>(row.octets) / 1e6);
  fmt::print("{:<22} {:<20} {:<10} {:>11.0f} {:>13.0f}{}\n", row.primitive, row.operation,
             row.backend, row.cycles, row.per_second, throughput);
  std::fflush(stdout);
}

int run(const Options& options) {
  nlohmann::json out = nlohmann::json::array();
  if (!options.json) {
    fmt::print("{:<22} {:<20} {:<10} {:>11} {:>13}\n", "primitive", "operation", "backend",
               "cycles", "per second");
  }
  const auto done = measure_all(options.only, std::chrono::milliseconds(options.milliseconds),
                                [&](const Measured& row) {
                                  if (options.json) {
                                    out.push_back(as_json(row));
                                  } else {
                                    print_row(row);
                                  }
                                });
  if (!done) {
    const Failure failure = local_failure(done.error(), "cannot measure", "nautilus info");
    failure.print();
    return failure.exit;
  }
  if (*done == 0) {
    fmt::print(stderr, "nautilus: nothing here is called {}\ntry: nautilus speed\n", options.only);
    return kUsage;
  }
  if (options.json) fmt::print("{}\n", out.dump(2));
  return kOk;
}

}  // namespace

Command add_speed(CLI::App& parent) {
  CLI::App* command =
      parent.add_subcommand("speed", "Time every primitive, per backend and beside libcrypto's");
  auto options = std::make_shared<Options>();
  command->add_flag("--json", options->json, "as JSON");
  command->add_option("--only", options->only, "primitives with this in their name")
      ->type_name("PART");
  command->add_option("--time", options->milliseconds, "milliseconds for each row")
      ->type_name("MS")
      ->check(CLI::Range(1U, 60'000U))
      ->capture_default_str();
  command->footer(kFooter);
  return [options] { return run(*options); };
}

}  // namespace app
