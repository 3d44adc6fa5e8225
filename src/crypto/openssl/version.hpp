#pragma once

#include <string>

namespace nautilus::inline v0::crypto::openssl {

/// The version of the libcrypto that is loaded, e.g. "3.0.19".
[[nodiscard]] std::string libcrypto_version();

}  // namespace nautilus::inline v0::crypto::openssl
