#include <iostream>

#include <nautilus/error.hpp>
#include <nautilus/version.hpp>

int main() {
  std::cout << "nautilus " << nautilus::kVersion << '\n';
  // A symbol that is compiled, not inline: proves that the library is linked.
  std::cout << nautilus::describe(nautilus::Error{.code = nautilus::ErrorCode::Canceled}) << '\n';
  return 0;
}
