// Replays a recorded handshake: the recorded randomness, signatures and extension order go in, and
// everything else has to come out of the engine.
#pragma once

#include <array>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include <gtest/gtest.h>

#include <nautilus/connection.hpp>

#include "handshake/settings.hpp"
#include "support/deterministic.hpp"
#include "support/rfc8448.hpp"
#include "wire/handshake_framing.hpp"
#include "wire/reader.hpp"

namespace nautilus::test {

/// One section of a file of `name = hex` lines.
class Recording {
 public:
  /// From the repository's own copy, or from the folder NAUTILUS_VECTORS names; nothing if that is
  /// not there.
  static std::optional<Recording> load(const std::string& section) {
    if (auto own = read(std::string(PROTOCOL_DATA) + "/rfc8448.vec", section)) return own;
    const char* root = std::getenv("NAUTILUS_VECTORS");
    if (root == nullptr) return std::nullopt;
    return read(std::string(root) + "/rfc8448/transcripts.vec", section);
  }
  const ByteVector& operator[](const std::string& name) const { return values_.at(name); }
  [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }
  [[nodiscard]] const std::map<std::string, ByteVector>& all() const { return values_; }

  static std::optional<Recording> read(const std::string& path, const std::string& section) {
    std::ifstream file(path);
    Recording found;
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with('[')) inside = line.substr(1, line.find(']') - 1) == section;
      const auto equals = line.find(" = ");
      if (!inside || line.starts_with('#') || equals == std::string::npos) continue;
      found.values_[line.substr(0, equals)] =
          from_hex(line.substr(line.find_first_not_of(' ', equals + 2)));
    }
    if (found.values_.empty()) return std::nullopt;
    return found;
  }

 private:
  std::map<std::string, ByteVector> values_;
};

/// The extensions of a recorded message, read without the library's judgement about them.
inline wire::ExtensionList recorded_extensions(wire::ExtensionHost host, ByteView message) {
  wire::Reader reader(message.subspan(wire::kHandshakeHeaderSize));
  using enum wire::ExtensionHost;
  if (host == ClientHello || host == ServerHello || host == HelloRetryRequest) {
    (void)reader.bytes(34);
    (void)reader.vector8(0, 32);
    if (host == ClientHello) {
      (void)reader.vector16(2, 0xFFFE);
      (void)reader.vector8(1, 0xFF);
    } else {
      (void)reader.bytes(3);
    }
  } else if (host == CertificateRequest) {
    (void)reader.vector8(0, 0xFF);
  }
  wire::Reader block(reader.vector16(0, 0xFFFF));
  wire::ExtensionList list;
  while (!block.empty()) {
    const auto type = static_cast<wire::ExtensionType>(block.u16());
    list.add(type) = to_vector(block.vector16(0, 0xFFFF));
  }
  return list;
}

/// Puts the extensions into the recorded order. What the engine made stays as it made it, except
/// for `foreign` types: lists of algorithms that this library does not have, and what it never
/// sends (padding, renegotiation_info, session_ticket, the server's supported_groups).
inline void reorder(wire::ExtensionList& own, const wire::ExtensionList& recorded) {
  using enum wire::ExtensionType;
  static const std::set<wire::ExtensionType> kForeign{
      renegotiation_info, supported_groups, session_ticket, signature_algorithms, padding, cookie};
  wire::ExtensionList out;
  for (const auto& item : recorded.items) {
    const ByteVector* made = own.find(item.type);
    if (kForeign.contains(item.type)) {
      out.add(item.type) = item.data;
    } else if (made != nullptr) {
      out.add(item.type) = *made;
    } else {
      ADD_FAILURE() << "the engine did not send " << wire::to_string(item.type);
    }
  }
  for (const auto& item : own.items) {
    EXPECT_NE(out.find(item.type), nullptr) << "not recorded: " << wire::to_string(item.type);
  }
  own = std::move(out);
}

/// The DER SubjectPublicKeyInfo inside a DER certificate.
inline ByteVector public_key_info(ByteView certificate) {
  const auto header = [](ByteView der) -> std::size_t {
    return der[1] < 0x80 ? 2U : 2U + (der[1] & 0x7FU);
  };
  const auto length = [&](ByteView der) {
    if (der[1] < 0x80) return std::size_t{der[1]};
    std::size_t value = 0;
    for (std::size_t i = 2; i < header(der); ++i) value = (value << 8) | der[i];
    return value;
  };
  ByteView fields = certificate.subspan(header(certificate));
  fields = fields.subspan(header(fields));
  // version, serialNumber, signature, issuer, validity, subject
  for (int i = 0; i < 6; ++i) fields = fields.subspan(header(fields) + length(fields));
  return to_vector(fields.first(header(fields) + length(fields)));
}

