#include <iostream>

#include <nautilus/config.hpp>
#include <nautilus/version.hpp>

int main() {
  std::cout << "nautilus " << nautilus::kVersion << '\n';
  // Pulls in every layer and every library behind it. Whether there is a system store to trust
  // depends on the machine; both answers are fine.
  const auto config = nautilus::ClientConfig::builder().build();
  std::cout << (config ? "configured" : nautilus::describe(config.error())) << '\n';
  // A configuration that cannot work must be refused.
  return nautilus::TrustStore::from_pem("not a certificate") ? 1 : 0;
}
