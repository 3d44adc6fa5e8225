#include <iostream>

#include <boost/asio/io_context.hpp>

#include <nautilus/version.hpp>

int main() {
  boost::asio::io_context context;
  std::cout << "nautilus " << nautilus::kVersion << ", " << context.run() << " handlers\n";
  return 0;
}
