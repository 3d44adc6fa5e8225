// What the command says when something goes wrong, and the exit status it says it with.
#pragma once

#include <string>

#include <boost/system/error_code.hpp>
#include <nlohmann/json.hpp>

#include <nautilus/error.hpp>

namespace app {

/// Exit statuses; `--help` lists them.
enum Exit : int {
  kOk = 0,
  kUsage = 1,
  kLocal = 2,
  kNetwork = 3,
  kPeerRejected = 4,
  kRejectedByPeer = 5,
  kProtocol = 6,
  kTampered = 7,
};

extern const char* const kExitHelp;

/// A failure, ready to be shown.
struct Failure {
  int exit = kOk;
  std::string what;   ///< one line
  std::string side;   ///< "client" or "server": where it was noticed
  std::string alert;  ///< the alert on the wire, if any
  std::string hint;   ///< what to try

  [[nodiscard]] nlohmann::json json() const;
  /// Two lines on standard error.
  void print() const;
};

[[nodiscard]] Failure explain(const nautilus::Error& error, const std::string& side);
[[nodiscard]] Failure explain(const boost::system::error_code& ec, const nautilus::Error* rich,
                              const std::string& side);
[[nodiscard]] Failure local_failure(const nautilus::Error& error, const std::string& what,
                                    const std::string& hint);

}  // namespace app
