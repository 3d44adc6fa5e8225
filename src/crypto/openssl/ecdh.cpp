// ECDH on libcrypto's point arithmetic instead of EVP: the private scalar can then come from the
// caller's generator, and no key object has to be built for each connection.
#include "crypto/openssl/ecdh.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <openssl/obj_mac.h>

#include "crypto/openssl/ossl_ptr.hpp"

namespace nautilus::inline v0::crypto::openssl {
namespace {

/// A generator that is rejected this often in a row is broken: for every curve here one draw is
/// out of range with a probability below 2^-32.
constexpr int kMaxDraws = 8;

struct Curve {
  NamedGroup id;
  int nid;
  std::size_t field_size;  ///< octets of a coordinate and of a scalar
  std::uint8_t top_mask;   ///< which bits of the scalar's first octet may be set
};

constexpr std::array kCurves{
    Curve{NamedGroup::secp256r1, NID_X9_62_prime256v1, 32, 0xff},
    Curve{NamedGroup::secp384r1, NID_secp384r1, 48, 0xff},
    Curve{NamedGroup::secp521r1, NID_secp521r1, 66, 0x01},
};
constexpr std::size_t kMaxFieldSize = 66;
static_assert(kMaxFieldSize <= kMaxSharedSecretSize);

/// The curve's constants, shared among threads: libcrypto only reads them.
struct Domain {
  Curve curve;
  EcGroupPtr group;
  [[nodiscard]] std::size_t point_size() const noexcept { return 1 + 2 * curve.field_size; }
};

Result<BnPtr> draw_scalar(const Domain& domain, Random& random) {
  Secret<kMaxFieldSize> octets;
  const ByteSpan scalar = octets.expose_mutable().first(domain.curve.field_size);
  for (int draw = 0; draw < kMaxDraws; ++draw) {
    if (auto filled = random.fill(scalar); !filled) return propagate(filled);
    scalar[0] &= domain.curve.top_mask;
    BnPtr number(BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), nullptr));
    if (!number) return fail(ErrorCode::OutOfMemory);
    BN_set_flags(number.get(), BN_FLG_CONSTTIME);
    if (!BN_is_zero(number.get()) &&
        BN_cmp(number.get(), EC_GROUP_get0_order(domain.group.get())) < 0) {
      return number;
    }
  }
  return fail(ErrorCode::RandomFailure, "the generator yields no usable ECDH scalar");
}

struct KeyPair {
  BnPtr scalar;
  ByteVector share;
};

Result<KeyPair> generate(const Domain& domain, Random& random) {
  Result<BnPtr> scalar = draw_scalar(domain, random);
  if (!scalar) return propagate(scalar);
  const EC_GROUP* group = domain.group.get();
  const BnCtxPtr scratch(BN_CTX_new());
  const EcPointPtr point(EC_POINT_new(group));
  KeyPair pair{std::move(*scalar), ByteVector(domain.point_size())};
  if (!scratch || !point ||
      EC_POINT_mul(group, point.get(), pair.scalar.get(), nullptr, nullptr, scratch.get()) != 1 ||
      EC_POINT_point2oct(group, point.get(), POINT_CONVERSION_UNCOMPRESSED, pair.share.data(),
                         pair.share.size(), scratch.get()) != pair.share.size()) {
    return fail(ErrorCode::CryptoFailure, "libcrypto: ECDH key generation failed");
  }
  return pair;
}

