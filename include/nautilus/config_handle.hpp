#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include <nautilus/result.hpp>

namespace nautilus::inline v0 {

/// The config that new connections get, to be replaced while a program runs: renewed certificates,
/// other anchors or ticket keys. Connections that exist keep the config they began with. Used from
/// any thread.
///
///     ConfigHandle handle(config);
///     ... Connection::accept(handle.get(), ...)
///     if (auto r = handle.replace([&] { return build_again(); }); !r) log(r.error());
///
/// `Config` is `ServerConfig` or `ClientConfig`.
template <class Config>
class ConfigHandle {
 public:
  explicit ConfigHandle(std::shared_ptr<const Config> config) noexcept
      : config_(std::move(config)) {}

  [[nodiscard]] std::shared_ptr<const Config> get() const {
    const std::scoped_lock lock(mutex_);
    return config_;
  }
  void set(std::shared_ptr<const Config> config) {
    const std::scoped_lock lock(mutex_);
    config_.swap(config);  // the old one may be the last of its kind: it ends outside the lock
  }
  /// Takes what `make` returns, a `Result` of a shared config. If that failed the old one stays,
  /// and the error is returned. Without the lock while `make` runs.
  template <class Make>
  Result<void> replace(Make&& make) {
    Result<std::shared_ptr<const Config>> made = std::forward<Make>(make)();
    if (!made) return propagate(made);
    set(std::move(*made));
    return {};
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Config> config_;
};

}  // namespace nautilus::inline v0
