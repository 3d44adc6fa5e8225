// The scenarios of tls_bench, ours alone and repeatable, for callgrind to count the instructions
// of: tools/instructions.py runs it.
#include <functional>
#include <memory>
#include <string>

#include <valgrind/callgrind.h>

#include <nautilus/providers/default.hpp>

#include "credentials.hpp"
#include "measure.hpp"
#include "own_side.hpp"

namespace {

using namespace nautilus;
using namespace nautilus::bench;

/// The same octets in every run.
class Repeatable final : public Random {
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

/// One dump of callgrind's per scenario, with its name and how often it ran.
void count(const std::string& name, unsigned times, const std::function<void()>& prepare,
           const std::function<void()>& run) {
  // What is made on first use does not belong to the scenario.
  for (int i = 0; i < 2; ++i) {
    prepare();
    run();
  }
  for (unsigned i = 0; i < times; ++i) {
    prepare();
    CALLGRIND_TOGGLE_COLLECT;
    run();
    CALLGRIND_TOGGLE_COLLECT;
  }
  const std::string label = name + "/" + std::to_string(times);
  CALLGRIND_DUMP_STATS_AT(label.c_str());
}

void bulk(const Credentials& credentials, const OwnOptions& options) {
  constexpr std::size_t kRecords = 16;
  for (const std::size_t kib : {std::size_t{16}, std::size_t{1}}) {
    OwnBulk bulk(credentials, CipherSuiteId::TLS_AES_256_GCM_SHA384, kib * 1024, options);
    const std::string size = std::to_string(kib) + "k";
    count("seal_aes256gcm_" + size, kRecords, [] {}, [&] { bulk.seal(1); });
    count("open_aes256gcm_" + size, kRecords, [&] { bulk.prepare(1); }, [&] { bulk.open_all(); });
  }
}

void handshakes(const OwnOptions& options) {
  constexpr unsigned kTimes = 4;
  const auto scenario = [&](const std::string& name, const Credentials& credentials,
                            const Setup& setup) {
    OwnHandshakes handshakes(credentials, setup, options);
    count(name, kTimes, [] {}, [&] { handshakes.run(); });
  };
  const Credentials p256 = make_credentials(KeyType::EcdsaP256);
  Setup setup;
  scenario("full_x25519_p256", p256, setup);
  scenario("full_x25519_rsa2048", make_credentials(KeyType::Rsa2048), setup);
  setup.mutual = true;
  scenario("mutual_x25519_p256", p256, setup);
  setup = {};
  setup.resumed = true;
  scenario("resumed_x25519", p256, setup);
  setup = {};
  setup.group = NamedGroup::X25519MLKEM768;
  scenario("hybrid_p256", p256, setup);
}

}  // namespace

int main() {
  if (RUNNING_ON_VALGRIND == 0) die("this runs under callgrind", "scripts/bench --instructions");
  auto provider = std::make_shared<CryptoProvider>(*default_provider());
  provider->random = std::make_shared<Repeatable>();
  OwnOptions options;
  options.provider = provider;
  bulk(make_credentials(KeyType::EcdsaP256), options);
  handshakes(options);
  return 0;
}
