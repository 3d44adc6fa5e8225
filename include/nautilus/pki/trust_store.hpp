#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include <nautilus/bytes.hpp>
#include <nautilus/export.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0 {

/// A set of trust anchors. Immutable and cheap to copy.
class NAUTILUS_API TrustStore {
 public:
  /// Every CERTIFICATE of a PEM file becomes an anchor. `FileUnreadable`, `PemMalformed`, and
  /// `ConfigInvalid` if there is none.
  [[nodiscard]] static Result<TrustStore> from_pem_file(const std::filesystem::path& path);
  [[nodiscard]] static Result<TrustStore> from_pem(std::string_view pem);
  /// The distribution's CA bundle. `FileUnreadable` where there is none.
  [[nodiscard]] static Result<TrustStore> system();

  /// DER certificates.
  [[nodiscard]] const std::vector<ByteVector>& anchors() const noexcept { return *anchors_; }

 private:
  explicit TrustStore(std::vector<ByteVector> anchors)
      : anchors_(std::make_shared<const std::vector<ByteVector>>(std::move(anchors))) {}
  std::shared_ptr<const std::vector<ByteVector>> anchors_;
};

}  // namespace nautilus::inline v0
