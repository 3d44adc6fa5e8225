#include "load/forged.hpp"

#include "state/key_schedule.hpp"
#include "wire/small_messages.hpp"

namespace load {

using nautilus::ByteVector;
using nautilus::ErrorCode;
using nautilus::Result;
namespace wire = nautilus::wire;

void ForgedFlood::log(std::string_view label, nautilus::ByteView /*client_random*/,
                      nautilus::ByteView secret) noexcept {
  if (label == "CLIENT_TRAFFIC_SECRET_0") secret_ = nautilus::crypto::HashSecret(secret);
}

Result<void> ForgedFlood::install() {
  auto protection = nautilus::record::Protection::from_secret(
      *suite_, nautilus::crypto::kTls13LabelPrefix, secret_.expose());
  if (!protection) return std::unexpected(protection.error());
  sender_.install(0, std::move(*protection));
  return {};
}

Result<void> ForgedFlood::begin(nautilus::CipherSuiteId suite) {
  suite_ = nautilus::default_provider()->find(suite);
  if (suite_ == nullptr || secret_.empty()) return nautilus::fail(ErrorCode::ApiMisuse);
  return install();
}

Result<void> ForgedFlood::fill(std::size_t size) {
  while (output_.size() < size) {
    if (kind_ == Kind::EmptyRecords) {
      if (auto r = sender_.send(wire::ContentType::application_data, nautilus::ByteView(), output_);
          !r)
        return r;
      continue;
    }
    ByteVector message;
    wire::encode_key_update(message, wire::KeyUpdateRequest::update_requested);
    if (auto r = sender_.send(wire::ContentType::handshake, message, output_); !r) return r;
    secret_ = nautilus::state::next_traffic_secret(*suite_->hash, {}, secret_);
    if (auto r = install(); !r) return r;
  }
  return {};
}

}  // namespace load
