// Wycheproof's and CCTV's vectors for ML-KEM.
#include <cstdio>
#include <memory>

#include "crypto/pq/mlkem.hpp"
#include "support/wycheproof.hpp"
#include "unit/crypto_pq/backends.hpp"
#include "unit/crypto_pq/hex.hpp"

namespace nautilus {
namespace {

namespace wp = test::wycheproof;
using namespace crypto::pq;

template <class Case>
class MlKemVectors : public test::BackendTest<Case> {
 protected:
  using Set = typename Case::Set;

  void SetUp() override {
    if (!wp::available()) GTEST_SKIP() << wp::kUnavailable;
    test::BackendTest<Case>::SetUp();
  }
  static std::string file(const char* kind) {
    return std::string("mlkem_").append(test::kSetName<Set>).append(kind);
  }
  static void expect_set(const wp::Json& group) {
    EXPECT_EQ(group.at("parameterSet"), std::string("ML-KEM-") + test::kSetName<Set>);
  }
};
TYPED_TEST_SUITE(MlKemVectors, test::AllCases, test::CaseNames);

std::string hex_field(const wp::Json& test, const char* field) {
  return test.at(field).get<std::string>();
}

template <class P>
wp::Outcome check_decapsulation(const Result<DecapsulationKey<P>>& key, const wp::Json& test) {
  if (!key) {
    EXPECT_TRUE(wp::is_invalid(test)) << key.error().detail;
    EXPECT_EQ(key.error().code, ErrorCode::KeyMalformed);
    return wp::Outcome::Refused;
  }
  if (test.contains("ek")) {
    EXPECT_EQ(test::to_hex(key->encapsulation_key()), hex_field(test, "ek"));
  }
  const auto shared = key->decapsulate(wp::bytes(test, "c"));
  EXPECT_EQ(shared.has_value(), wp::is_valid(test));
  if (!shared) {
    EXPECT_EQ(shared.error().code, ErrorCode::InvalidKeyShare);
    return wp::Outcome::Refused;
  }
  EXPECT_EQ(test::to_hex(shared->expose()), hex_field(test, "K"));
  return wp::Outcome::Run;
}

TYPED_TEST(MlKemVectors, Decapsulation) {
  using P = typename TypeParam::Set;
  wp::for_each(
      this->file(""), this->backend().name(), [&](const wp::Json& group, const wp::Json& test) {
        this->expect_set(group);
        const auto key = DecapsulationKey<P>::from_seed(wp::bytes(test, "seed"), this->backend());
        return check_decapsulation<P>(key, test);
      });
}

TYPED_TEST(MlKemVectors, DecapsulationWithExpandedKeys) {
  using P = typename TypeParam::Set;
  wp::for_each(this->file("_semi_expanded_decaps"), this->backend().name(),
               [&](const wp::Json& group, const wp::Json& test) {
                 this->expect_set(group);
                 const ByteVector dk = wp::bytes(test, "dk");
                 const auto key = DecapsulationKey<P>::from_expanded(dk, this->backend());
                 return check_decapsulation<P>(key, test);
               });
}

TYPED_TEST(MlKemVectors, KeyGeneration) {
  using P = typename TypeParam::Set;
  wp::for_each(this->file("_keygen_seed"), this->backend().name(),
               [&](const wp::Json& group, const wp::Json& test) {
                 this->expect_set(group);
                 const auto key =
                     DecapsulationKey<P>::from_seed(wp::bytes(test, "seed"), this->backend());
                 EXPECT_EQ(key.has_value(), wp::is_valid(test));
                 if (!key) return wp::Outcome::Refused;
                 EXPECT_EQ(test::to_hex(key->encapsulation_key()), hex_field(test, "ek"));
                 std::array<std::uint8_t, P::kDecapsulationKeySize> dk;
                 key->write_expanded(dk);
                 EXPECT_EQ(test::to_hex(dk), hex_field(test, "dk"));
                 return wp::Outcome::Run;
               });
}

TYPED_TEST(MlKemVectors, Encapsulation) {
  using P = typename TypeParam::Set;
  wp::for_each(
      this->file("_encaps"), this->backend().name(),
      [&](const wp::Json& group, const wp::Json& test) {
        this->expect_set(group);
        const ByteVector m = wp::bytes(test, "m");
        if (m.size() != kMlKemMessageSize) return wp::Outcome::Skipped;
        const auto key = EncapsulationKey<P>::parse(wp::bytes(test, "ek"), this->backend());
        EXPECT_EQ(key.has_value(), wp::is_valid(test));
        if (!key) {
          EXPECT_EQ(key.error().code, ErrorCode::InvalidKeyShare);
          return wp::Outcome::Refused;
        }
        const auto made = key->encapsulate_with(ByteView(m).template first<kMlKemMessageSize>());
        EXPECT_EQ(test::to_hex(made.ciphertext), hex_field(test, "c"));
        EXPECT_EQ(test::to_hex(made.shared_key.expose()), hex_field(test, "K"));
        return wp::Outcome::Run;
      });
}

struct PipeCloser {
  void operator()(std::FILE* pipe) const noexcept { (void)::pclose(pipe); }
};

// The lines of a file in gzip form; empty where it or gzip is missing.
std::vector<std::string> gzip_lines(const std::filesystem::path& path) {
  const std::string command = "gzip -dc '" + path.string() + "' 2>/dev/null";
  const std::unique_ptr<std::FILE, PipeCloser> pipe(::popen(command.c_str(), "r"));
  std::vector<std::string> lines;
  if (!pipe) return lines;
  std::string line;
  for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) {
    if (c != '\n') {
      line.push_back(static_cast<char>(c));
    } else {
      lines.push_back(std::move(line));
      line.clear();
    }
  }
  if (!line.empty()) lines.push_back(std::move(line));
  return lines;
}

// CCTV's raw encapsulation keys, each with one coefficient that is not below q: all are refused.
TYPED_TEST(MlKemVectors, KeysNotBelowTheModulusAreRefused) {
  using P = typename TypeParam::Set;
  if (std::system("gzip --version >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "gzip is missing: CCTV's modulus vectors were NOT run";
  }
  const auto path = std::filesystem::path(std::getenv("NAUTILUS_VECTORS")) / "cctv" / "ML-KEM" /
                    "modulus" / ("ML-KEM-" + std::string(test::kSetName<P>) + ".txt.gz");
  ASSERT_TRUE(std::filesystem::exists(path)) << path;
  const auto lines = gzip_lines(path);
  int refused = 0;
  for (const auto& line : lines) {
    const ByteVector ek = wp::from_hex(line);
    ASSERT_EQ(ek.size(), P::kEncapsulationKeySize);
    refused += EncapsulationKey<P>::parse(ek, this->backend()) ? 0 : 1;
  }
  std::cout << "cctv ML-KEM-" << test::kSetName<P> << " modulus: " << refused << " refused of "
            << lines.size() << '\n';
  EXPECT_GT(lines.size(), 100U);
  EXPECT_EQ(static_cast<std::size_t>(refused), lines.size());
}

}  // namespace
}  // namespace nautilus
