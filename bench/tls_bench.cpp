// Our TLS against the system's libssl, in one process and in turns.
//
//     tls_bench [--json FILE] [--only PREFIX] [--pairs N]
//
// A slice lasts at most 20 ms and belongs to one library; a ratio is the median over pairs of
// neighbouring slices, so that a change of the clock touches both. Above 1, ours is faster.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <openssl/crypto.h>

#include <nautilus/providers/default.hpp>

#include "credentials.hpp"
#include "heap.hpp"
#include "libssl_side.hpp"
#include "measure.hpp"
#include "own_side.hpp"

namespace {

using namespace nautilus;
using namespace nautilus::bench;

constexpr double kSliceMicroseconds = 8000;
constexpr double kMaxSliceMicroseconds = 20000;

/// What one slice does: an amount of work, answered with the microseconds that count.
using Work = std::function<double(std::size_t)>;

double timed(const std::function<void()>& body) {
  const auto start = Steady::now();
  body();
  return std::chrono::duration<double, std::micro>(Steady::now() - start).count();
}

/// Units of work for one slice; the caches and the branch predictor are warm afterwards.
std::size_t calibrate(const Work& work) {
  std::size_t units = 1;
  for (;;) {
    const double passed = work(units);
    if (passed >= kSliceMicroseconds / 2) break;
    units *= 2;
  }
  const double each = work(units) / static_cast<double>(units);
  return std::max<std::size_t>(1, static_cast<std::size_t>(kSliceMicroseconds / each));
}

struct Comparison {
  double own = 0;  ///< microseconds per unit
  double libssl = 0;
  double ratio = 0;
};

Comparison compare(const Work& own, const Work& libssl, int pairs) {
  const std::size_t own_units = calibrate(own);
  const std::size_t libssl_units = calibrate(libssl);
  std::vector<double> own_times, libssl_times, ratios;
  int lost = 0;
  while (ratios.size() < static_cast<std::size_t>(pairs)) {
    const double a = own(own_units);
    const double b = libssl(libssl_units);
    // Somebody else had the processor.
    if (std::max(a, b) > kMaxSliceMicroseconds) {
      if (++lost > 10 * pairs) die("the machine is too busy to measure on");
      continue;
    }
    own_times.push_back(a / static_cast<double>(own_units));
    libssl_times.push_back(b / static_cast<double>(libssl_units));
    ratios.push_back(libssl_times.back() / own_times.back());
  }
  return {median(own_times), median(libssl_times), median(ratios)};
}

struct Program {
  std::string json_path;
  std::string only;
  int pairs = 40;
  OwnOptions own;  ///< of the handshakes
  Json json;

