// EncryptedExtensions (RFC 9846 §4.4.1).
#pragma once

#include <optional>

#include "wire/extension_block.hpp"

namespace nautilus::inline v0::wire {

struct EncryptedExtensions {
  ExtensionBlock extensions;
  std::optional<ByteView> application_protocol;
  std::optional<std::uint16_t> record_size_limit;
  bool server_name = false;  ///< the server used our name
  bool early_data = false;
};

[[nodiscard]] Result<EncryptedExtensions> decode_encrypted_extensions(ByteView body);
void encode_encrypted_extensions(ByteVector& out, const ExtensionList& extensions);

}  // namespace nautilus::inline v0::wire
