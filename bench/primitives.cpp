// Time of the classical primitives, each backend of ours against libcrypto through EVP, both behind
// the provider's interfaces.
//
//     primitives [--json FILE] [--rounds N] [--backend NAME]
//
// The two are measured in turns, slice by slice; a ratio is the median over the rounds of the
// quotient of two neighbouring slices, so that a change of the clock touches both. Cycles are those
// of the time stamp counter. Verification includes loading the key, as a handshake does it.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "crypto/curve25519/ed25519_keys.hpp"
#include "crypto/curve25519/x25519.hpp"
#include "crypto/openssl/digest.hpp"
#include "crypto/openssl/key_load.hpp"
#include "crypto/openssl/x25519.hpp"

namespace {

using namespace nautilus;
using crypto::curve25519::Backend;
using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "primitives: %s\n", what);
  std::exit(1);
}

/// Cheap octets: what is measured is not the generator.
class Counter final : public Random {
 public:
  [[nodiscard]] Result<void> fill(ByteSpan out) noexcept override {
    for (std::uint8_t& octet : out) {
      state_ = state_ * 6364136223846793005U + 1442695040888963407U;
      octet = static_cast<std::uint8_t>(state_ >> 56);
    }
    return {};
  }

 private:
  std::uint64_t state_ = 1;
};

std::uint64_t ticks() {
#if defined(__x86_64__)
  unsigned processor = 0;
  return __rdtscp(&processor);
#else
  return static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
#endif
}

struct Sample {
  double microseconds = 0;
  double cycles = 0;
};

using Operation = std::function<void()>;

Sample slice(const Operation& operation) {
  constexpr int kCalls = 8;
  const auto start = Clock::now();
  const std::uint64_t first = ticks();
  for (int i = 0; i < kCalls; ++i) operation();
  const std::uint64_t last = ticks();
  const std::chrono::duration<double, std::micro> passed = Clock::now() - start;
  return {passed.count() / kCalls, static_cast<double>(last - first) / kCalls};
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Comparison {
  Sample own;
  Sample libcrypto;
  double ratio;
};

Comparison compare(int rounds, const Operation& own, const Operation& libcrypto) {
  std::vector<double> own_us, own_cycles, lib_us, lib_cycles, ratios;
  (void)slice(own);
  (void)slice(libcrypto);
  for (int i = 0; i < rounds; ++i) {
    const Sample a = slice(own);
    const Sample b = slice(libcrypto);
    own_us.push_back(a.microseconds);
    own_cycles.push_back(a.cycles);
    lib_us.push_back(b.microseconds);
    lib_cycles.push_back(b.cycles);
    ratios.push_back(b.microseconds / a.microseconds);
  }
  return {
      {median(own_us), median(own_cycles)}, {median(lib_us), median(lib_cycles)}, median(ratios)};
}

/// One primitive on one side.
struct Side {
  std::shared_ptr<const KeyExchangeGroup> group;
  std::shared_ptr<const KeyLoader> keys;
};

struct Primitive {
  const char* name;
  std::function<Operation(const Side&)> make;
};

ByteVector private_key_der() {
  ByteVector der{0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
  for (std::uint8_t i = 0; i < 32; ++i) der.push_back(static_cast<std::uint8_t>(5 * i + 3));
  return der;
}

void must(bool right, const char* what) {
  if (!right) die(what);
}

/// About what CertificateVerify signs: RFC 9846 §4.5.3.
const ByteVector kMessage(64 + 34 + 48, 0x20);

Operation keygen(const Side& side) {
  return [side, random = std::make_shared<Counter>()] {
    must(side.group->start(*random).has_value(), "X25519 key generation failed");
  };
}

Operation derive(const Side& side) {
  Counter random;
  const auto peer = side.group->start(random).value();
  const std::shared_ptr<ActiveKeyExchange> own = side.group->start(random).value();
  return [own, share = to_vector(peer->share())] {
    must(own->complete(share).has_value(), "X25519 failed");
  };
}

Operation sign(const Side& side) {
  const auto key = side.keys->load_private_key(private_key_der()).value();
  return [key, random = std::make_shared<Counter>()] {
    must(key->sign(SignatureScheme::ed25519, kMessage, *random)->has_value(), "Ed25519 failed");
  };
}

Operation verify_with(const Side& side, bool load_each_time) {
  Counter random;
  const auto signer = side.keys->load_private_key(private_key_der()).value();
  const ByteVector signature = signer->sign(SignatureScheme::ed25519, kMessage, random)->value();
  const ByteVector spki = to_vector(signer->public_key());
  const auto kept = side.keys->load_public_key(spki).value();
  return [=, keys = side.keys] {
    const auto key = load_each_time ? keys->load_public_key(spki).value() : kept;
    must(key->verify(SignatureScheme::ed25519, kMessage, signature).has_value(),
         "Ed25519 verification failed");
  };
}

const std::array kPrimitives{
    Primitive{"x25519_keygen", keygen},
    Primitive{"x25519_derive", derive},
    Primitive{"ed25519_sign", sign},
    Primitive{"ed25519_verify", [](const Side& side) { return verify_with(side, true); }},
    Primitive{"ed25519_verify_kept_key", [](const Side& side) { return verify_with(side, false); }},
};

struct Options {
  std::string json;
  std::string backend;
  int rounds = 1500;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--json" && i + 1 < argc) {
      options.json = argv[++i];
    } else if (argument == "--rounds" && i + 1 < argc) {
      options.rounds = std::max(1, std::atoi(argv[++i]));
    } else if (argument == "--backend" && i + 1 < argc) {
      options.backend = argv[++i];
    } else {
      std::fprintf(stderr, "usage: primitives [--json FILE] [--rounds N] [--backend NAME]\n");
      std::exit(2);
    }
  }
  return options;
}

