#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include <nautilus/bytes.hpp>
#include <nautilus/codepoints.hpp>
#include <nautilus/crypto/random.hpp>
#include <nautilus/export.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>

namespace nautilus::inline v0 {

/// Longest shared secret of a supported group, in octets (SecP384r1MLKEM1024: 48 + 32).
inline constexpr std::size_t kMaxSharedSecretSize = 80;
using SharedSecret = BoundedSecret<kMaxSharedSecretSize>;

/// What the server answers to a client's share: its own share and the secret both now hold.
struct KeyExchangeResult {
  ByteVector share;
  SharedSecret secret;
};

/// The client's half of a key exchange: an ephemeral key pair for one connection (RFC 9846 §4.3.8
/// forbids reuse). Wiped on destruction.
class NAUTILUS_API ActiveKeyExchange {
 public:
  virtual ~ActiveKeyExchange() = default;

  /// The key_exchange octets for the ClientHello; valid as long as this object.
  [[nodiscard]] virtual ByteView share() const noexcept = 0;

  /// Derives the shared secret from the server's share. Fails with `InvalidKeyShare` when the share
  /// has the wrong length or is refused by the group. To be called once.
  [[nodiscard]] virtual Result<SharedSecret> complete(ByteView server_share) = 0;

  /// For a hybrid: the classical part as a share of its own, so that one key serves both entries of
  /// the client's key_share (RFC 9954). Empty for other groups.
  [[nodiscard]] virtual ByteView component_share() const noexcept { return {}; }

  /// `complete` for a server that picked the classical component alone.
  [[nodiscard]] virtual Result<SharedSecret> complete_component(ByteView server_share);
};

/// A key exchange method. Stateless and shared among threads.
class NAUTILUS_API KeyExchangeGroup {
 public:
  virtual ~KeyExchangeGroup() = default;

  [[nodiscard]] virtual NamedGroup id() const noexcept = 0;
  [[nodiscard]] virtual std::string_view backend() const noexcept = 0;
  /// Exact lengths in octets of what client and server send.
  [[nodiscard]] virtual std::size_t client_share_size() const noexcept = 0;
  [[nodiscard]] virtual std::size_t server_share_size() const noexcept = 0;
  /// The classical group whose share `ActiveKeyExchange::component_share` is, if any.
  [[nodiscard]] virtual std::optional<NamedGroup> component() const noexcept { return {}; }

  /// Client: makes an ephemeral key. All of its randomness comes from `random`.
  [[nodiscard]] virtual Result<std::unique_ptr<ActiveKeyExchange>> start(Random& random) const = 0;

  /// Server: answers a client's share. Fails with `InvalidKeyShare` when the share's length is
  /// wrong or the group's checks refuse it (FIPS 203 §7.2 for ML-KEM; all-zero results for X25519).
  [[nodiscard]] virtual Result<KeyExchangeResult> respond(ByteView client_share,
                                                          Random& random) const = 0;
};

}  // namespace nautilus::inline v0
