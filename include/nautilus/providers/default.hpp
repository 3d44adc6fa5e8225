#pragma once

#include <memory>

#include <nautilus/crypto/provider.hpp>
#include <nautilus/export.hpp>

namespace nautilus::inline v0 {

[[nodiscard]] NAUTILUS_API std::shared_ptr<const CryptoProvider> default_provider();

}  // namespace nautilus::inline v0
