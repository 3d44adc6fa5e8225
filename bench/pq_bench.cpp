// Cycles of the post-quantum primitives, per operation, parameter set and backend.
//
//     pq_bench [--json FILE] [--repeat N]
//
// Cycles are those of the time stamp counter, medians over N calls (default 2000) after a warm-up.
// Inputs and outputs are octets; nothing random is drawn; all checks of FIPS 203 §7 are included.
// The share of Keccak is measured apart, with the permutations timed one by one.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "crypto/pq/mldsa.hpp"
#include "crypto/pq/mlkem.hpp"
#ifdef NAUTILUS_PQ_X86
#include "keccak_share.hpp"
#endif

namespace {

using namespace nautilus;
using namespace nautilus::crypto::pq;

// Cycles where the CPU counts them for everybody, nanoseconds elsewhere.
std::uint64_t now() {
#if defined(__x86_64__)
  unsigned processor = 0;
  return __rdtscp(&processor);
#else
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
#endif
}

double ticks_per_second() {
  const auto start = std::chrono::steady_clock::now();
  const std::uint64_t first = now();
  while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(50)) {
  }
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  return static_cast<double>(now() - first) / passed.count();
}

template <class T>
T median(std::vector<T>& samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return *middle;
}

double median_cycles(int repeat, const std::function<void()>& operation) {
  for (int i = 0; i < repeat / 10 + 1; ++i) operation();
  std::vector<std::uint64_t> samples(static_cast<std::size_t>(repeat));
  for (auto& sample : samples) {
    const std::uint64_t start = now();
    operation();
    sample = now() - start;
  }
  return static_cast<double>(median(samples));
}

struct Measurement {
  std::string operation;  // as it begins the JSON key
  std::string backend;
  double cycles;
  double keccak_share;  // 0 where it is not measured
};

// The backend, and the same one with a stopwatch in it where there is one.
struct Subject {
  PqBackend plain;
  std::optional<PqBackend> timed;
  std::function<std::uint64_t()> keccak_cycles;  // counted so far
};

#ifdef NAUTILUS_PQ_X86
Subject subject(PqBackend backend) {
  for (const bench::TimedKernels* kernels : {&bench::kTimedAvx2, &bench::kTimedAvx512}) {
    if (kernels->backend != backend.name()) continue;
    static std::map<std::string_view, PqBackendParts> timed;
    timed[backend.name()] = {
        .name = backend.name(), .mlkem = kernels->mlkem, .keccak = backend.parts().keccak};
    return {backend, PqBackend(timed[backend.name()]), [kernels] { return kernels->time->cycles; }};
  }
  return {backend, std::nullopt, {}};
}
#else
Subject subject(PqBackend backend) { return {backend, std::nullopt, {}}; }
#endif

void check(bool right, const char* what) {
  if (right) return;
  std::fprintf(stderr, "pq_bench: %s went wrong\n", what);
  std::exit(1);
}

template <class P>
void measure_mlkem(const std::string& name, const Subject& subject, int repeat,
                   std::vector<Measurement>& results) {
  std::array<std::uint8_t, kMlKemSeedSize> seed;
  std::array<std::uint8_t, kMlKemMessageSize> m;
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::uint8_t>(3 * i + 1);
  for (std::size_t i = 0; i < m.size(); ++i) m[i] = static_cast<std::uint8_t>(5 * i + 2);
  std::array<std::uint8_t, P::kEncapsulationKeySize> ek;
  std::array<std::uint8_t, P::kDecapsulationKeySize> dk;
  std::array<std::uint8_t, P::kCiphertextSize> ciphertext;
  std::array<std::uint8_t, kMlKemSharedKeySize> sent{};
  std::array<std::uint8_t, kMlKemSharedKeySize> received{};
  const auto add = [&](const char* operation, const std::function<void(PqBackend)>& run) {
    const double cycles = median_cycles(repeat, [&] { run(subject.plain); });
    double share = 0;
    if (subject.timed) {
      std::vector<double> shares(static_cast<std::size_t>(repeat));
      for (auto& one : shares) {
        const std::uint64_t keccak = subject.keccak_cycles();
        const std::uint64_t start = now();
        run(*subject.timed);
        const auto all = static_cast<double>(now() - start);
        one = static_cast<double>(subject.keccak_cycles() - keccak) / all;
      }
      share = median(shares);
    }
    results.push_back({name + operation, std::string(subject.plain.name()), cycles, share});
  };
  // Another seed each time, so that no branch predictor learns one matrix by heart.
  std::uint8_t counter = 0;
  add("_keygen", [&](PqBackend backend) {
    seed[0] = counter++;
    MlKem<P>::key_gen(seed, ek, dk, backend);
  });
  add("_encaps", [&](PqBackend backend) {
    m[0] = counter++;
    check(MlKem<P>::encapsulate(ek, m, ciphertext, sent, backend).has_value(), "encapsulation");
  });
  add("_decaps", [&](PqBackend backend) {
    check(MlKem<P>::decapsulate(dk, ciphertext, received, backend).has_value(), "decapsulation");
  });
  check(sent == received, "the exchange");
  const DecapsulationKey<P> kept(seed, subject.plain);
  const DecapsulationKey<P> kept_timed(seed, subject.timed.value_or(subject.plain));
  add("_decaps_kept_key", [&](PqBackend backend) {
    const auto& key = backend == subject.plain ? kept : kept_timed;
    check(key.decapsulate(ciphertext).has_value(), "decapsulation with a kept key");
  });
}

