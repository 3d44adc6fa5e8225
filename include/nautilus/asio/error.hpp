#pragma once

#include <string>

#include <boost/system/error_code.hpp>

#include <nautilus/error.hpp>

namespace nautilus::inline v0::net {

/// Our own reasons, as `ErrorCode`. `Truncated` is what Asio's TLS calls stream_truncated.
inline const boost::system::error_category& error_category() noexcept {
  class Category final : public boost::system::error_category {
   public:
    const char* name() const noexcept override { return "nautilus"; }
    std::string message(int value) const override {
      return describe(Error{static_cast<ErrorCode>(value)});
    }
  };
  static const Category category;
  return category;
}

/// Alerts the peer sent, as `AlertDescription`.
inline const boost::system::error_category& alert_category() noexcept {
  class Category final : public boost::system::error_category {
   public:
    const char* name() const noexcept override { return "nautilus.alert"; }
    std::string message(int value) const override {
      return "the peer sent alert " + std::string(to_string(static_cast<AlertDescription>(value)));
    }
  };
  static const Category category;
  return category;
}

/// The code under which an error travels through Asio; `Stream::last_error` keeps the rich one.
inline boost::system::error_code to_error_code(const Error& error) noexcept {
  if (error.peer_alert) return {static_cast<int>(*error.peer_alert), alert_category()};
  return {static_cast<int>(error.code), error_category()};
}

}  // namespace nautilus::inline v0::net
