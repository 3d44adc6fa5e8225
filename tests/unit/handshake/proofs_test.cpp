// The proofs cannot be had without the checks, and the checks check.
#include "handshake/proofs.hpp"

#include <concepts>
#include <type_traits>

#include "handshake/client/states.hpp"
#include "handshake/server/states.hpp"
#include "support/deterministic.hpp"
#include "support/rfc8448.hpp"
#include "unit/handshake/machine_fixture.hpp"

namespace nautilus::handshake {
namespace {

/// Neither from nothing nor from braces. Copies of a proof are proofs.
template <class Proof>
concept Unforgeable =
    !std::default_initializable<Proof> && !std::is_aggregate_v<Proof> &&
    !std::is_constructible_v<Proof, int> && !std::is_constructible_v<Proof, SignatureScheme> &&
    !std::is_constructible_v<Proof, CertificateVerdict> &&
    !std::is_constructible_v<Proof, std::nullopt_t>;
static_assert(Unforgeable<HandshakeAligned>);
static_assert(Unforgeable<SignatureVerified>);
static_assert(Unforgeable<FinishedVerified>);
static_assert(Unforgeable<SessionAccepted>);
static_assert(Unforgeable<PeerVerified>);
// A verdict is one person's: it is not handed out twice.
static_assert(!std::is_copy_constructible_v<PeerVerified>);
static_assert(std::is_nothrow_move_constructible_v<PeerVerified>);

// The states behind the proofs demand them.
static_assert(!std::default_initializable<client::Connected>);
static_assert(!std::is_aggregate_v<client::Connected>);
static_assert(!std::is_constructible_v<client::Connected, client::Common, ApplicationTraffic,
                                       crypto::HashSecret>);
static_assert(!std::is_constructible_v<client::Connected, client::Common, ApplicationTraffic,
                                       crypto::HashSecret, const client::ServerProof&>);
static_assert(
    std::is_constructible_v<client::Connected, client::Common, ApplicationTraffic,
                            crypto::HashSecret, const client::ServerProof&, FinishedVerified>);
static_assert(!std::default_initializable<server::Connected>);
static_assert(!std::is_aggregate_v<server::Connected>);
static_assert(!std::is_constructible_v<server::Connected, ApplicationTraffic>);
static_assert(
    !std::is_constructible_v<server::Connected, ApplicationTraffic, const server::ClientProof&>);
static_assert(std::is_constructible_v<server::Connected, ApplicationTraffic,
                                      const server::ClientProof&, FinishedVerified>);
static_assert(!std::default_initializable<client::ServerProof>);
static_assert(!std::default_initializable<client::CertificateProof>);
static_assert(!std::default_initializable<server::CertificateProof>);
static_assert(!std::default_initializable<client::ExpectCertificateVerify>);
static_assert(!std::default_initializable<client::ExpectFinished>);

// A server is never satisfied with less than a certificate or a session.
static_assert(std::variant_size_v<client::ServerProof> == 2);
static_assert(
    std::is_same_v<std::variant_alternative_t<0, client::ServerProof>, client::CertificateProof>);
static_assert(std::is_same_v<std::variant_alternative_t<1, client::ServerProof>, SessionAccepted>);

// No key without the proof that the record ended with its message.
template <class Out, class... Arguments>
concept Installs = requires(Out& out, Arguments... arguments) {
  out.install_receive(std::forward<Arguments>(arguments)...);
};
static_assert(!Installs<Output, Epoch, const CipherSuite&, const crypto::HashSecret&>);
static_assert(
    Installs<Output, Epoch, const CipherSuite&, const crypto::HashSecret&, HandshakeAligned>);

// Handlers consume their state: none can be called on one that is to be kept.
template <class State, class Message>
concept HandlesWithoutConsuming =
    requires(State& state, Incoming<Message> message, Context& cx) { state.on(message, cx); };
static_assert(!HandlesWithoutConsuming<client::ExpectFinished, wire::Finished>);
static_assert(!HandlesWithoutConsuming<server::ExpectFinished, wire::Finished>);
static_assert(!HandlesWithoutConsuming<client::Connected, wire::KeyUpdate>);

// The table of RFC 9846 Appendix A, as far as the types tell it.
template <class State, class Message>
inline constexpr bool kTakes = kAccepts<State, Incoming<Message>>;
static_assert(kTakes<client::ExpectServerHello, wire::ServerHello>);
static_assert(kTakes<client::ExpectServerHello, wire::HelloRetryRequest>);
static_assert(!kTakes<client::ExpectEncryptedExtensions, wire::ServerHello>);
static_assert(!kTakes<client::ExpectEncryptedExtensions, wire::Certificate>);
static_assert(!kTakes<client::ExpectCertificateOrRequest, wire::Finished>);
static_assert(!kTakes<client::ExpectCertificateVerify, wire::Finished>);
static_assert(!kTakes<client::ExpectFinished, wire::CertificateVerify>);
static_assert(!kTakes<server::ExpectCertificate, wire::Finished>);
static_assert(!kTakes<server::ExpectCertificate, wire::CertificateVerify>);
static_assert(!kTakes<server::ExpectCertificateVerify, wire::Finished>);
static_assert(!kTakes<server::ExpectFinished, wire::Certificate>);

const HashAlgorithm& sha256() { return *default_provider()->sha256; }

TEST(SignatureInput, IsAsTheRfcSays) {
  const ByteVector hash(32, 0x01);
  // The example of RFC 9846 §4.5.2.
  std::string expected;
  for (int i = 0; i < 64; ++i) expected += "20";
  expected += "544c5320312e332c207365727665722043657274696669636174655665726966790";
  expected += "0" + test::to_hex(hash);
  EXPECT_EQ(test::to_hex(signature_input(Signer::Server, hash)), expected);
  const ByteVector client = signature_input(Signer::Client, hash);
  EXPECT_EQ(std::string(as_text(client).substr(64, 34)),
            std::string("TLS 1.3, client CertificateVerify\0", 34));
}

TEST(SignatureSchemes, Pkcs1NeverSignsAHandshake) {
  EXPECT_FALSE(allowed_in_certificate_verify(SignatureScheme::rsa_pkcs1_sha256));
  EXPECT_FALSE(allowed_in_certificate_verify(SignatureScheme::rsa_pkcs1_sha384));
  EXPECT_FALSE(allowed_in_certificate_verify(SignatureScheme::rsa_pkcs1_sha512));
  EXPECT_TRUE(allowed_in_certificate_verify(SignatureScheme::rsa_pss_rsae_sha256));
  EXPECT_TRUE(allowed_in_certificate_verify(SignatureScheme::ed25519));
  EXPECT_TRUE(allowed_in_certificate_verify(SignatureScheme::mldsa65));
}

/// The server's Finished of RFC 8448 §3.
TEST(FinishedCheckTest, TakesOneValueOnly) {
  const crypto::HashSecret key(test::from_hex(test::rfc8448_simple::kServerHandshake));
  const ByteVector hash =
      test::from_hex("edb7725fa7a3473b031ec8ef65a2485493900138a2b91291407d7951a06110ed");
  ByteVector mac =
      test::from_hex("9b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718");
  ASSERT_TRUE(FinishedCheck::check({mac}, sha256(), {}, key, hash));
  for (std::size_t bit = 0; bit < 8 * mac.size(); ++bit) {
    mac[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_EQ(FinishedCheck::check({mac}, sha256(), {}, key, hash).error().code,
              ErrorCode::BadFinished);
    mac[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  }
  for (const std::size_t size : {0U, 1U, 31U}) {
    EXPECT_EQ(
        FinishedCheck::check({ByteView(mac).first(size)}, sha256(), {}, key, hash).error().code,
        ErrorCode::DecodeError);
  }
  mac.push_back(0);
  EXPECT_EQ(FinishedCheck::check({mac}, sha256(), {}, key, hash).error().code,
            ErrorCode::DecodeError);
}

TEST(BinderCheckTest, KindsAndValuesAreToldApart) {
  const ByteVector psk(32, 7);
  const ByteVector hash(32, 9);
  const auto early = state::EarlySecret::from_psk(sha256(), psk);
  using enum state::PskKind;
  for (const state::PskKind made : {Resumption, External, Imported}) {
    const crypto::HashSecret binder =
        state::finished_mac(sha256(), {}, early.binder_key(made), hash);
    for (const state::PskKind checked : {Resumption, External, Imported}) {
      const auto r = BinderCheck::check(binder.expose(), checked, early, {}, hash);
      EXPECT_EQ(r.has_value(), made == checked);
      if (!r) {
        EXPECT_EQ(r.error().code, ErrorCode::BadBinder);
      }
    }
    EXPECT_FALSE(BinderCheck::check(binder.expose().first(31), made, early, {}, hash));
    EXPECT_FALSE(BinderCheck::check({}, made, early, {}, hash));
  }
}

TEST(SelectedPskCheckTest, OnlyWhatWasOffered) {
  EXPECT_TRUE(SelectedPskCheck::check(0, 1));
  EXPECT_TRUE(SelectedPskCheck::check(2, 3));
  for (const auto& [selected, offered] :
       {std::pair<std::uint16_t, std::size_t>{0, 0}, {1, 1}, {3, 3}, {0xFFFF, 3}}) {
    const auto r = SelectedPskCheck::check(selected, offered);
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, ErrorCode::UnofferedPsk);
  }
}

/// A verdict that names a key and schemes binds CertificateVerify to both.
TEST(CertificateVerifyCheckTest, DemandsTheVerdictsKeyAndSchemes) {
  const test::TestAuthority authority("CA", KeyType::Ed25519);
  const Identity signer = authority.server(KeyType::Ed25519);
  const ByteVector hash(32, 5);
  const ByteVector input = signature_input(Signer::Server, hash);
  const ByteVector signature =
      **signer.key().sign(SignatureScheme::ed25519, input, *default_provider()->random);
  const std::vector offered{SignatureScheme::ed25519, SignatureScheme::ecdsa_secp256r1_sha256};
  const auto peer = [&](const Identity& whose, std::vector<SignatureScheme> schemes) {
    CertificateVerdict verdict;
    verdict.key = default_provider()->keys->load_public_key(whose.key().public_key()).value();
    verdict.schemes = std::move(schemes);
    return VerdictToProof::prove(std::move(verdict));
  };
  const auto check = [&](const PeerVerified& who, Signer role, SignatureScheme scheme,
                         std::span<const SignatureScheme> ours) {
    auto r = CertificateVerifyCheck::check({scheme, signature}, who, role, ours, hash);
    return r ? std::string_view("accepted") : to_string(r.error().code);
  };
  const PeerVerified right = peer(signer, {SignatureScheme::ed25519});
  using enum SignatureScheme;
  EXPECT_EQ(check(right, Signer::Server, ed25519, offered), "accepted");
  EXPECT_EQ(check(right, Signer::Client, ed25519, offered), "BadSignature");
  EXPECT_EQ(check(right, Signer::Server, ed25519, {}), "UnofferedSignatureScheme");
  EXPECT_EQ(check(right, Signer::Server, ecdsa_secp256r1_sha256, offered),
            "UnofferedSignatureScheme");
  EXPECT_EQ(check(peer(signer, {}), Signer::Server, ed25519, offered), "UnofferedSignatureScheme");
  const Identity other = authority.server(KeyType::Ed25519);
  EXPECT_EQ(check(peer(other, {ed25519}), Signer::Server, ed25519, offered), "BadSignature");
  CertificateVerdict keyless;
  keyless.schemes = {ed25519};
  EXPECT_EQ(check(VerdictToProof::prove(std::move(keyless)), Signer::Server, ed25519, offered),
            "Unreachable");
}

}  // namespace
}  // namespace nautilus::handshake
