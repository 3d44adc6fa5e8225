#include "wire/extensions/pre_shared_key.hpp"

#include <cassert>
#include <cstring>

#include "wire/reader.hpp"
#include "wire/writer.hpp"

namespace nautilus::inline v0::wire {

Result<OfferedPsks> decode_offered_psks(ByteView data) {
  Reader reader(data);
  Reader identities(reader.vector16(7, 0xFFFF));
  const ByteView binder_list = reader.vector16(33, 0xFFFF);
  if (auto r = reader.finish("pre_shared_key"); !r) return propagate(r);
  OfferedPsks psks;
  psks.binders_size = 2 + binder_list.size();
  while (!identities.empty()) {
    PskIdentity identity;
    identity.identity = identities.vector16(1, 0xFFFF);
    identity.obfuscated_ticket_age = identities.u32();
    if (identities.failed() || psks.identities.size() == kMaxPskIdentities) {
      return fail(ErrorCode::DecodeError, "pre_shared_key identities");
    }
    psks.identities.push_back(identity);
  }
  Reader binders(binder_list);
  while (!binders.empty()) {
    const ByteView binder = binders.vector8(32, 255);
    if (binders.failed() || psks.binders.size() == kMaxPskIdentities) {
      return fail(ErrorCode::DecodeError, "pre_shared_key binders");
    }
    psks.binders.push_back(binder);
  }
  if (psks.binders.size() != psks.identities.size()) {
    return fail(ErrorCode::IllegalParameter, "as many binders as identities are needed");
  }
  return psks;
}

std::size_t binders_list_size(std::span<const std::size_t> binder_sizes) noexcept {
  std::size_t size = 2;
  for (const std::size_t binder : binder_sizes) size += 1 + binder;
  return size;
}

void encode_offered_psks(ByteVector& out, std::span<const PskIdentity> identities,
                         std::span<const std::size_t> binder_sizes) {
  Writer writer(out);
  {
    const auto length = writer.prefix16();
    for (const PskIdentity& identity : identities) {
      writer.vector16(identity.identity);
      writer.u32(identity.obfuscated_ticket_age);
    }
  }
  const auto length = writer.prefix16();
  for (const std::size_t size : binder_sizes) writer.vector8(ByteVector(size, 0));
}

void patch_binders(ByteVector& client_hello, std::span<const ByteView> binders) {
  std::size_t at = client_hello.size();
  for (std::size_t i = binders.size(); i-- > 0;) {
    at -= binders[i].size();
    assert(client_hello[at - 1] == binders[i].size());
    std::memcpy(client_hello.data() + at, binders[i].data(), binders[i].size());
    at -= 1;
  }
}

Result<std::uint16_t> decode_selected_identity(ByteView data) {
  Reader reader(data);
  const std::uint16_t index = reader.u16();
  if (auto r = reader.finish("selected_identity"); !r) return propagate(r);
  return index;
}

void encode_selected_identity(ByteVector& out, std::uint16_t index) { Writer(out).u16(index); }

}  // namespace nautilus::inline v0::wire
