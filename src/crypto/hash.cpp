#include <nautilus/crypto/hash.hpp>
#include <nautilus/secret.hpp>

namespace nautilus::inline v0 {

Hasher::~Hasher() { wipe(state_); }

}  // namespace nautilus::inline v0