  [[nodiscard]] bool wants(const std::string& key) const {
    return only.empty() || key.starts_with(only);
  }
};

Work repeat(const std::function<void()>& once) {
  return [once](std::size_t units) {
    return timed([&] {
      for (std::size_t i = 0; i < units; ++i) once();
    });
  };
}

void report(Program& program, const std::string& key, const Comparison& result) {
  std::printf("%-26s %10.2f us %10.2f us %8.2fx\n", key.c_str(), result.own, result.libssl,
              result.ratio);
  std::fflush(stdout);
  program.json.add(key, result.ratio);
  program.json.add(key + "_us", result.own);
  program.json.add(key + "_us_libssl", result.libssl);
}

struct BulkSuite {
  const char* name;
  CipherSuiteId suite;
};
constexpr std::array kBulkSuites{
    BulkSuite{"aes128gcm", CipherSuiteId::TLS_AES_128_GCM_SHA256},
    BulkSuite{"aes256gcm", CipherSuiteId::TLS_AES_256_GCM_SHA384},
    BulkSuite{"chacha20poly1305", CipherSuiteId::TLS_CHACHA20_POLY1305_SHA256},
};

/// Opening needs records to open: they are made in batches that stay in the cache, and only the
/// opening counts.
template <class Bulk>
Work opening(Bulk& bulk, std::size_t batch) {
  return [&bulk, batch](std::size_t units) {
    double passed = 0;
    for (std::size_t done = 0; done < units; done += batch) {
      bulk.prepare(std::min(batch, units - done));
      passed += timed([&] { bulk.open_all(); });
    }
    return passed;
  };
}

void bulk(Program& program, const Credentials& credentials) {
  constexpr std::size_t kBatchOctets = std::size_t{256} * 1024;
  for (const BulkSuite& suite : kBulkSuites) {
    for (const std::size_t kib : {std::size_t{16}, std::size_t{1}}) {
      const std::size_t record = kib * 1024;
      const std::string name = std::string(suite.name) + "_" + std::to_string(kib) + "k";
      if (!program.wants("seal_" + name) && !program.wants("open_" + name)) continue;
      OwnBulk own(credentials, suite.suite, record);
      LibsslBulk libssl(credentials, suite.suite, record);
      if (program.wants("seal_" + name)) {
        report(program, "seal_" + name,
               compare([&](std::size_t units) { return timed([&] { own.seal(units); }); },
                       [&](std::size_t units) { return timed([&] { libssl.seal(units); }); },
                       program.pairs));
      }
      if (program.wants("open_" + name)) {
        const std::size_t batch = kBatchOctets / record;
        report(program, "open_" + name,
               compare(opening(own, batch), opening(libssl, batch), program.pairs));
      }
    }
  }
}

struct HandshakeCase {
  const char* key;
  KeyType key_type;
  Setup own;
  Setup libssl;
};

void handshakes(Program& program) {
  const Setup plain;
  Setup mutual;
  mutual.mutual = true;
  Setup resumed;
  resumed.resumed = true;
  Setup hybrid;
  hybrid.group = NamedGroup::X25519MLKEM768;
  const std::array cases{
      HandshakeCase{"full_x25519_p256", KeyType::EcdsaP256, plain, plain},
      HandshakeCase{"full_x25519_rsa2048", KeyType::Rsa2048, plain, plain},
      HandshakeCase{"mutual_x25519_p256", KeyType::EcdsaP256, mutual, mutual},
      HandshakeCase{"resumed_x25519", KeyType::EcdsaP256, resumed, resumed},
      HandshakeCase{"hybrid_p256_vs_classical", KeyType::EcdsaP256, hybrid, plain},
  };
  for (const HandshakeCase& each : cases) {
    if (!program.wants(each.key)) continue;
    const Credentials credentials = make_credentials(each.key_type);
    OwnHandshakes own(credentials, each.own, program.own);
    LibsslHandshakes libssl(credentials, each.libssl);
    report(program, each.key,
           compare(repeat([&] { own.run(); }), repeat([&] { libssl.run(); }), program.pairs));
  }
}

struct HeapUse {
  heap::Tally client;
  heap::Tally server;
  std::uint64_t client_certificates = 0;
  std::uint64_t server_certificates = 0;
};

/// One handshake, with both ends still alive when it is read.
template <class Handshakes>
HeapUse measure_heap(Handshakes& handshakes) {
  // What is made on first use is not the connection's.
  for (int i = 0; i < 3; ++i) handshakes.run();
  heap::start();
  const auto pair = handshakes.connect();
  heap::stop();
  using heap::Owner;
  HeapUse use{heap::of(Owner::Client), heap::of(Owner::Server),
              heap::of(Owner::ClientCertificates).allocations,
              heap::of(Owner::ServerCertificates).allocations};
  // The verdicts live on in the connection.
  use.client.live += heap::of(Owner::ClientCertificates).live;
  use.server.live += heap::of(Owner::ServerCertificates).live;
  use.client.peak += heap::of(Owner::ClientCertificates).peak;
  use.server.peak += heap::of(Owner::ServerCertificates).peak;
  return use;
}

HeapUse own_heap(KeyType key_type, NamedGroup group, bool mutual) {
  Setup setup;
  setup.mutual = mutual;
  setup.group = group;
  OwnOptions options;
  options.count_heap = true;
  OwnHandshakes handshakes(make_credentials(key_type), setup, options);
  return measure_heap(handshakes);
}

HeapUse libssl_heap(KeyType key_type, bool mutual) {
  Setup setup;
  setup.mutual = mutual;
  LibsslHandshakes handshakes(make_credentials(key_type), setup);
  return measure_heap(handshakes);
}

void row(Program& program, const std::string& key, auto own_value, auto libssl_value) {
  std::printf("%-32s %10lld %10lld\n", key.c_str(), static_cast<long long>(own_value),
              static_cast<long long>(libssl_value));
  program.json.add(key, static_cast<std::uint64_t>(own_value));
  program.json.add(key + "_libssl", static_cast<std::uint64_t>(libssl_value));
}

void allocations(Program& program, const std::string& suffix, KeyType key_type) {
  const HeapUse ours = own_heap(key_type, NamedGroup::x25519, false);
  const HeapUse theirs = libssl_heap(key_type, false);
  row(program, "allocations_client" + suffix, ours.client.allocations, theirs.client.allocations);
  row(program, "allocations_server" + suffix, ours.server.allocations, theirs.server.allocations);
  std::printf("  and %llu in the verification of the server's certificate (libssl's include it)\n",
              static_cast<unsigned long long>(ours.client_certificates));
  program.json.add("certificate_allocations_client" + suffix, ours.client_certificates);
}

void memory(Program& program) {
  if (program.wants("idle_bytes") || program.wants("peak_bytes")) {
    const HeapUse ours = own_heap(KeyType::EcdsaP256, NamedGroup::X25519MLKEM768, true);
    const HeapUse theirs = libssl_heap(KeyType::EcdsaP256, true);
    std::printf(
        "\nHeap of one connection in octets: mutual authentication with P-256 "
        "certificates, ours over\nX25519MLKEM768, libssl's over X25519 and with its "
        "memory BIOs\n");
    row(program, "idle_bytes_client", ours.client.live, theirs.client.live);
    row(program, "idle_bytes_server", ours.server.live, theirs.server.live);
    row(program, "peak_bytes_client", ours.client.peak, theirs.client.peak);
    row(program, "peak_bytes_server", ours.server.peak, theirs.server.peak);
  }
  if (program.wants("allocations")) {
    std::printf(
        "\nAllocations in one full handshake over X25519 with two tickets: Ed25519 "
        "certificates, then P-256,\nwhose signatures allocate inside libcrypto\n");
    allocations(program, "", KeyType::Ed25519);
    allocations(program, "_p256", KeyType::EcdsaP256);
  }
}

Program parse(int argc, char** argv) {
  Program program;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--json" && i + 1 < argc) {
      program.json_path = argv[++i];
    } else if (argument == "--only" && i + 1 < argc) {
      program.only = argv[++i];
    } else if (argument == "--pairs" && i + 1 < argc) {
      program.pairs = std::max(3, std::atoi(argv[++i]));
    } else if (argument == "--curve25519" && i + 1 < argc) {
      ProviderOptions choice;
      choice.curve25519 = argv[++i];
      auto provider = make_provider(choice);
      if (!provider) {
        std::fprintf(stderr, "tls_bench: --curve25519: %s\n", provider.error().detail);
        std::exit(2);
      }
      program.own.provider = std::move(*provider);
    } else {
      std::fprintf(stderr,
                   "usage: tls_bench [--json FILE] [--only PREFIX] [--pairs N] "
                   "[--curve25519 BACKEND]\n");
      std::exit(2);
    }
  }
  return program;
}

}  // namespace

int main(int argc, char** argv) {
  Program program = parse(argc, argv);
  std::printf("%-26s %13s %13s %9s   (%s)\n", "per record or handshake", "nautilus", "libssl",
              "ratio", OpenSSL_version(OPENSSL_VERSION));
  bulk(program, make_credentials(KeyType::EcdsaP256));
  handshakes(program);
  memory(program);
  if (!program.json_path.empty()) program.json.write(program.json_path);
  return 0;
}