/// The first certificate of a Certificate message.
inline ByteVector first_certificate(ByteView message) {
  wire::Reader reader(message.subspan(wire::kHandshakeHeaderSize));
  (void)reader.vector8(0, 0xFF);
  wire::Reader entries(reader.vector24(0, 0xFFFFFF));
  return to_vector(entries.vector24(1, 0xFFFFFF));
}

/// What one side signed in the recording.
struct RecordedSignature {
  SignatureScheme scheme;
  ByteVector certificate;
  ByteVector message;
  ByteVector signature;
};

/// A key that knows one signature, and demands that exactly the recorded octets are signed.
class RecordedSigningKey final : public SigningKey {
 public:
  explicit RecordedSigningKey(RecordedSignature recorded)
      : recorded_(std::move(recorded)),
        schemes_{recorded_.scheme},
        public_key_(public_key_info(recorded_.certificate)) {}
  [[nodiscard]] std::span<const SignatureScheme> schemes() const noexcept override {
    return schemes_;
  }
  [[nodiscard]] ByteView public_key() const noexcept override { return public_key_; }
  [[nodiscard]] std::string_view description() const noexcept override { return "recorded"; }
  [[nodiscard]] Eventually<ByteVector> sign(SignatureScheme scheme, ByteView message,
                                            Random&) const override {
    EXPECT_EQ(scheme, recorded_.scheme);
    EXPECT_EQ(to_hex(message), to_hex(recorded_.message));
    return recorded_.signature;
  }

 private:
  RecordedSignature recorded_;
  std::array<SignatureScheme, 1> schemes_;
  ByteVector public_key_;
};

class RecordedVerificationKey final : public VerificationKey {
 public:
  explicit RecordedVerificationKey(RecordedSignature recorded)
      : recorded_(std::move(recorded)), schemes_{recorded_.scheme} {}
  [[nodiscard]] std::span<const SignatureScheme> schemes() const noexcept override {
    return schemes_;
  }
  [[nodiscard]] std::string_view description() const noexcept override { return "recorded"; }
  [[nodiscard]] Result<void> verify(SignatureScheme scheme, ByteView message,
                                    ByteView signature) const override {
    EXPECT_EQ(scheme, recorded_.scheme);
    EXPECT_EQ(to_hex(message), to_hex(recorded_.message));
    EXPECT_EQ(to_hex(signature), to_hex(recorded_.signature));
    return {};
  }

 private:
  RecordedSignature recorded_;
  std::array<SignatureScheme, 1> schemes_;
};

/// Accepts the recorded certificate: RFC 8448's RSA keys of 1024 bits are too weak for the real
/// one.
class RecordedVerifier final : public CertificateVerifier {
 public:
  explicit RecordedVerifier(RecordedSignature recorded)
      : recorded_(std::move(recorded)), schemes_{recorded_.scheme} {}
  [[nodiscard]] Eventually<CertificateVerdict> verify(
      const CertificateQuestion& question) const override {
    EXPECT_EQ(to_hex(question.chain.front()), to_hex(recorded_.certificate));
    CertificateVerdict verdict;
    verdict.identity.kind = PeerIdentity::Kind::Application;
    verdict.key = std::make_shared<RecordedVerificationKey>(recorded_);
    verdict.schemes.assign(schemes_.begin(), schemes_.end());
    return verdict;
  }
  [[nodiscard]] std::span<const SignatureScheme> schemes() const noexcept override {
    return schemes_;
  }
  [[nodiscard]] ByteVector fingerprint() const override { return {1}; }

 private:
  RecordedSignature recorded_;
  std::array<SignatureScheme, 1> schemes_;
};

/// Seals into the recorded ticket, and opens it to a given state.
class RecordedTicketer final : public Ticketer {
 public:
  explicit RecordedTicketer(ByteVector ticket) : ticket_(std::move(ticket)) {}
  [[nodiscard]] Eventually<ByteVector> seal(ByteView state, TimePoint) override {
    sealed = SecretBytes(state);
    return ticket_;
  }
  [[nodiscard]] Eventually<std::optional<SecretBytes>> open(ByteView ticket, TimePoint) override {
    if (!std::ranges::equal(ticket, ticket_)) return std::optional<SecretBytes>();
    return std::optional<SecretBytes>(to_open.clone());
  }
  SecretBytes sealed;
  SecretBytes to_open;

 private:
  ByteVector ticket_;
};

/// Settings are immutable through the public interface; the recordings need two switches that it
/// does not have. The settings object itself is not const, so this is well-defined.
template <class Config>
auto& internal_settings(const std::shared_ptr<const Config>& config) {
  using Settings = std::remove_cvref_t<decltype(config->settings())>;
  return const_cast<Settings&>(config->settings());
}

}  // namespace nautilus::test
