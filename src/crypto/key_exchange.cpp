#include <nautilus/crypto/key_exchange.hpp>

namespace nautilus::inline v0 {

Result<SharedSecret> ActiveKeyExchange::complete_component(ByteView) {
  return fail(ErrorCode::ApiMisuse, "this group has no component share");
}

}  // namespace nautilus::inline v0