Side own_side(Backend backend) {
  return {crypto::curve25519::x25519_group(backend),
          crypto::curve25519::key_loader(crypto::openssl::key_loader(), crypto::openssl::sha512(),
                                         backend)};
}

std::vector<Backend> chosen_backends(const std::string& name) {
  if (name.empty()) return Backend::all();
  const auto found = Backend::find(name);
  if (!found) die(found.error().detail);
  return {*found};
}

/// Keys without a backend's name are those of the fastest.
void write_json(const std::string& path, const std::vector<std::string>& lines) {
  std::ofstream file(path);
  file << "{\n";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    file << "  " << lines[i] << (i + 1 < lines.size() ? ",\n" : "\n");
  }
  file << "}\n";
  file.close();
  if (!file) die("cannot write the JSON file");
}

std::string entry(const std::string& key, double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.3f", value);
  return "\"" + key + "\": " + text;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  const Side libcrypto{crypto::openssl::x25519_group(), crypto::openssl::key_loader()};
  std::vector<std::string> json;
  std::printf("%-24s %-9s %9s %10s %14s %10s %7s\n", "primitive", "backend", "us", "cycles",
              "libcrypto us", "cycles", "ratio");
  const std::vector<Backend> backends = chosen_backends(options.backend);
  for (const Primitive& primitive : kPrimitives) {
    const Operation theirs = primitive.make(libcrypto);
    for (const Backend backend : backends) {
      const Comparison result = compare(options.rounds, primitive.make(own_side(backend)), theirs);
      const std::string backend_name(backend.name());
      std::printf("%-24s %-9s %9.2f %10.0f %14.2f %10.0f %6.2fx\n", primitive.name,
                  backend_name.c_str(), result.own.microseconds, result.own.cycles,
                  result.libcrypto.microseconds, result.libcrypto.cycles, result.ratio);
      const std::string name = primitive.name;
      json.push_back(entry(name + "_us_" + backend_name, result.own.microseconds));
      json.push_back(entry(name + "_cycles_" + backend_name, result.own.cycles));
      if (backend == backends.back()) {
        json.push_back(entry(name + "_us_libcrypto", result.libcrypto.microseconds));
        json.push_back(entry(name + "_cycles_libcrypto", result.libcrypto.cycles));
        json.push_back(entry(name + "_vs_libcrypto", result.ratio));
      }
    }
  }
  if (!options.json.empty()) write_json(options.json, json);
  return 0;
}
