// Secrets are looked at after their death: the objects live in storage the test owns, and heap
// blocks are inspected at the moment they are freed.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <nautilus/secret.hpp>

namespace {

// While armed, counts freed blocks in which a run of the marker octet survives.
constexpr std::uint8_t kMarker = 0xA7;
constexpr std::size_t kRun = 16;
bool g_watching = false;
int g_dirty_frees = 0;
int g_watched_frees = 0;

bool holds_marker(const std::uint8_t* memory, std::size_t size) {
  std::size_t run = 0;
  for (std::size_t i = 0; i < size; ++i) {
    run = memory[i] == kMarker ? run + 1 : 0;
    if (run == kRun) return true;
  }
  return false;
}

// Every block carries its size in front, so that the release can be inspected.
constexpr std::size_t kHeader = alignof(std::max_align_t);

void* watched_allocate(std::size_t size) {
  auto* block = static_cast<std::uint8_t*>(std::calloc(1, size + kHeader));
  if (block == nullptr) throw std::bad_alloc();
  std::memcpy(block, &size, sizeof size);
  return block + kHeader;
}

void watched_release(void* memory) noexcept {
  if (memory == nullptr) return;
  auto* block = static_cast<std::uint8_t*>(memory) - kHeader;
  std::size_t size = 0;
  std::memcpy(&size, block, sizeof size);
  if (g_watching) {
    ++g_watched_frees;
    if (holds_marker(block + kHeader, size)) ++g_dirty_frees;
  }
  std::free(block);
}

}  // namespace

