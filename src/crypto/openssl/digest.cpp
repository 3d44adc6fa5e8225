// The low-level SHA functions are marked deprecated since 3.0 in favour of EVP. They stay: the
// state is plain memory that can be copied and wiped, nothing is allocated and nothing can fail,
// and the dozens of short hashes of a handshake cost half of what EVP takes.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/openssl/digest.hpp"

#include <new>

#include <openssl/sha.h>

namespace nautilus::inline v0::crypto::openssl {
namespace {

static_assert(sizeof(SHA256_CTX) <= kHashStateSize && sizeof(SHA512_CTX) <= kHashStateSize);
static_assert(alignof(SHA256_CTX) <= 16 && alignof(SHA512_CTX) <= 16);

/// Init, Update and Final are libcrypto's; none of them has a way to fail on a valid state.
template <class State, auto Init, auto Update, auto Final>
constexpr HashAlgorithm describe(std::string_view name, std::size_t digest_size,
                                 std::size_t block_size) {
  return {
      .name = name,
      .backend = "libcrypto",
      .digest_size = digest_size,
      .block_size = block_size,
      .init = [](void* state) noexcept { Init(::new (state) State); },
      .update =
          [](void* state, ByteView data) noexcept {
            if (!data.empty()) Update(static_cast<State*>(state), data.data(), data.size());
          },
      .finish = [](void* state,
                   std::uint8_t* digest) noexcept { Final(digest, static_cast<State*>(state)); },
  };
}

constinit const HashAlgorithm kSha256 =
    describe<SHA256_CTX, SHA256_Init, SHA256_Update, SHA256_Final>("SHA-256", 32, 64);
constinit const HashAlgorithm kSha384 =
    describe<SHA512_CTX, SHA384_Init, SHA384_Update, SHA384_Final>("SHA-384", 48, 128);
constinit const HashAlgorithm kSha512 =
    describe<SHA512_CTX, SHA512_Init, SHA512_Update, SHA512_Final>("SHA-512", 64, 128);

}  // namespace

const HashAlgorithm& sha256() noexcept { return kSha256; }
const HashAlgorithm& sha384() noexcept { return kSha384; }
const HashAlgorithm& sha512() noexcept { return kSha512; }

}  // namespace nautilus::inline v0::crypto::openssl
