#include <algorithm>

#include <nautilus/crypto/provider.hpp>

namespace nautilus::inline v0 {

const CipherSuite* CryptoProvider::find(CipherSuiteId id) const noexcept {
  const auto found = std::ranges::find(cipher_suites, id, &CipherSuite::id);
  return found != cipher_suites.end() ? &*found : nullptr;
}

const KeyExchangeGroup* CryptoProvider::find(NamedGroup id) const noexcept {
  const auto found = std::ranges::find_if(groups, [id](const auto& g) { return g->id() == id; });
  return found != groups.end() ? found->get() : nullptr;
}

}  // namespace nautilus::inline v0
