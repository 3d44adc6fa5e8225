#include "state/key_schedule.hpp"

#include <type_traits>

#include <gtest/gtest.h>

#include "crypto/openssl/digest.hpp"
#include "state/transcript.hpp"
#include "support/rfc8448.hpp"

namespace nautilus::state {
namespace {

using test::from_hex;
using test::to_hex;
namespace simple = test::rfc8448_simple;

static_assert(!std::is_copy_constructible_v<EarlySecret>);
static_assert(!std::is_copy_constructible_v<HandshakeSecret>);
static_assert(!std::is_copy_constructible_v<MainSecret>);
static_assert(!std::is_copy_assignable_v<MainSecret>);
static_assert(!std::is_default_constructible_v<HandshakeSecret>);
static_assert(!std::is_default_constructible_v<MainSecret>);
static_assert(std::is_nothrow_move_constructible_v<MainSecret>);
// A stage can only be left by giving it up.
template <class T>
concept LeavesLvalue = requires(T& stage) { stage.into_main_secret(); };
static_assert(!LeavesLvalue<HandshakeSecret>);

const HashAlgorithm& sha256() { return crypto::openssl::sha256(); }

std::string hex(const HashSecret& secret) { return to_hex(secret.expose()); }

TEST(KeySchedule, Rfc8448Simple) {
  const ByteVector hello = from_hex(simple::kHashToServerHello);
  const ByteVector server_finished = from_hex(simple::kHashToServerFinished);
  auto handshake =
      EarlySecret::without_psk(sha256()).into_handshake_secret(from_hex(simple::kSharedSecret));
  EXPECT_EQ(hex(handshake.client_handshake_traffic_secret(hello)), simple::kClientHandshake);
  EXPECT_EQ(hex(handshake.server_handshake_traffic_secret(hello)), simple::kServerHandshake);
  const MainSecret main = std::move(handshake).into_main_secret();
  EXPECT_EQ(hex(main.client_application_traffic_secret_0(server_finished)),
            simple::kClientApplication);
  EXPECT_EQ(hex(main.server_application_traffic_secret_0(server_finished)),
            simple::kServerApplication);
  EXPECT_EQ(hex(main.exporter_secret(server_finished)), simple::kExporter);
  const HashSecret resumption = main.resumption_secret(from_hex(simple::kHashToClientFinished));
  EXPECT_EQ(hex(resumption), simple::kResumption);
  EXPECT_EQ(hex(resumption_psk(sha256(), {}, resumption, from_hex("0000"))),
            simple::kResumptionPsk);
}

TEST(KeySchedule, TranscriptAndFinishedOfTheTrace) {
  const auto trace = test::Trace::load("Simple_1RTT_Handshake");
  if (!trace) GTEST_SKIP() << "NAUTILUS_VECTORS has no rfc8448/transcripts.vec";
  Transcript transcript;
  transcript.add(ByteView((*trace)["Record_ClientHello_1"]).subspan(5));
  transcript.start(sha256());
  transcript.add((*trace)["Message_ServerHello"]);
  EXPECT_EQ(to_hex(transcript.hash()), simple::kHashToServerHello);
  transcript.add((*trace)["Message_EncryptedExtensions"]);
  transcript.add((*trace)["Message_Server_Certificate"]);
  transcript.add((*trace)["Message_Server_CertificateVerify"]);
  const HashSecret base(from_hex(simple::kServerHandshake));
  const ByteVector& finished = (*trace)["Message_Server_Finished"];
  EXPECT_EQ(hex(finished_mac(sha256(), {}, base, transcript.hash())),
            to_hex(ByteView(finished).subspan(4)));
  transcript.add(finished);
  EXPECT_EQ(to_hex(transcript.hash()), simple::kHashToServerFinished);
}

TEST(KeySchedule, BinderOfTheResumedTrace) {
  const auto trace = test::Trace::load("Resumed_0RTT_Handshake");
  if (!trace) GTEST_SKIP() << "NAUTILUS_VECTORS has no rfc8448/transcripts.vec";
  const ByteVector& record = (*trace)["Record_ClientHello_1"];
  const ByteView hello = ByteView(record).subspan(5);
  const auto early = EarlySecret::from_psk(sha256(), from_hex(simple::kResumptionPsk));
  // The binders list of one SHA-256 binder is its last 2 + 1 + 32 octets.
  const Transcript transcript;
  const Digest digest = transcript.hash_with(sha256(), hello.first(hello.size() - 35));
  const HashSecret key = early.binder_key(PskKind::Resumption);
  EXPECT_EQ(hex(finished_mac(sha256(), {}, key, digest)), to_hex(hello.last(32)));
  EXPECT_NE(hex(early.binder_key(PskKind::External)), hex(key));
  EXPECT_NE(hex(early.binder_key(PskKind::Imported)), hex(key));
}

TEST(KeySchedule, PrefixSeparates) {
  const HashSecret secret(from_hex(simple::kServerApplication));
  EXPECT_NE(hex(next_traffic_secret(sha256(), {}, secret)), simple::kServerApplication);
  EXPECT_NE(hex(next_traffic_secret(sha256(), {}, secret)),
            hex(next_traffic_secret(sha256(), {"dtls13"}, secret)));
}

TEST(KeySchedule, ExporterDependsOnEveryInput) {
  const HashSecret secret(from_hex(simple::kExporter));
  const auto run = [&](std::string_view label, std::string_view context, std::size_t size) {
    ByteVector out(size);
    EXPECT_TRUE(export_keying_material(sha256(), {}, secret, label, as_bytes(context), out));
    return to_hex(out);
  };
  EXPECT_EQ(run("a", "", 32), run("a", "", 32));
  EXPECT_NE(run("a", "", 32), run("b", "", 32));
  EXPECT_NE(run("a", "", 32), run("a", "x", 32));
  EXPECT_NE(run("a", "", 64).substr(0, 64), run("a", "", 32));
  EXPECT_EQ(run("a", std::string(70000, 'x'), 1).size(), 2u);
}

TEST(KeySchedule, ExporterRefusesWhatCannotBeExpressed) {
  const HashSecret secret(from_hex(simple::kExporter));
  ByteVector out(16);
  const std::string label(250, 'x');
  auto r = export_keying_material(sha256(), {}, secret, label, {}, out);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ErrorCode::ApiMisuse);
  out.resize(255 * 32 + 1);
  r = export_keying_material(sha256(), {}, secret, "a", {}, out);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ErrorCode::ApiMisuse);
}

}  // namespace
}  // namespace nautilus::state
