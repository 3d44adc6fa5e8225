#include "crypto/openssl/version.hpp"

#include <openssl/crypto.h>

namespace nautilus::inline v0::crypto::openssl {

std::string libcrypto_version() { return OpenSSL_version(OPENSSL_VERSION_STRING); }

}  // namespace nautilus::inline v0::crypto::openssl
