#include <map>
#include <string>

#include <gtest/gtest.h>

#include <nautilus/codepoints.hpp>

namespace nautilus {
namespace {

const std::map<int, std::string> kSuites{
    {0x1301, "TLS_AES_128_GCM_SHA256"},       {0x1302, "TLS_AES_256_GCM_SHA384"},
    {0x1303, "TLS_CHACHA20_POLY1305_SHA256"}, {0x1306, "TLS_AEGIS_256_SHA512"},
    {0x1307, "TLS_AEGIS_128L_SHA256"},
};

const std::map<int, std::string> kGroups{
    {0x0017, "secp256r1"},      {0x0018, "secp384r1"},
    {0x0019, "secp521r1"},      {0x001D, "x25519"},
    {0x0200, "MLKEM512"},       {0x0201, "MLKEM768"},
    {0x0202, "MLKEM1024"},      {0x11EB, "SecP256r1MLKEM768"},
    {0x11EC, "X25519MLKEM768"}, {0x11ED, "SecP384r1MLKEM1024"},
};

const std::map<int, std::string> kSchemes{
    {0x0401, "rsa_pkcs1_sha256"},
    {0x0501, "rsa_pkcs1_sha384"},
    {0x0601, "rsa_pkcs1_sha512"},
    {0x0403, "ecdsa_secp256r1_sha256"},
    {0x0503, "ecdsa_secp384r1_sha384"},
    {0x0603, "ecdsa_secp521r1_sha512"},
    {0x0804, "rsa_pss_rsae_sha256"},
    {0x0805, "rsa_pss_rsae_sha384"},
    {0x0806, "rsa_pss_rsae_sha512"},
    {0x0807, "ed25519"},
    {0x0809, "rsa_pss_pss_sha256"},
    {0x080A, "rsa_pss_pss_sha384"},
    {0x080B, "rsa_pss_pss_sha512"},
    {0x0904, "mldsa44"},
    {0x0905, "mldsa65"},
    {0x0906, "mldsa87"},
};

template <class Code>
void expect_names(const std::map<int, std::string>& names) {
  for (int value = 0; value <= 0xFFFF; ++value) {
    const auto known = names.find(value);
    const std::string expected = known == names.end() ? "unknown" : known->second;
    ASSERT_EQ(to_string(static_cast<Code>(value)), expected) << std::hex << value;
  }
}

TEST(Codepoints, CipherSuitesCarryTheRegistrysNames) { expect_names<CipherSuiteId>(kSuites); }
TEST(Codepoints, GroupsCarryTheRegistrysNames) { expect_names<NamedGroup>(kGroups); }
TEST(Codepoints, SchemesCarryTheRegistrysNames) { expect_names<SignatureScheme>(kSchemes); }

TEST(Codepoints, PostQuantumGroupsAreThoseWithMlkem) {
  for (const auto& [value, name] : kGroups) {
    EXPECT_EQ(is_post_quantum(static_cast<NamedGroup>(value)),
              name.find("MLKEM") != std::string::npos)
        << name;
  }
  EXPECT_FALSE(is_post_quantum(static_cast<NamedGroup>(0x6A6A)));
}

}  // namespace
}  // namespace nautilus
