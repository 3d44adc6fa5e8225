#pragma once

#include <expected>
#include <optional>
#include <utility>

#include <nautilus/error.hpp>

namespace nautilus::inline v0 {

/// A value or the reason why there is none. Ignoring one is a compiler warning.
template <class T = void>
using Result = std::expected<T, Error>;

/// An answer that may come later: empty when the asked object will answer through
/// `Connection::resume` instead of now.
template <class T>
using Eventually = std::optional<Result<T>>;

/// `return fail(ErrorCode::X, "why");`
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, const char* detail = "") noexcept {
  return std::unexpected<Error>(Error{.code = code, .detail = detail});
}

/// Passes the error of a failed result on: `if (!r) return propagate(r);`
template <class T>
[[nodiscard]] std::unexpected<Error> propagate(const Result<T>& failed) noexcept {
  return std::unexpected<Error>(failed.error());
}

}  // namespace nautilus::inline v0
