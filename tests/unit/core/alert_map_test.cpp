#include <gtest/gtest.h>

#include <nautilus/error.hpp>

#include "unit/core/error_table.hpp"

namespace nautilus {
namespace {

TEST(AlertMap, EveryErrorHasTheAlertOfTheTable) {
  for (const ErrorRow& row : kErrors) EXPECT_EQ(alert_for(row.code), row.alert) << row.name;
}

TEST(AlertMap, NoErrorIsReportedByAClosure) {
  for (const ErrorRow& row : kErrors) {
    EXPECT_NE(alert_for(row.code), AlertDescription::close_notify) << row.name;
  }
}

TEST(AlertMap, EveryFaultOfThePeerIsReportedUnlessTheStreamIsGone) {
  for (const ErrorRow& row : kErrors) {
    if (row.origin != ErrorOrigin::PeerMisbehaved && row.origin != ErrorOrigin::Incompatible &&
        row.origin != ErrorOrigin::PeerCertificate) {
      continue;
    }
    EXPECT_EQ(alert_for(row.code).has_value(), row.code != ErrorCode::Truncated) << row.name;
  }
}

TEST(AlertMap, AValueWithoutAnEnumeratorIsAnInternalError) {
  EXPECT_EQ(alert_for(static_cast<ErrorCode>(9999)), AlertDescription::internal_error);
}

}  // namespace
}  // namespace nautilus
