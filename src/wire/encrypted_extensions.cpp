#include "wire/encrypted_extensions.hpp"

#include "wire/extensions/lists.hpp"
#include "wire/handshake_framing.hpp"

namespace nautilus::inline v0::wire {

Result<EncryptedExtensions> decode_encrypted_extensions(ByteView body) {
  Reader reader(body);
  auto block = ExtensionBlock::decode(reader, ExtensionHost::EncryptedExtensions);
  if (!block) return propagate(block);
  if (auto r = reader.finish("EncryptedExtensions"); !r) return propagate(r);
  EncryptedExtensions message;
  message.extensions = std::move(*block);
  using enum ExtensionType;
  for (const ExtensionView& extension : message.extensions.all()) {
    switch (extension.type) {
      case application_layer_protocol_negotiation: {
        auto name = decode_selected_application_protocol(extension.data);
        if (!name) return propagate(name);
        message.application_protocol = *name;
        break;
      }
      case record_size_limit: {
        auto limit = decode_record_size_limit(extension.data);
        if (!limit) return propagate(limit);
        message.record_size_limit = *limit;
        break;
      }
      case ticket_request:
        if (auto count = decode_expected_tickets(extension.data); !count) return propagate(count);
        break;
      case supported_groups:
        if (auto groups = decode_supported_groups(extension.data); !groups) {
          return propagate(groups);
        }
        break;
      case server_name:
      case early_data:
        if (!extension.data.empty()) {
          return fail(ErrorCode::DecodeError, to_string(extension.type).data());
        }
        (extension.type == server_name ? message.server_name : message.early_data) = true;
        break;
      default:
        break;
    }
  }
  return message;
}

void encode_encrypted_extensions(ByteVector& out, const ExtensionList& extensions) {
  encode_handshake(out, HandshakeType::encrypted_extensions,
                   [&](Writer& writer) { extensions.encode(writer); });
}

}  // namespace nautilus::inline v0::wire
