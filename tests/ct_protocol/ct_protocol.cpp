// What a peer or a thief of tickets can make fail, with the keys marked as undefined: run under
// valgrind, which then reports each branch and each address that depends on one.
//
//     valgrind --error-exitcode=99 ct_protocol record|finished|binder|ticket|shares
#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include <nautilus/providers/default.hpp>

#include "core/byte_buffer.hpp"
#include "core/ct.hpp"
#include "ct/still_secret.hpp"
#include "handshake/proofs.hpp"
#include "record/protection.hpp"
#include "session/ticket_sealing.hpp"
#include "state/key_schedule.hpp"

namespace {

using namespace nautilus;
using test::still_secret;

int failures = 0;
void expect(bool right, std::string_view what) {
  if (right) return;
  std::fprintf(stderr, "ct_protocol: %.*s\n", static_cast<int>(what.size()), what.data());
  ++failures;
}

ByteVector secret_octets(std::size_t size) {
  ByteVector octets(size);
  for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<std::uint8_t>(31 * i + 7);
  ct::classify(octets.data(), octets.size());
  return octets;
}

/// Whatever it draws is secret.
class SecretRandom final : public Random {
 public:
  Result<void> fill(ByteSpan out) noexcept override {
    for (std::uint8_t& octet : out) octet = static_cast<std::uint8_t>(++count_ * 151);
    ct::classify(out.data(), out.size());
    return {};
  }

 private:
  unsigned count_ = 0;
};

/// A record that does not open, however its tag differs, under every AEAD that is not libcrypto's.
void check_record(const CryptoProvider& provider) {
  for (const CipherSuite& suite : provider.cipher_suites) {
    const auto keys =
        record::Protection::from_secret(suite, "tls13 ", secret_octets(suite.hash->digest_size));
    expect(keys.has_value(), "no keys");
    const ByteVector content(100, 0x42);
    const ByteView part(content);
    ByteBuffer sealed;
    expect(keys->seal(0, wire::ContentType::application_data, {&part, 1}, 0, sealed).has_value(),
           "does not seal");
    expect(still_secret(sealed.view()), "a secret lost in sealing");
    const std::size_t size = sealed.size();
    for (const std::size_t altered : {size - 1, size - 16, std::size_t{5}}) {
      // On the wire it is public.
      ByteVector wire = to_vector(sealed.view());
      ct::declassify(wire.data(), wire.size());
      wire[altered] ^= 1;
      const auto opened = keys->open(0, wire);
      expect(!opened && opened.error().code == ErrorCode::BadRecordMac, suite.name);
    }
  }
}

void check_finished(const CryptoProvider& provider) {
  for (const CipherSuite& suite : provider.cipher_suites) {
    const crypto::HashSecret base(secret_octets(suite.hash->digest_size));
    const ByteVector transcript(suite.hash->digest_size, 0x17);
    const auto mac = state::finished_mac(*suite.hash, {}, base, transcript);
    expect(still_secret(mac.expose()), "a secret lost in Finished");
    ByteVector received = to_vector(mac.expose());
    ct::declassify(received.data(), received.size());
    const auto check = [&] {
      return handshake::FinishedCheck::check({received}, *suite.hash, {}, base, transcript)
          .has_value();
    };
    expect(check(), "the right Finished is refused");
    for (const std::size_t altered : {std::size_t{0}, received.size() - 1}) {
      received[altered] ^= 0x80;
      expect(!check(), "a wrong Finished is accepted");
      received[altered] ^= 0x80;
    }
  }
}

void check_binder(const CryptoProvider& provider) {
  for (const CipherSuite& suite : provider.cipher_suites) {
    const ByteVector transcript(suite.hash->digest_size, 0x17);
    const auto early =
        state::EarlySecret::from_psk(*suite.hash, secret_octets(suite.hash->digest_size), {});
    const auto mac = state::finished_mac(*suite.hash, {},
                                         early.binder_key(state::PskKind::Resumption), transcript);
    expect(still_secret(mac.expose()), "a secret lost in the binder");
    ByteVector received = to_vector(mac.expose());
    ct::declassify(received.data(), received.size());
    const auto check = [&] {
      return handshake::BinderCheck::check(received, state::PskKind::Resumption, early, {},
                                           transcript)
          .has_value();
    };
    expect(check(), "the right binder is refused");
    received.back() ^= 1;
    expect(!check(), "a wrong binder is accepted");
  }
}

void check_ticket(const CryptoProvider& provider) {
  session::TicketKeySecret secret;
  std::ranges::copy(secret_octets(session::kTicketKeySize), secret.expose_mutable().begin());
  const session::TicketKeyName name{1, 2, 3};
  auto sealed = session::seal_ticket(provider, name, secret, ByteVector(200, 0x33));
  expect(sealed.has_value(), "does not seal");
  expect(still_secret(*sealed), "a secret lost in sealing");
  ct::declassify(sealed->data(), sealed->size());
  for (const std::size_t altered : {std::size_t{20}, std::size_t{60}, sealed->size() - 1}) {
    ByteVector wrong = *sealed;
    wrong[altered] ^= 4;
    expect(!session::open_ticket(provider, secret, wrong), "a wrong ticket opens");
  }
  expect(session::open_ticket(provider, secret, *sealed).has_value(), "the right one does not");
}

/// Key shares of the groups that are our own code throughout.
void check_shares(const CryptoProvider& provider) {
  SecretRandom random;
  for (const NamedGroup id : {NamedGroup::X25519MLKEM768, NamedGroup::x25519, NamedGroup::MLKEM512,
                              NamedGroup::MLKEM1024}) {
    const KeyExchangeGroup& group = *provider.find(id);
    const auto client = group.start(random);
    expect(client.has_value(), "no share");
    const auto sent = [](ByteView share) {
      ByteVector wire = to_vector(share);
      ct::declassify(wire.data(), wire.size());
      return wire;
    };
    const auto server = group.respond(sent((*client)->share()), random);
    expect(server.has_value(), "no answer");
    expect(still_secret(server->secret.expose()), "a secret lost by the server");
    const auto secret = (*client)->complete(sent(server->share));
    expect(secret.has_value(), "no secret");
    expect(still_secret(secret->expose()), "a secret lost by the client");
    expect(ct_equal(secret->expose(), server->secret.expose()), to_string(id));
    ByteVector other = sent(server->share);
    other.front() ^= 1;
    const auto wrong = (*group.start(random).value()).complete(other);
    expect(wrong.has_value() && !ct_equal(wrong->expose(), server->secret.expose()), "the same");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view scenario = argc == 2 ? argv[1] : "";
  // libcrypto compares tags and acts on the outcome where nobody can tell the checker that it is
  // public by then; everything else that seals records is checked.
  const auto provider = make_provider();
  if (!provider ||
      (*provider)->find(CipherSuiteId::TLS_AES_128_GCM_SHA256)->aead->backend() == "libcrypto") {
    std::fprintf(stderr, "ct_protocol: SKIPPED: needs ipsec-mb, which is not available here\n");
    return 77;
  }
  if (scenario == "record") {
    check_record(**provider);
  } else if (scenario == "finished") {
    check_finished(**provider);
  } else if (scenario == "binder") {
    check_binder(**provider);
  } else if (scenario == "ticket") {
    check_ticket(**provider);
  } else if (scenario == "shares") {
    check_shares(**provider);
  } else {
    std::fprintf(stderr, "usage: ct_protocol record|finished|binder|ticket|shares\n");
    return 1;
  }
  return failures == 0 ? 0 : 1;
}