// The analyzer takes the look at a block on its way to free() for a use after it.
// NOLINTBEGIN(clang-analyzer-cplusplus.NewDelete)
void* operator new(std::size_t size) { return watched_allocate(size); }
void* operator new[](std::size_t size) { return watched_allocate(size); }
void operator delete(void* memory) noexcept { watched_release(memory); }
void operator delete[](void* memory) noexcept { watched_release(memory); }
void operator delete(void* memory, std::size_t) noexcept { watched_release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { watched_release(memory); }
// NOLINTEND(clang-analyzer-cplusplus.NewDelete)

namespace nautilus {
namespace {

using Pattern = std::array<std::uint8_t, 48>;

Pattern pattern(std::uint8_t value = kMarker) {
  Pattern bytes;
  bytes.fill(value);
  return bytes;
}

/// Makes the optimiser assume that somebody reads and writes the memory behind `pointer`, so that
/// it neither drops stores to a dying object nor a matching pair of new and delete.
void escape(const void* pointer) { asm volatile("" : : "r"(pointer) : "memory"); }

/// Storage that outlives the object in it.
template <class T>
class Grave {
 public:
  template <class... Args>
  void build(Args&&... args) {
    ::new (static_cast<void*>(storage_.data())) T(std::forward<Args>(args)...);
    escape(storage_.data());
  }
  T& object() { return *std::launder(reinterpret_cast<T*>(storage_.data())); }
  void destroy() {
    object().~T();
    escape(storage_.data());
  }
  [[nodiscard]] bool holds_secret() const {
    // The object's lifetime may be over: read through volatile, as a debugger would.
    const volatile std::uint8_t* memory = storage_.data();
    std::array<std::uint8_t, sizeof(T)> copy{};
    for (std::size_t i = 0; i < copy.size(); ++i) copy[i] = memory[i];
    return holds_marker(copy.data(), copy.size());
  }

 private:
  alignas(T) std::array<std::uint8_t, sizeof(T)> storage_{};
};

/// Counts blocks freed with the marker in them between construction and `dirty()`.
class FreeWatch {
 public:
  FreeWatch() {
    g_dirty_frees = g_watched_frees = 0;
    g_watching = true;
  }
  ~FreeWatch() { g_watching = false; }
  FreeWatch(const FreeWatch&) = delete;
  FreeWatch& operator=(const FreeWatch&) = delete;
  [[nodiscard]] int dirty() const { return g_dirty_frees; }
  [[nodiscard]] int freed() const { return g_watched_frees; }
};

/// What a careless type looks like: the probes below must catch it.
struct LeakySecret {
  explicit LeakySecret(ByteView from) { std::ranges::copy(from, bytes.begin()); }
  Pattern bytes{};
};

TEST(SecretProbe, CatchesATypeThatDoesNotWipe) {
  Grave<LeakySecret> grave;
  grave.build(ByteView(pattern()));
  grave.destroy();
  EXPECT_TRUE(grave.holds_secret());
}

TEST(SecretProbe, CatchesAHeapBlockThatIsNotWiped) {
  const FreeWatch watch;
  {
    auto heap = std::make_unique<Pattern>(pattern());
    escape(heap.get());
  }
  EXPECT_EQ(watch.dirty(), 1);
}

TEST(Wipe, OverwritesEveryOctetAndAcceptsNothing) {
  auto bytes = pattern();
  wipe(bytes);
  EXPECT_EQ(bytes, pattern(0));
  wipe({});
}

TEST(Wipe, LeavesTheNeighboursAlone) {
  auto bytes = pattern();
  wipe(ByteSpan(bytes).subspan(8, 16));
  EXPECT_EQ(bytes[7], kMarker);
  EXPECT_EQ(bytes[8], 0);
  EXPECT_EQ(bytes[23], 0);
  EXPECT_EQ(bytes[24], kMarker);
}

template <class T>
class InlineSecret : public testing::Test {};
using InlineTypes = testing::Types<BoundedSecret<48>, BoundedSecret<64>, Secret<48>>;
TYPED_TEST_SUITE(InlineSecret, InlineTypes);

template <class T>
T make_secret(const Pattern& bytes) {
  return T(std::span<const std::uint8_t, 48>(bytes));
}

TYPED_TEST(InlineSecret, IsWipedOnDestruction) {
  Grave<TypeParam> grave;
  grave.build(std::span<const std::uint8_t, 48>(pattern()));
  ASSERT_TRUE(grave.holds_secret());
  grave.destroy();
  EXPECT_FALSE(grave.holds_secret());
}

TYPED_TEST(InlineSecret, IsWipedWhenMovedFrom) {
  Grave<TypeParam> grave;
  grave.build(std::span<const std::uint8_t, 48>(pattern()));
  TypeParam moved(std::move(grave.object()));
  EXPECT_FALSE(grave.holds_secret());
  EXPECT_TRUE(std::ranges::equal(moved.expose(), pattern()));
  EXPECT_TRUE(grave.object().empty());
  grave.destroy();
}

TYPED_TEST(InlineSecret, IsWipedBeforeItIsReplaced) {
  Grave<TypeParam> grave;
  grave.build(std::span<const std::uint8_t, 48>(pattern()));
  auto next = make_secret<TypeParam>(pattern(0x11));
  grave.object() = std::move(next);
  EXPECT_FALSE(grave.holds_secret());
  EXPECT_TRUE(std::ranges::equal(grave.object().expose(), pattern(0x11)));
  EXPECT_TRUE(next.empty());  // NOLINT(bugprone-use-after-move): moved-from is specified as empty
  grave.destroy();
}

TYPED_TEST(InlineSecret, SurvivesAssignmentToItself) {
  auto secret = make_secret<TypeParam>(pattern());
  auto& alias = secret;
  secret = std::move(alias);
  EXPECT_TRUE(std::ranges::equal(secret.expose(), pattern()));
}

TYPED_TEST(InlineSecret, ClearWipesAndEmpties) {
  Grave<TypeParam> grave;
  grave.build(std::span<const std::uint8_t, 48>(pattern()));
  grave.object().clear();
  EXPECT_FALSE(grave.holds_secret());
  EXPECT_EQ(grave.object().size(), 0u);
  grave.destroy();
}

TYPED_TEST(InlineSecret, CloneIsIndependent) {
  auto secret = make_secret<TypeParam>(pattern());
  auto copy = secret.clone();
  copy.expose_mutable()[0] = 0;
  EXPECT_TRUE(std::ranges::equal(secret.expose(), pattern()));
  EXPECT_EQ(copy.expose()[1], kMarker);
}

TYPED_TEST(InlineSecret, CannotBeCopiedOrComparedOrConverted) {
  static_assert(!std::is_copy_constructible_v<TypeParam>);
  static_assert(!std::is_copy_assignable_v<TypeParam>);
  static_assert(std::is_nothrow_move_constructible_v<TypeParam>);
  static_assert(!std::equality_comparable<TypeParam>);
  static_assert(!std::is_convertible_v<TypeParam, ByteView>);
  EXPECT_FALSE((std::is_convertible_v<TypeParam, bool>));
}

TEST(BoundedSecret, ShorterReplacementLeavesNoTail) {
  Grave<BoundedSecret<48>> grave;
  grave.build(ByteView(pattern()));
  const std::array<std::uint8_t, 4> shorter{1, 2, 3, 4};
  grave.object() = BoundedSecret<48>(ByteView(shorter));
  EXPECT_FALSE(grave.holds_secret());
  EXPECT_EQ(grave.object().size(), 4u);
  grave.destroy();
}

TEST(BoundedSecret, OfASizeIsZeroed) {
  const BoundedSecret<64> secret(std::size_t{32});
  EXPECT_EQ(secret.size(), 32u);
  EXPECT_TRUE(std::ranges::all_of(secret.expose(), [](std::uint8_t b) { return b == 0; }));
}

TEST(SecretBytes, IsWipedBeforeItsMemoryIsFreed) {
  const auto bytes = pattern();
  const FreeWatch watch;
  {
    const SecretBytes secret{ByteView(bytes)};
  }
  EXPECT_EQ(watch.freed(), 1);
  EXPECT_EQ(watch.dirty(), 0);
}

TEST(SecretBytes, IsWipedBeforeItIsReplaced) {
  const auto bytes = pattern();
  SecretBytes secret{ByteView(bytes)};
  SecretBytes next{ByteView(bytes).first(20)};
  const FreeWatch watch;
  secret = std::move(next);
  EXPECT_EQ(watch.freed(), 1);
  EXPECT_EQ(watch.dirty(), 0);
  EXPECT_EQ(secret.size(), 20u);
  EXPECT_TRUE(next.empty());  // NOLINT(bugprone-use-after-move): moved-from is specified as empty
}

TEST(SecretBytes, MovingHandsTheBlockOverWithoutACopy) {
  const auto bytes = pattern();
  SecretBytes secret{ByteView(bytes)};
  const auto* address = secret.expose().data();
  const SecretBytes moved(std::move(secret));
  EXPECT_EQ(moved.expose().data(), address);
  EXPECT_TRUE(std::ranges::equal(moved.expose(), bytes));
  EXPECT_TRUE(secret.empty());  // NOLINT(bugprone-use-after-move): specified as empty
}

TEST(SecretBytes, ClearWipesAndMayBeRepeated) {
  const auto bytes = pattern();
  SecretBytes secret{ByteView(bytes)};
  const FreeWatch watch;
  secret.clear();
  secret.clear();
  EXPECT_EQ(watch.freed(), 1);
  EXPECT_EQ(watch.dirty(), 0);
  EXPECT_TRUE(secret.empty());
}

TEST(SecretBytes, EmptyOnesHoldNoMemory) {
  const SecretBytes none;
  const SecretBytes zero(std::size_t{0});
  EXPECT_EQ(none.expose().data(), nullptr);
  EXPECT_EQ(zero.expose().data(), nullptr);
  EXPECT_TRUE(none.clone().empty());
}

TEST(SecretBytes, CannotBeCopiedOrComparedOrConverted) {
  static_assert(!std::is_copy_constructible_v<SecretBytes>);
  static_assert(!std::is_copy_assignable_v<SecretBytes>);
  static_assert(std::is_nothrow_move_constructible_v<SecretBytes>);
  static_assert(!std::equality_comparable<SecretBytes>);
  EXPECT_FALSE((std::is_convertible_v<SecretBytes, ByteView>));
}

}  // namespace
}  // namespace nautilus
