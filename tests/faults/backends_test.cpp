// A machine that lacks what the default provider would rather use.
#include <string_view>

#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <nautilus/providers/default.hpp>

#include "support/call_faults.hpp"

NAUTILUS_FAULTY_CALL(EVP_CIPHER*, EVP_CIPHER_fetch, nullptr,
                     (OSSL_LIB_CTX * library, const char* name, const char* properties),
                     (library, name, properties));
#ifdef NAUTILUS_WITH_IPSEC_MB
#include <intel-ipsec-mb.h>
NAUTILUS_FAULTY_CALL(IMB_MGR*, alloc_mb_mgr, nullptr, (uint64_t flags), (flags));
#endif

namespace nautilus::test {
namespace {

TEST(BackendFaults, SuitesThatLibcryptoLacksAreNotOffered) {
  const ProviderOptions options{.bulk_backend = "libcrypto"};
  const std::size_t all = make_provider(options).value()->cipher_suites.size();
  std::size_t without = 0;
  const std::uint64_t failed = sweep_calls([&](const Strike& strike) {
    const auto provider = make_provider(options);
    if (strike.function() == nullptr) {
      EXPECT_EQ(provider.value()->cipher_suites.size(), all);
    } else if (std::string_view(strike.function()) != "EVP_CIPHER_fetch") {
      EXPECT_TRUE(provider) << strike.function();
    } else if (provider) {
      ++without;
      EXPECT_EQ((*provider)->cipher_suites.size(), all - 1);
    } else {  // tickets are sealed with it
      EXPECT_EQ(provider.error().code, ErrorCode::BackendUnavailable);
      EXPECT_THAT(provider.error().detail, testing::HasSubstr("AES-256-GCM"));
    }
  });
  EXPECT_GE(failed, 3U);
  EXPECT_EQ(without, 2U);  // AES-128-GCM, ChaCha20-Poly1305
}

#ifdef NAUTILUS_WITH_IPSEC_MB

TEST(BackendFaults, WithoutIpsecMbLibcryptoDoesTheRecords) {
  {
    const Strike strike(1);
    const auto provider = make_provider();
    ASSERT_STREQ(strike.function(), "alloc_mb_mgr");
    ASSERT_TRUE(provider);
    for (const CipherSuite& suite : (*provider)->cipher_suites) {
      EXPECT_NE(suite.aead->backend(), "ipsec-mb") << suite.name;
    }
  }
  {
    const Strike strike(1);
    const auto provider = make_provider({.bulk_backend = "ipsec-mb"});
    ASSERT_FALSE(provider);
    EXPECT_EQ(provider.error().code, ErrorCode::BackendUnavailable);
    EXPECT_THAT(provider.error().detail, testing::HasSubstr("could not allocate"));
  }
  const Strike strike(1);
  EXPECT_THAT(available_backends().bulk_backend, testing::ElementsAre("libcrypto"));
}

#endif

}  // namespace
}  // namespace nautilus::test
