// A machine with one transition altered, linked in place of the library's: the state table has to
// notice exactly that.
#pragma once

#include <string>
#include <vector>

namespace nautilus::test {

/// What the table must report about this machine, and nothing else.
extern const std::vector<std::string> kAlteredCells;

}  // namespace nautilus::test
