// A small public key infrastructure and the question a connection asks about a chain.
#pragma once

#include <string>
#include <vector>

#include <nautilus/pki/verifier.hpp>
#include <nautilus/providers/default.hpp>

#include "unit/pki/forge.hpp"

namespace nautilus::test {

/// Root and intermediate, made once.
struct Infrastructure {
  KeyHandle leaf_key = make_key("P-256");
  Issuer root = self_signed({.subject = "Root",
                             .key = make_key("P-256"),
                             .extensions = authority_extensions(),
                             .not_after = kNow + std::chrono::hours(24 * 365)});
  Issuer intermediate = issued_by(root, {.subject = "Intermediate",
                                         .key = make_key("P-256"),
                                         .extensions = authority_extensions(),
                                         .not_after = kNow + std::chrono::hours(24 * 60)});

  static const Infrastructure& get() {
    static const Infrastructure made;
    return made;
  }
  [[nodiscard]] Forgery leaf() const {
    return {.subject = "leaf", .key = leaf_key, .extensions = server_extensions()};
  }
  [[nodiscard]] Forgery leaf(std::vector<Extension> extensions) const {
    Forgery what = leaf();
    what.extensions = std::move(extensions);
    return what;
  }
};

struct Ask {
  std::vector<ByteVector> chain;
  PeerRole role = PeerRole::Server;
  std::string name = "server.test";  ///< empty: none is asked for
  TimePoint now = kNow;
  std::vector<ByteVector> anchors = {Infrastructure::get().root.certificate};
  X509VerifierOptions options = {};
};

inline Result<CertificateVerdict> verdict_on(const Ask& ask) {
  const auto verifier =
      make_x509_verifier(trust_in(ask.anchors), default_provider()->keys, ask.options);
  std::optional<ServerName> name;
  if (!ask.name.empty()) name = ServerName::parse(ask.name).value();
  CertificateQuestion question;
  question.chain = ask.chain;
  question.role = ask.role;
  question.server_name = name ? &*name : nullptr;
  question.now = ask.now;
  auto answer = verifier->verify(question);
  EXPECT_TRUE(answer.has_value()) << "this verifier answers at once";
  return std::move(*answer);
}

inline void expect_accepted(const Ask& ask) {
  const auto verdict = verdict_on(ask);
  ASSERT_TRUE(verdict) << describe(verdict.error());
  EXPECT_EQ(verdict->identity.kind, PeerIdentity::Kind::X509);
  EXPECT_NE(verdict->key, nullptr);
  EXPECT_FALSE(verdict->schemes.empty());
}

inline void expect_refused(const Ask& ask, ErrorCode code, AlertDescription alert) {
  const auto verdict = verdict_on(ask);
  ASSERT_FALSE(verdict);
  EXPECT_EQ(to_string(verdict.error().code), to_string(code)) << describe(verdict.error());
  EXPECT_EQ(alert_for(code), alert);
}

}  // namespace nautilus::test
