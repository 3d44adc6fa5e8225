// A client's session store in a file: private, versioned, written atomically. A ticket leaves the
// file before it is used, so that it is never used twice.
#pragma once

#include <filesystem>
#include <memory>

#include <nautilus/result.hpp>
#include <nautilus/session/store.hpp>

namespace app {

/// A file that does not exist yet is an empty store. Fails with `StoreFailure` for a file of
/// another kind.
[[nodiscard]] nautilus::Result<std::shared_ptr<nautilus::ClientSessionStore>> open_session_file(
    const std::filesystem::path& path);

}  // namespace app
