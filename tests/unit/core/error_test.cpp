#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <nautilus/error.hpp>
#include <nautilus/result.hpp>

#include "unit/core/error_table.hpp"

namespace nautilus {
namespace {

TEST(ErrorCode, EveryCodeHasItsOwnNameMeaningAndOrigin) {
  std::set<std::string> meanings;
  for (const ErrorRow& row : kErrors) {
    EXPECT_EQ(to_string(row.code), row.name);
    EXPECT_EQ(origin_of(row.code), row.origin) << row.name;
    const std::string meaning = describe(Error{.code = row.code});
    EXPECT_NE(meaning, "unknown error") << row.name;
    EXPECT_FALSE(meaning.empty()) << row.name;
    EXPECT_TRUE(meanings.insert(meaning).second) << "said twice: " << meaning;
  }
}

// Walks all values, so a code that is added without a row here is found.
TEST(ErrorCode, TheTableIsComplete) {
  std::set<std::string_view> listed;
  for (const ErrorRow& row : kErrors) listed.insert(row.name);
  EXPECT_EQ(listed.size(), std::size(kErrors));
  std::size_t named = 0;
  for (int value = 0; value <= 0xFFFF; ++value) {
    const auto name = to_string(static_cast<ErrorCode>(value));
    if (name == "Unknown") continue;
    ++named;
    EXPECT_TRUE(listed.contains(name)) << "no row for " << name;
  }
  EXPECT_EQ(named, listed.size());
}

TEST(ErrorCode, AValueWithoutAnEnumeratorIsUnknown) {
  const auto unknown = static_cast<ErrorCode>(9999);
  EXPECT_EQ(to_string(unknown), "Unknown");
  EXPECT_EQ(origin_of(unknown), ErrorOrigin::Internal);
  EXPECT_EQ(describe(Error{.code = unknown}), "unknown error");
}

TEST(Error, DescriptionHasMeaningDetailAndAlert) {
  EXPECT_EQ(describe(Error{.code = ErrorCode::BadFinished}), "Finished does not verify");
  EXPECT_EQ(describe(Error{.code = ErrorCode::BadFinished, .detail = "after a retry"}),
            "Finished does not verify: after a retry");
  EXPECT_EQ(
      describe(Error{.code = ErrorCode::PeerAlert, .peer_alert = AlertDescription::unknown_ca}),
      "the peer ended the connection (alert unknown_ca)");
  EXPECT_EQ(describe(Error{.code = ErrorCode::Canceled, .detail = nullptr}), "canceled");
}

TEST(Error, EqualityIgnoresTheDetail) {
  const Error one{.code = ErrorCode::Timeout, .detail = "connect"};
  const Error other{.code = ErrorCode::Timeout, .detail = "handshake"};
  EXPECT_EQ(one, other);
  EXPECT_NE(one, (Error{.code = ErrorCode::Canceled, .detail = "connect"}));
  EXPECT_NE((Error{.code = ErrorCode::PeerAlert, .peer_alert = AlertDescription::unknown_ca}),
            (Error{.code = ErrorCode::PeerAlert, .peer_alert = AlertDescription::access_denied}));
}

TEST(Result, CarriesTheErrorOn) {
  const Result<int> failed = fail(ErrorCode::Timeout, "connect");
  const Result<std::string> passed_on = propagate(failed);
  ASSERT_FALSE(passed_on.has_value());
  EXPECT_EQ(passed_on.error().code, ErrorCode::Timeout);
  EXPECT_STREQ(passed_on.error().detail, "connect");
}

}  // namespace
}  // namespace nautilus
