// Counts what the process takes from the heap, by whose turn it is. The program's malloc is
// replaced, so that libcrypto's and libssl's share is seen as well.
#pragma once

#include <array>
#include <cstdint>

namespace nautilus::bench::heap {

enum class Owner : std::uint8_t { Nobody, Client, Server, ClientCertificates, ServerCertificates };
inline constexpr std::size_t kOwners = 5;

struct Tally {
  std::int64_t live = 0;  ///< octets, as malloc_usable_size says
  std::int64_t peak = 0;
  std::uint64_t allocations = 0;
};

/// While counting, what is taken and given back between construction and destruction of a `Turn`
/// goes to its owner.
class Turn {
 public:
  explicit Turn(Owner owner) noexcept;
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Owner before_;
};

[[nodiscard]] Owner current() noexcept;
/// Starts at zero.
void start() noexcept;
void stop() noexcept;
[[nodiscard]] const Tally& of(Owner owner) noexcept;

}  // namespace nautilus::bench::heap
