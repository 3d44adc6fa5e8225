#include "crypto/curve25519/ed25519.hpp"

#include <algorithm>

#include "core/ct.hpp"
#include "crypto/curve25519/scalar.hpp"

namespace nautilus::inline v0::crypto::curve25519 {
namespace {

using Digest512 = std::array<std::uint8_t, 64>;

/// A hash of secrets: state and digest are wiped.
class SecretHash {
 public:
  template <class... Parts>
  explicit SecretHash(const HashAlgorithm& sha512, const Parts&... parts) noexcept {
    sha512.init(state_->bytes);
    (sha512.update(state_->bytes, parts), ...);
    sha512.finish(state_->bytes, digest_->data());
  }
  [[nodiscard]] Digest512& operator*() noexcept { return *digest_; }

 private:
  struct State {
    alignas(16) std::uint8_t bytes[kHashStateSize];
  };
  Wiped<State> state_;
  Wiped<Digest512> digest_;
};

std::span<const std::uint8_t, 32> half(ByteView octets, std::size_t index) noexcept {
  return octets.subspan(32 * index).first<32>();
}

std::unexpected<Error> refuse(const char* why) noexcept {
  return fail(ErrorCode::BadSignature, why);
}

}  // namespace

Ed25519PrivateKey::Ed25519PrivateKey(std::span<const std::uint8_t, kEd25519KeySize> seed,
                                     const HashAlgorithm& sha512, Backend backend) noexcept
    : sha512_(sha512), backend_(backend) {
  SecretHash expanded(sha512_, ByteView(seed));
  *scalar_ = clamped(half(*expanded, 0));
  std::ranges::copy(half(*expanded, 1), prefix_.expose_mutable().begin());
  backend_.kernels().edwards_base(public_key_, *scalar_);
  ct::declassify(public_key_.data(), public_key_.size());  // it is the public key
}

Ed25519Signature Ed25519PrivateKey::sign(ByteView message) const noexcept {
  Ed25519Signature signature;
  const std::span<std::uint8_t, 64> out(signature);
  SecretHash nonce_digest(sha512_, prefix_.expose(), message);
  Wiped<Words> nonce;
  *nonce = reduce_scalar(*nonce_digest);
  backend_.kernels().edwards_base(out.first<32>(), *nonce);
  ct::declassify(signature.data(), 32);  // R is sent
  const Words k = reduce_scalar(
      *SecretHash(sha512_, ByteView(out.first<32>()), ByteView(public_key_), message));
  store_words(out.last<32>(), multiply_add_scalar(k, *scalar_, *nonce));
  ct::declassify(signature.data() + 32, 32);  // S is sent
  return signature;
}

Ed25519PublicKey::Ed25519PublicKey(std::span<const std::uint8_t, kEd25519KeySize> octets,
                                   const HashAlgorithm& sha512, Backend backend) noexcept
    : usable_(backend.kernels().decode_negated(negated_, octets)),
      sha512_(sha512),
      backend_(backend) {
  std::ranges::copy(octets, octets_.begin());
}

Result<void> Ed25519PublicKey::verify(ByteView message, ByteView signature) const noexcept {
  if (signature.size() != kEd25519SignatureSize) return refuse("Ed25519 signature's length");
  if (!usable_) return refuse("Ed25519 key not canonical, not on the curve or of small order");
  const Words s = load_words(half(signature, 1));
  if (!scalar_in_range(s)) return refuse("Ed25519 signature with S not below the group's order");
  const Digest digest =
      Hasher(sha512_).update(signature.first(32)).update(octets_).update(message).finish();
  const Words k = reduce_scalar(digest.view().first<64>());
  std::array<std::uint8_t, 32> expected;
  backend_.kernels().multiply_two(expected, s, k, negated_);
  if (!std::ranges::equal(expected, signature.first(32))) {
    return refuse("Ed25519 signature does not match");
  }
  return {};
}

}  // namespace nautilus::inline v0::crypto::curve25519