Result<SharedSecret> agree(const Domain& domain, const BIGNUM* scalar, ByteView peer_share) {
  if (peer_share.size() != domain.point_size() || peer_share[0] != POINT_CONVERSION_UNCOMPRESSED) {
    return fail(ErrorCode::InvalidKeyShare, "ECDH share is not an uncompressed point");
  }
  const EC_GROUP* group = domain.group.get();
  const BnCtxPtr scratch(BN_CTX_new());
  const EcPointPtr peer(EC_POINT_new(group));
  const EcPointPtr product(EC_POINT_new(group));
  const BnPtr x(BN_new());
  if (!scratch || !peer || !product || !x) return fail(ErrorCode::OutOfMemory);
  // Decoding checks that both coordinates are below the prime and the point is on the curve. The
  // curves have cofactor 1, so that is all there is to check.
  if (EC_POINT_oct2point(group, peer.get(), peer_share.data(), peer_share.size(), scratch.get()) !=
          1 ||
      EC_POINT_is_at_infinity(group, peer.get()) == 1) {
    return fail(ErrorCode::InvalidKeyShare, "ECDH share is not on the curve");
  }
  SharedSecret secret(domain.curve.field_size);
  const int size = static_cast<int>(secret.size());
  if (EC_POINT_mul(group, product.get(), nullptr, peer.get(), scalar, scratch.get()) != 1 ||
      EC_POINT_is_at_infinity(group, product.get()) == 1 ||
      EC_POINT_get_affine_coordinates(group, product.get(), x.get(), nullptr, scratch.get()) != 1 ||
      BN_bn2binpad(x.get(), secret.expose_mutable().data(), size) != size) {
    return fail(ErrorCode::CryptoFailure, "libcrypto: ECDH failed");
  }
  return secret;
}

class EcdhKeyExchange final : public ActiveKeyExchange {
 public:
  EcdhKeyExchange(std::shared_ptr<const Domain> domain, KeyPair pair) noexcept
      : domain_(std::move(domain)), pair_(std::move(pair)) {}
  [[nodiscard]] ByteView share() const noexcept override { return pair_.share; }
  [[nodiscard]] Result<SharedSecret> complete(ByteView server_share) override {
    const ErrorScope errors;
    return agree(*domain_, pair_.scalar.get(), server_share);
  }

 private:
  std::shared_ptr<const Domain> domain_;
  KeyPair pair_;
};

class EcdhGroup final : public KeyExchangeGroup {
 public:
  explicit EcdhGroup(std::shared_ptr<const Domain> domain) noexcept : domain_(std::move(domain)) {}
  [[nodiscard]] NamedGroup id() const noexcept override { return domain_->curve.id; }
  [[nodiscard]] std::string_view backend() const noexcept override { return "libcrypto"; }
  [[nodiscard]] std::size_t client_share_size() const noexcept override {
    return domain_->point_size();
  }
  [[nodiscard]] std::size_t server_share_size() const noexcept override {
    return domain_->point_size();
  }

  [[nodiscard]] Result<std::unique_ptr<ActiveKeyExchange>> start(Random& random) const override {
    const ErrorScope errors;
    Result<KeyPair> pair = generate(*domain_, random);
    if (!pair) return propagate(pair);
    return std::make_unique<EcdhKeyExchange>(domain_, std::move(*pair));
  }

  [[nodiscard]] Result<KeyExchangeResult> respond(ByteView client_share,
                                                  Random& random) const override {
    if (client_share.size() != domain_->point_size()) {
      return fail(ErrorCode::InvalidKeyShare, "ECDH share of the wrong length");
    }
    const ErrorScope errors;
    Result<KeyPair> pair = generate(*domain_, random);
    if (!pair) return propagate(pair);
    Result<SharedSecret> secret = agree(*domain_, pair->scalar.get(), client_share);
    if (!secret) return propagate(secret);
    return KeyExchangeResult{std::move(pair->share), std::move(*secret)};
  }

 private:
  std::shared_ptr<const Domain> domain_;
};

}  // namespace

Result<std::shared_ptr<const KeyExchangeGroup>> ecdh_group(NamedGroup id) {
  const auto curve = std::ranges::find(kCurves, id, &Curve::id);
  if (curve == kCurves.end()) return fail(ErrorCode::UnsupportedAlgorithm, "not a NIST curve");
  const ErrorScope errors;
  EcGroupPtr group(EC_GROUP_new_by_curve_name(curve->nid));
  if (!group) return fail(ErrorCode::UnsupportedAlgorithm, "libcrypto lacks this curve");
  return std::make_shared<const EcdhGroup>(
      std::make_shared<const Domain>(Domain{*curve, std::move(group)}));
}

}  // namespace nautilus::inline v0::crypto::openssl