/// Signing is deterministic, over one key and a message that changes each time; how often it starts
/// again depends on the message, so the mean is told beside the median.
template <class P>
void measure_mldsa(const std::string& name, PqBackend backend, int repeat,
                   std::vector<Measurement>& results) {
  std::array<std::uint8_t, kMlDsaSeedSize> seed;
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::uint8_t>(7 * i + 1);
  const std::array<std::uint8_t, kMlDsaRandomSize> zero{};
  std::vector<std::uint8_t> pk(P::kPublicKeySize);
  std::vector<std::uint8_t> sk(P::kPrivateKeySize);
  const std::span<std::uint8_t, P::kPublicKeySize> pk_out(pk);
  const std::span<std::uint8_t, P::kPrivateKeySize> sk_out(sk);
  MlDsaSignature<P> signature{};
  std::array<std::uint8_t, 32> message{};
  std::uint32_t counter = 0;
  const auto next_message = [&] {
    ++counter;
    std::memcpy(message.data(), &counter, sizeof counter);
  };
  const auto add = [&](const std::string& operation, double cycles) {
    results.push_back({name + operation, std::string(backend.name()), cycles, 0});
  };
  add("_keygen", median_cycles(repeat, [&] {
        ++seed[0];
        MlDsa<P>::key_gen(seed, pk_out, sk_out, backend);
      }));
  double all = 0;
  int runs = 0;
  const auto sign = [&] {
    const std::uint64_t start = now();
    next_message();
    check(MlDsa<P>::sign(sk, message, {}, zero, signature, backend).has_value(), "signing");
    all += static_cast<double>(now() - start);
    ++runs;
  };
  add("_sign", median_cycles(repeat, sign));
  add("_sign_mean", all / runs);
  add("_verify", median_cycles(repeat, [&] {
        check(MlDsa<P>::verify(pk, message, {}, signature, backend).has_value(), "verification");
      }));
  const auto signer = MlDsaPrivateKey<P>::from_expanded(sk, backend);
  const auto verifier = MlDsaPublicKey<P>::parse(pk, backend);
  check(signer && verifier, "loading a key");
  add("_sign_kept_key", median_cycles(repeat, [&] {
        next_message();
        check(signer->sign_deterministic(message, signature).has_value(), "signing");
      }));
  add("_verify_kept_key", median_cycles(repeat, [&] {
        check(verifier->verify(message, signature).has_value(), "verification");
      }));
}

struct Options {
  std::string json;
  int repeat = 2000;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--json" && i + 1 < argc) {
      options.json = argv[++i];
    } else if (argument == "--repeat" && i + 1 < argc) {
      options.repeat = std::max(1, std::atoi(argv[++i]));
    } else {
      std::fprintf(stderr, "usage: pq_bench [--json FILE] [--repeat N]\n");
      std::exit(2);
    }
  }
  return options;
}

void print(const std::vector<Measurement>& results, double per_second) {
  std::map<std::string, double> portable;
  for (const auto& result : results) {
    if (result.backend == "portable") portable[result.operation] = result.cycles;
  }
  std::printf("%-26s %-9s %10s %12s %9s %7s\n", "operation", "backend", "cycles", "per second",
              "portable", "keccak");
  for (const auto& result : results) {
    std::printf("%-26s %-9s %10.0f %12.0f %8.2fx", result.operation.c_str(), result.backend.c_str(),
                result.cycles, per_second / result.cycles,
                portable[result.operation] / result.cycles);
    if (result.keccak_share > 0) std::printf(" %6.0f%%", 100 * result.keccak_share);
    std::printf("\n");
  }
}

// Keys without a backend's name are those of the fastest.
void write_json(const std::string& path, const std::vector<Measurement>& results,
                double per_second) {
  std::ofstream file(path);
  file << "{\n  \"cycles_per_second\": " << static_cast<std::uint64_t>(per_second);
  for (const auto& result : results) {
    const auto cycles = static_cast<std::uint64_t>(result.cycles);
    file << ",\n  \"" << result.operation << "_cycles_" << result.backend << "\": " << cycles;
    if (result.backend == PqBackend::best().name()) {
      file << ",\n  \"" << result.operation << "_cycles\": " << cycles;
    }
  }
  file << "\n}\n";
  file.close();
  if (!file) {
    std::fprintf(stderr, "pq_bench: cannot write %s\n", path.c_str());
    std::exit(1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  const double per_second = ticks_per_second();
  std::vector<Measurement> results;
  for (const PqBackend backend : PqBackend::all()) {
    const Subject measured = subject(backend);
    measure_mlkem<MlKem512>("mlkem512", measured, options.repeat, results);
    measure_mlkem<MlKem768>("mlkem768", measured, options.repeat, results);
    measure_mlkem<MlKem1024>("mlkem1024", measured, options.repeat, results);
    measure_mldsa<MlDsa44>("mldsa44", backend, options.repeat, results);
    measure_mldsa<MlDsa65>("mldsa65", backend, options.repeat, results);
    measure_mldsa<MlDsa87>("mldsa87", backend, options.repeat, results);
  }
  std::ranges::sort(results, [](const Measurement& a, const Measurement& b) {
    return a.operation != b.operation ? a.operation < b.operation : a.cycles > b.cycles;
  });
  print(results, per_second);
  if (!options.json.empty()) write_json(options.json, results, per_second);
  return 0;
}
