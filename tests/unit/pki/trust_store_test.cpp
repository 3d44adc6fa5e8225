#include <cstdlib>

#include <gtest/gtest.h>

#include <nautilus/pki/trust_store.hpp>

#include "unit/pki/temporary_folder.hpp"
#include "unit/pki/verifier_support.hpp"

namespace nautilus::test {
namespace {

const std::string& root_pem() {
  static const std::string pem = pem_of(Infrastructure::get().root.certificate);
  return pem;
}

/// SSL_CERT_FILE for the duration of a scope.
class CertFileVariable {
 public:
  explicit CertFileVariable(const std::string& value) {
    if (const char* old = std::getenv("SSL_CERT_FILE")) before_ = old;
    ::setenv("SSL_CERT_FILE", value.c_str(), 1);
  }
  CertFileVariable(const CertFileVariable&) = delete;
  CertFileVariable& operator=(const CertFileVariable&) = delete;
  ~CertFileVariable() {
    if (before_) {
      ::setenv("SSL_CERT_FILE", before_->c_str(), 1);
    } else {
      ::unsetenv("SSL_CERT_FILE");
    }
  }

 private:
  std::optional<std::string> before_;
};

TEST(TrustStore, FromPem) {
  const auto one = TrustStore::from_pem(root_pem());
  ASSERT_TRUE(one);
  ASSERT_EQ(one->anchors().size(), 1u);
  EXPECT_EQ(one->anchors().front(), Infrastructure::get().root.certificate);
  const auto two = TrustStore::from_pem("# Roots\n" + root_pem() + "\n" +
                                        pem_of(Infrastructure::get().intermediate.certificate));
  ASSERT_TRUE(two);
  EXPECT_EQ(two->anchors().size(), 2u);
}

TEST(TrustStore, NothingToTrust) {
  for (const char* text :
       {"", "text", "-----BEGIN PRIVATE KEY-----\nAAEC\n-----END PRIVATE KEY-----"}) {
    const auto store = TrustStore::from_pem(text);
    ASSERT_FALSE(store) << text;
    EXPECT_EQ(store.error().code, ErrorCode::PemMalformed);
  }
}

TEST(TrustStore, OneBrokenBlockSpoilsTheFile) {
  const auto store = TrustStore::from_pem(root_pem() + "-----BEGIN CERTIFICATE-----\nA*\n");
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::PemMalformed);
}

TEST(TrustStore, FromFile) {
  const TemporaryFolder folder;
  const auto store = TrustStore::from_pem_file(folder.write("ca.pem", root_pem()));
  ASSERT_TRUE(store);
  EXPECT_EQ(store->anchors().size(), 1u);
  EXPECT_EQ(TrustStore::from_pem_file(folder.path() / "absent").error().code,
            ErrorCode::FileUnreadable);
  EXPECT_EQ(TrustStore::from_pem_file(folder.path()).error().code, ErrorCode::FileUnreadable);
  EXPECT_EQ(TrustStore::from_pem_file(folder.write("empty", "")).error().code,
            ErrorCode::PemMalformed);
}

TEST(TrustStore, TheSystemsFollowsTheEnvironment) {
  const TemporaryFolder folder;
  {
    const CertFileVariable variable(folder.write("system.pem", root_pem()).string());
    const auto store = TrustStore::system();
    ASSERT_TRUE(store);
    EXPECT_EQ(store->anchors().front(), Infrastructure::get().root.certificate);
  }
  const CertFileVariable variable((folder.path() / "absent").string());
  EXPECT_EQ(TrustStore::system().error().code, ErrorCode::FileUnreadable);
}

TEST(TrustStore, CopiesShareTheirAnchors) {
  const TrustStore store = TrustStore::from_pem(root_pem()).value();
  const TrustStore copy = store;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(&store.anchors(), &copy.anchors());
}

}  // namespace
}  // namespace nautilus::test
