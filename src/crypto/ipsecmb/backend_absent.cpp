#include "crypto/ipsecmb/backend.hpp"

namespace nautilus::inline v0::crypto::ipsecmb {

Backend load() {
  Backend backend;
  backend.note = "built without ipsec-mb";
  return backend;
}

}  // namespace nautilus::inline v0::crypto::ipsecmb
