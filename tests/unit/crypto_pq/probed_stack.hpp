// A stack to run operations on that is searched afterwards for what they have left there.
#pragma once

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>

#include <nautilus/bytes.hpp>

namespace nautilus::test {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define NAUTILUS_TEST_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define NAUTILUS_TEST_SANITIZED
#endif

/// Why a search would say nothing in this build; null where it does.
#if defined(NAUTILUS_TEST_SANITIZED)
inline constexpr const char* kUnprobed = "a sanitizer moves objects off the stack: NOT run";
#elif defined(NAUTILUS_COVERAGE)
inline constexpr const char* kUnprobed = "code that counts its branches spills more: NOT run";
#elif !defined(__OPTIMIZE__)
inline constexpr const char* kUnprobed = "unoptimised code spills every value: NOT run";
#else
inline constexpr const char* kUnprobed = nullptr;
#endif

class ProbedStack {
 public:
  ProbedStack()
      : memory_(static_cast<std::uint8_t*>(
            ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {}
  ~ProbedStack() { ::munmap(memory_, kSize); }
  ProbedStack(const ProbedStack&) = delete;
  ProbedStack& operator=(const ProbedStack&) = delete;

  void run(const std::function<void()>& operation) {
    ASSERT_NE(static_cast<void*>(memory_), MAP_FAILED);
    pthread_attr_t attributes;
    ASSERT_EQ(::pthread_attr_init(&attributes), 0);
    ASSERT_EQ(::pthread_attr_setstack(&attributes, memory_, kSize), 0);
    pthread_t thread;
    const auto start = [](void* argument) -> void* {
      (*static_cast<const std::function<void()>*>(argument))();
      return nullptr;
    };
    ASSERT_EQ(::pthread_create(&thread, &attributes, start,
                               const_cast<std::function<void()>*>(&operation)),
              0);
    ASSERT_EQ(::pthread_join(thread, nullptr), 0);
    ::pthread_attr_destroy(&attributes);
  }

  /// Whether `size` octets of `secret`, taken every eight, are there.
  [[nodiscard]] bool holds(ByteView secret, std::size_t size = 16) const {
    // What a piece begins with, as a filter: most places of the stack begin no piece.
    std::vector<bool> beginnings(std::size_t{1} << 16);
    std::unordered_set<std::string_view> pieces;
    const auto text = [](const std::uint8_t* at, std::size_t count) {
      return std::string_view(reinterpret_cast<const char*>(at), count);
    };
    for (std::size_t at = 0; at + size <= secret.size(); at += 8) {
      const auto piece = secret.subspan(at, size);
      // Nearly zero, or the same throughout: everywhere by chance.
      if (std::ranges::count(piece, 0) > static_cast<std::ptrdiff_t>(size * 5 / 8)) continue;
      if (std::ranges::count(piece, piece[0]) == static_cast<std::ptrdiff_t>(size)) continue;
      beginnings[filter(piece.data())] = true;
      pieces.insert(text(piece.data(), size));
    }
    for (std::size_t at = 0; at + size <= kSize; ++at) {
      if (beginnings[filter(memory_ + at)] && pieces.contains(text(memory_ + at, size)))
        return true;
    }
    return false;
  }

 private:
  static std::uint16_t filter(const std::uint8_t* at) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, at, sizeof eight);
    return static_cast<std::uint16_t>((eight * 0x9e3779b97f4a7c15) >> 48);
  }

  static constexpr std::size_t kSize = 1 << 19;
  std::uint8_t* memory_;
};

template <class T>
ByteVector octets_of(const T& value) {
  const auto* first = reinterpret_cast<const std::uint8_t*>(&value);
  return ByteVector(first, first + sizeof value);
}

/// Leaves `secret` where operations have theirs: below what the end of a thread overwrites.
[[gnu::noinline]] inline void leave_on_stack(ByteView secret) {
  std::array<std::uint8_t, 1 << 14> left{};
  std::ranges::copy(secret, left.begin());
  asm volatile("" : : "r"(left.data()) : "memory");
}

struct StackSecret {
  const char* name;
  ByteVector octets;
};

}  // namespace nautilus::test
