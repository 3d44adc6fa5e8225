#include "speed.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include <nautilus/connection.hpp>
#include <nautilus/pki/issue.hpp>
#include <nautilus/providers/default.hpp>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace app {
namespace {

using namespace nautilus;
using Provider = std::shared_ptr<const CryptoProvider>;
using Steady = std::chrono::steady_clock;

std::uint64_t ticks() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return 0;
#endif
}

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Octets that cost next to nothing: the generator is not what is measured.
class CheapRandom final : public Random {
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

/// About what CertificateVerify signs (RFC 9846 §4.5.2).
const ByteVector kMessage(64 + 34 + 48, 0x20);

/// What is done once, and what has to be there before; both answer whether all went well.
struct Operation {
  std::function<bool(std::size_t)> prepare;  ///< for that many runs; not measured
  std::function<bool(std::size_t)> run;      ///< the n-th
};

Operation simple(std::function<bool()> run) {
  return {[](std::size_t) { return true; }, [run = std::move(run)](std::size_t) { return run(); }};
}

class Speed {
 public:
  Speed(std::string only, std::chrono::milliseconds time, std::function<void(const Measured&)> row)
      : only_(std::move(only)), time_(time), row_(std::move(row)) {}

  [[nodiscard]] bool wants(std::string_view primitive) const {
    return primitive.find(only_) != std::string_view::npos;
  }
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }

  Result<void> measure(Measured what, const Operation& operation) {
    constexpr std::size_t kMostInARow = 64;
    constexpr auto kLongEnough = std::chrono::microseconds(100);
    std::vector<double> cycles;
    std::vector<double> seconds;
    std::size_t in_a_row = 1;
    const auto end = Steady::now() + time_;
    do {
      if (!operation.prepare(in_a_row)) return failed(what);
      bool well = true;
      const auto start = Steady::now();
      const std::uint64_t first = ticks();
      for (std::size_t i = 0; i < in_a_row; ++i) well &= operation.run(i);
      const std::uint64_t last = ticks();
      const auto passed = Steady::now() - start;
      if (!well) return failed(what);
      const auto count = static_cast<double>(in_a_row);
      cycles.push_back(static_cast<double>(last - first) / count);
      seconds.push_back(std::chrono::duration<double>(passed).count() / count);
      if (passed < kLongEnough && in_a_row < kMostInARow) in_a_row *= 2;
    } while (Steady::now() < end);
    what.cycles = median(cycles);
    what.per_second = 1 / median(seconds);
    ++rows_;
    row_(what);
    return {};
  }

 private:
  static Result<void> failed(const Measured&) {
    return fail(ErrorCode::CryptoFailure, "a primitive that should work did not");
  }
  std::string only_;
  std::chrono::milliseconds time_;
  std::function<void(const Measured&)> row_;
  std::size_t rows_ = 0;
};

/// The two sides of a key exchange; `names` are of the client's key, the server's answer, and the
/// client's end.
Result<void> key_exchange(Speed& speed, const std::string& primitive, const std::string& backend,
                          const KeyExchangeGroup& group, const std::array<const char*, 3>& names) {
  CheapRandom random;
  const auto measure = [&](const char* name, const Operation& operation) {
    return speed.measure({primitive, name, backend}, operation);
  };
  auto client = group.start(random);
  if (!client) return propagate(client);
  if (auto r = measure(names[0], simple([&] { return group.start(random).has_value(); })); !r) {
    return r;
  }
  if (names[1] != nullptr) {
    if (auto r = measure(names[1], simple([&] {
                           return group.respond((*client)->share(), random).has_value();
                         }));
        !r) {
      return r;
    }
  }
  // A key completes one exchange.
  std::vector<std::pair<std::unique_ptr<ActiveKeyExchange>, ByteVector>> open;
  const Operation complete{
      [&](std::size_t count) {
        open.clear();
        for (std::size_t i = 0; i < count; ++i) {
          auto own = group.start(random);
          if (!own) return false;
          auto answer = group.respond((*own)->share(), random);
          if (!answer) return false;
          open.emplace_back(std::move(*own), std::move(answer->share));
        }
        return true;
      },
      [&](std::size_t i) { return open[i].first->complete(open[i].second).has_value(); }};
  return measure(names[2], complete);
}

