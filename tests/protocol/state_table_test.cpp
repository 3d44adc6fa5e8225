// Every state of both roles times everything that can arrive.
#include <set>

#include <gtest/gtest.h>

#include "protocol/state_table.hpp"
#include "support/pki.hpp"

namespace nautilus::test {
namespace {

TEST(StateTable, TheEngineAgreesWithIt) {
  for (const Violation& violation : check_state_table(HandshakeTypes::All)) {
    ADD_FAILURE() << violation.cell << ": " << violation.what;
  }
}

TEST(StateTable, HasEveryStateOfTheAppendixThatReads) {
  const std::set<std::string> expected{
      "client WAIT_SH", "client WAIT_EE",       "client WAIT_CERT_CR", "client WAIT_CERT",
      "client WAIT_CV", "client WAIT_FINISHED", "client CONNECTED",    "server START",
      "server WAIT_EOED", "server WAIT_CERT",   "server WAIT_CV",      "server WAIT_FINISHED",
      "server CONNECTED"};
  std::set<std::string> found;
  for (const Row& row : state_table()) {
    const std::string name = row.state;
    found.insert((row.side == Side::Client ? "client " : "server ") +
                 name.substr(0, name.find(' ')));
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace nautilus::test
