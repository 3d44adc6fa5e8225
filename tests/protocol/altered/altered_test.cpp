#include "protocol/altered/altered.hpp"

#include <gtest/gtest.h>

#include "protocol/state_table.hpp"

namespace nautilus::test {
namespace {

TEST(AlteredMachine, IsReportedCellByCell) {
  const auto violations = check_state_table(HandshakeTypes::Named);
  for (const Violation& violation : violations) {
    std::cout << "reported: " << violation.cell << ": " << violation.what << '\n';
  }
  EXPECT_EQ(cells_of(violations), kAlteredCells);
}

}  // namespace
}  // namespace nautilus::test