Result<void> group(Speed& speed, const std::string& primitive, const std::string& backend,
                   const Provider& provider, NamedGroup id) {
  const KeyExchangeGroup* found = speed.wants(primitive) ? provider->find(id) : nullptr;
  if (found == nullptr) return {};
  if (primitive.starts_with("ML-KEM")) {
    return key_exchange(speed, primitive, backend, *found,
                        {"key generation", "encapsulation", "decapsulation"});
  }
  if (is_post_quantum(id)) {
    return key_exchange(speed, primitive, backend, *found,
                        {"client share", "answer", "client end"});
  }
  // The server's answer is a key and a secret, both measured already.
  return key_exchange(speed, primitive, backend, *found, {"key generation", nullptr, "secret"});
}

Result<void> signatures(Speed& speed, const std::string& primitive, const std::string& backend,
                        const CryptoProvider& provider, const SigningKey& key) {
  CheapRandom random;
  const SignatureScheme scheme = key.schemes().front();
  const auto sign = [&] {
    auto signature = key.sign(scheme, kMessage, random);
    return signature && *signature ? std::move(**signature) : ByteVector();
  };
  if (auto r = speed.measure({primitive, "sign", backend}, simple([&] { return !sign().empty(); }));
      !r) {
    return r;
  }
  const ByteVector signature = sign();
  const auto verifier = provider.keys->load_public_key(key.public_key());
  if (!verifier) return propagate(verifier);
  if (auto r = speed.measure({primitive, "verify", backend}, simple([&] {
                               return (*verifier)->verify(scheme, kMessage, signature).has_value();
                             }));
      !r) {
    return r;
  }
  // A handshake meets each key for the first time.
  return speed.measure({primitive, "load and verify", backend}, simple([&] {
                         const auto loaded = provider.keys->load_public_key(key.public_key());
                         return loaded &&
                                (*loaded)->verify(scheme, kMessage, signature).has_value();
                       }));
}

