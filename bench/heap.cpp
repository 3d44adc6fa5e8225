#include "heap.hpp"

#include <malloc.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>

// glibc's own names for what is replaced here.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);
}

namespace nautilus::bench::heap {
namespace {

// One thread measures; nothing else runs.
bool g_counting = false;
Owner g_owner = Owner::Nobody;
std::array<Tally, kOwners> g_tallies;

}  // namespace

// Not in the header: called by the functions below only.
void taken(void* memory) noexcept;
void given_back(void* memory) noexcept;

void taken(void* memory) noexcept {
  if (!g_counting || memory == nullptr) return;
  Tally& tally = g_tallies[static_cast<std::size_t>(g_owner)];
  ++tally.allocations;
  tally.live += static_cast<std::int64_t>(malloc_usable_size(memory));
  if (tally.live > tally.peak) tally.peak = tally.live;
}

void given_back(void* memory) noexcept {
  if (!g_counting || memory == nullptr) return;
  g_tallies[static_cast<std::size_t>(g_owner)].live -=
      static_cast<std::int64_t>(malloc_usable_size(memory));
}

Turn::Turn(Owner owner) noexcept : before_(g_owner) { g_owner = owner; }
Turn::~Turn() { g_owner = before_; }
Owner current() noexcept { return g_owner; }

void start() noexcept {
  g_tallies = {};
  g_counting = true;
}
void stop() noexcept { g_counting = false; }
const Tally& of(Owner owner) noexcept { return g_tallies[static_cast<std::size_t>(owner)]; }

}  // namespace nautilus::bench::heap

namespace heap = nautilus::bench::heap;

extern "C" {

void* malloc(std::size_t size) {
  void* const memory = __libc_malloc(size);
  heap::taken(memory);
  return memory;
}

void* calloc(std::size_t count, std::size_t size) {
  void* const memory = __libc_calloc(count, size);
  heap::taken(memory);
  return memory;
}

void* realloc(void* memory, std::size_t size) {
  heap::given_back(memory);
  void* const moved = __libc_realloc(memory, size);
  heap::taken(moved);
  return moved;
}

void* memalign(std::size_t alignment, std::size_t size) {
  void* const memory = __libc_memalign(alignment, size);
  heap::taken(memory);
  return memory;
}

void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }

int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  *out = memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}

void free(void* memory) {
  heap::given_back(memory);
  __libc_free(memory);
}

}  // extern "C"