/// PKCS#8 around a seed that is not secret.
ByteVector ed25519_key() {
  ByteVector der{0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
  der.resize(der.size() + 32, 0x31);
  return der;
}
ByteVector mldsa_key(std::uint8_t algorithm) {
  ByteVector der{0x30, 0x34, 0x02, 0x01, 0x00, 0x30, 0x0b,      0x06, 0x09, 0x60, 0x86,
                 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, algorithm, 0x04, 0x22, 0x80, 0x20};
  der.resize(der.size() + 32, 0x31);
  return der;
}

/// A key that is loaded from DER, with the time that takes: for ML-DSA that is key generation.
Result<void> loaded_key(Speed& speed, const std::string& primitive, const std::string& backend,
                        const Provider& provider, const ByteVector& der) {
  if (!speed.wants(primitive)) return {};
  const auto key = provider->keys->load_private_key(der);
  if (!key) return propagate(key);
  if (auto r = speed.measure({primitive, "key from seed", backend}, simple([&] {
                               return provider->keys->load_private_key(der).has_value();
                             }));
      !r) {
    return r;
  }
  return signatures(speed, primitive, backend, *provider, **key);
}

Result<void> post_quantum(Speed& speed, const std::string& backend) {
  ProviderOptions options;
  options.post_quantum = backend;
  const auto provider = make_provider(options);
  if (!provider) return propagate(provider);
  for (const auto& [name, id] : {std::pair{"ML-KEM-512", NamedGroup::MLKEM512},
                                 std::pair{"ML-KEM-768", NamedGroup::MLKEM768},
                                 std::pair{"ML-KEM-1024", NamedGroup::MLKEM1024}}) {
    if (auto r = group(speed, name, backend, *provider, id); !r) return r;
  }
  // The last arc of id-ml-dsa-44, -65 and -87 (RFC 9881 §2).
  for (const auto& [name, arc] :
       {std::pair{"ML-DSA-44", 17}, std::pair{"ML-DSA-65", 18}, std::pair{"ML-DSA-87", 19}}) {
    if (auto r =
            loaded_key(speed, name, backend, *provider, mldsa_key(static_cast<std::uint8_t>(arc)));
        !r) {
      return r;
    }
  }
  return {};
}

Result<void> curve25519(Speed& speed, const std::string& backend) {
  ProviderOptions options;
  options.curve25519 = backend;
  const auto provider = make_provider(options);
  if (!provider) return propagate(provider);
  if (auto r = group(speed, "X25519", backend, *provider, NamedGroup::x25519); !r) return r;
  return loaded_key(speed, "Ed25519", backend, *provider, ed25519_key());
}

/// What only libcrypto has, and the hybrids of both.
Result<void> the_rest(Speed& speed) {
  const Provider provider = default_provider();
  for (const auto& [name, id] : {std::pair{"ECDH P-256", NamedGroup::secp256r1},
                                 std::pair{"ECDH P-384", NamedGroup::secp384r1},
                                 std::pair{"ECDH P-521", NamedGroup::secp521r1}}) {
    if (auto r = group(speed, name, "libcrypto", provider, id); !r) return r;
  }
  for (const NamedGroup id : {NamedGroup::X25519MLKEM768, NamedGroup::SecP256r1MLKEM768,
                              NamedGroup::SecP384r1MLKEM1024}) {
    if (auto r = group(speed, std::string(to_string(id)), "best", provider, id); !r) return r;
  }
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  for (const auto& [name, type] :
       {std::pair{"ECDSA P-256", KeyType::EcdsaP256}, std::pair{"ECDSA P-384", KeyType::EcdsaP384},
        std::pair{"RSA 2048 (PSS)", KeyType::Rsa2048},
        std::pair{"RSA 3072 (PSS)", KeyType::Rsa3072}}) {
    if (!speed.wants(name)) continue;
    CertificateSpec spec;
    spec.purpose = CertificatePurpose::Authority;
    spec.key_type = type;
    spec.common_name = "speed";
    spec.not_before = now;
    spec.not_after = now + std::chrono::hours(1);
    const auto issued = issue_authority(spec);
    if (!issued) return propagate(issued);
    const auto identity =
        Identity::from_pem(issued->certificate_pem, as_text(issued->key_pem.expose()));
    if (!identity) return propagate(identity);
    if (auto r = signatures(speed, name, "libcrypto", *provider, identity->key()); !r) return r;
  }
  return {};
}

Result<void> aead(Speed& speed, const AeadAlgorithm& algorithm) {
  const std::string name(algorithm.name());
  if (!speed.wants(name)) return {};
  const auto key = algorithm.make_key(ByteVector(algorithm.key_size(), 0x31));
  if (!key) return propagate(key);
  const ByteVector nonce(algorithm.nonce_size(), 0x32);
  const ByteVector header(5, 0x17);
  const std::string backend(algorithm.backend());
  for (const std::size_t size : {std::size_t{64}, std::size_t{1350}, std::size_t{16384}}) {
    const ByteVector content(size, 0x33);
    const ByteView parts(content);
    ByteVector sealed(size + algorithm.tag_size());
    const auto seal = [&] { return (*key)->seal(nonce, header, {&parts, 1}, sealed).has_value(); };
    if (auto r =
            speed.measure({name, fmt::format("seal {}", size), backend, 0, 0, size}, simple(seal));
        !r) {
      return r;
    }
    // Opening happens in place, so each run needs its own.
    std::vector<ByteVector> copies;
    const Operation open{
        [&](std::size_t count) {
          if (!seal()) return false;
          copies.assign(count, sealed);
          return true;
        },
        [&](std::size_t i) { return (*key)->open(nonce, header, copies[i]).has_value(); }};
    if (auto r = speed.measure({name, fmt::format("open {}", size), backend, 0, 0, size}, open);
        !r) {
      return r;
    }
  }
  return {};
}

Result<void> aeads(Speed& speed, const std::string& backend) {
  ProviderOptions options;
  options.bulk_backend = backend;
  const auto provider = make_provider(options);
  if (!provider) return propagate(provider);
  const bool last = backend == available_backends().bulk_backend.back();
  for (const CipherSuite& suite : (*provider)->cipher_suites) {
    // Those that have no choice of backend come once.
    if (suite.aead->backend() != backend && !last) continue;
    if (auto r = aead(speed, *suite.aead); !r) return r;
  }
  return {};
}

Result<void> hashes(Speed& speed) {
  std::vector<const HashAlgorithm*> seen;
  for (const CipherSuite& suite : default_provider()->cipher_suites) {
    const HashAlgorithm& algorithm = *suite.hash;
    const std::string name(algorithm.name);
    if (std::ranges::find(seen, &algorithm) != seen.end() || !speed.wants(name)) continue;
    seen.push_back(&algorithm);
    for (const std::size_t size : {std::size_t{64}, std::size_t{1024}, std::size_t{16384}}) {
      const ByteVector content(size, 0x33);
      const auto digest = [&] { return hash(algorithm, content).size() != 0; };
      if (auto r = speed.measure(
              {name, fmt::format("digest {}", size), std::string(algorithm.backend), 0, 0, size},
              simple(digest));
          !r) {
        return r;
      }
    }
  }
  return {};
}

void pass(Connection& from, Connection& to, TimePoint now) {
  const ByteView octets = from.output();
  const ByteSpan room = to.prepare(octets.size());
  std::ranges::copy(octets, room.begin());
  to.commit(octets.size());
  from.consume_output(octets.size());
  while (std::holds_alternative<HandshakeDone>(to.advance(now))) {
  }
}

/// Exporters of a finished handshake are HKDF-Expand-Label twice (RFC 9846 §7.5).
Result<void> hkdf(Speed& speed) {
  for (const CipherSuiteId id :
       {CipherSuiteId::TLS_AES_128_GCM_SHA256, CipherSuiteId::TLS_AES_256_GCM_SHA384}) {
    const CipherSuite* suite = default_provider()->find(id);
    if (suite == nullptr) continue;
    const std::string name = fmt::format("HKDF {}", suite->hash->name);
    if (!speed.wants(name)) continue;
    const auto psk = [] {
      return ExternalPsk{
          to_vector(as_bytes("speed")), SecretBytes(ByteView(ByteVector(32, 0x31))), {}};
    };
    const auto client_config =
        ClientConfig::builder().cipher_suites({id}).external_psk(psk()).build();
    if (!client_config) return propagate(client_config);
    const auto server_config =
        ServerConfig::builder().cipher_suites({id}).external_psk(psk()).build();
    if (!server_config) return propagate(server_config);
    const TimePoint now{};
    auto client = Connection::connect(*client_config, {}, now);
    if (!client) return propagate(client);
    auto server = Connection::accept(*server_config, {}, now);
    if (!server) return propagate(server);
    for (int i = 0; i < 2; ++i) {
      pass(*client, *server, now);
      pass(*server, *client, now);
    }
    std::array<std::uint8_t, 32> out{};
    if (auto r = speed.measure(
            {name, "exporter", std::string(suite->hash->backend)},
            simple([&] { return client->export_keying_material("speed", {}, out).has_value(); }));
        !r) {
      return r;
    }
  }
  return {};
}

}  // namespace

Result<std::size_t> measure_all(const std::string& only, std::chrono::milliseconds time,
                                const std::function<void(const Measured&)>& row) {
  Speed speed(only, time, row);
  const BackendNames backends = available_backends();
  for (const std::string& backend : backends.post_quantum) {
    if (auto r = post_quantum(speed, backend); !r) return propagate(r);
  }
  for (const std::string& backend : backends.curve25519) {
    if (auto r = curve25519(speed, backend); !r) return propagate(r);
  }
  if (auto r = the_rest(speed); !r) return propagate(r);
  for (const std::string& backend : backends.bulk_backend) {
    if (auto r = aeads(speed, backend); !r) return propagate(r);
  }
  if (auto r = hashes(speed); !r) return propagate(r);
  if (auto r = hkdf(speed); !r) return propagate(r);
  return speed.rows();
}

}  // namespace app
