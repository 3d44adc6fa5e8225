// The engine behind `Connection`: joins record layer and handshake, and turns errors into alerts.
#pragma once

#include <memory>
#include <optional>

#include <nautilus/connection.hpp>

#include "core/byte_buffer.hpp"
#include "handshake/joiner.hpp"
#include "handshake/machines.hpp"
#include "handshake/settings.hpp"
#include "record/receiver.hpp"
#include "record/sender.hpp"

namespace nautilus::inline v0 {

class Connection::Engine final : public handshake::Output {
 public:
  /// Keeps whichever config owns the settings alive.
  Engine(std::shared_ptr<const void> config, const handshake::CommonSettings& settings,
         Observer* observer) noexcept;

  Result<void> start_client(const handshake::ClientSettings& settings, ConnectOptions options,
                            TimePoint now);
  void start_server(const handshake::ServerSettings& settings);

  // The body of the public interface; `Connection` forwards to it.
  ByteSpan prepare(std::size_t size);
  void commit(std::size_t size) noexcept { input_.commit(size); }
  void commit_eof() noexcept { eof_ = true; }
  Step advance(TimePoint now);
  ByteView output() const noexcept { return output_.view(); }
  void consume_output(std::size_t size) noexcept;
  void consume_plaintext(std::size_t size) noexcept;
  Result<void> write(std::span<const ByteView> parts, TimePoint now);
  Result<void> write_early(std::span<const ByteView> parts);
  Result<void> write_half_rtt(std::span<const ByteView> parts);
  std::size_t early_data_left() const noexcept;
  bool can_write_half_rtt() const noexcept;
  Result<void> close();
  void cancel();
  Result<void> update_keys(KeyUpdateMode mode, TimePoint now);
  const Request* pending() const noexcept;
  Result<void> resume(std::uint64_t id, std::optional<Answer> answer, TimePoint now);
  Result<void> export_keying_material(std::string_view label, ByteView context,
                                      ByteSpan out) const noexcept;
  bool connected() const noexcept { return !error_ && machine_ && machine_->traffic() != nullptr; }
  bool can_write() const noexcept { return connected() && !write_closed_; }
  bool peer_closed() const noexcept { return peer_closed_; }
  const std::optional<Error>& error() const noexcept { return error_; }
  const std::optional<AlertDescription>& sent_alert() const noexcept { return sent_alert_; }
  const Negotiated& negotiated() const noexcept { return facts_; }

  /// Kills the connection: the first error counts, its alert is queued, all secrets are dropped.
  void die(const Error& error) noexcept;

  // handshake::Output
  Result<void> send(handshake::Epoch epoch, ByteView message) override;
  void send_change_cipher_spec() override;
  Result<void> install_send(handshake::Epoch epoch, const CipherSuite& suite,
                            const crypto::HashSecret& secret) override;
  void uninstall_send() noexcept override;
  void limit_send(std::uint16_t record_size_limit) noexcept override;
  void limit_receive(std::uint16_t record_size_limit) noexcept override {
    receiver_.set_limit(record_size_limit);
  }
  void skip_early_data(std::size_t limit) noexcept override { receiver_.skip_early_data(limit); }
  Result<void> install_receive(handshake::Epoch epoch, const CipherSuite& suite,
                               const crypto::HashSecret& secret,
                               handshake::HandshakeAligned aligned) override;

 private:
  enum class Progress : std::uint8_t { Made, NeedsInput, Plaintext };

  handshake::Context context(TimePoint now) noexcept { return {*this, facts_, now, std::nullopt}; }
  Result<void> flush_flight();
  Result<Progress> receive_record(TimePoint now);
  Result<Progress> take_record(const record::Received& record, TimePoint now);
  Result<void> take_alert(ByteView content);
  Result<bool> take_message(TimePoint now);
  Result<void> refresh_keys(TimePoint now);
  Result<void> send_alert(AlertDescription alert);
  std::uint64_t records_left() const noexcept;
  bool must_suspend(RequestKind kind) const noexcept;
  /// Answers the open request with the config's own objects; nothing if the answer comes later.
  std::optional<Answer> answer_locally(Request& request, TimePoint now);

  std::shared_ptr<const void> config_;
  const handshake::CommonSettings* settings_;
  const handshake::ServerSettings* server_settings_ = nullptr;
  Observer* observer_;
  std::unique_ptr<handshake::Machine> machine_;
  record::Sender sender_;
  record::Receiver receiver_;
  handshake::Joiner joiner_;
  ByteBuffer input_;
  ByteBuffer output_;
  ByteBuffer flight_;  ///< handshake messages of one epoch, not yet in records
  Negotiated facts_;

  // Plaintext handed out and not consumed yet, as an offset into the input: the buffer may move.
  std::size_t plaintext_offset_ = 0;
  std::size_t plaintext_size_ = 0;
  std::size_t record_size_ = 0;  ///< octets of input to drop once the plaintext is used up

  std::optional<Error> error_;
  std::optional<AlertDescription> sent_alert_;
  std::uint64_t next_request_id_ = 1;
  std::uint64_t send_epoch_ = 0;
  handshake::Epoch send_kind_ = handshake::Epoch::Initial;
  std::size_t early_data_ = 0;  ///< octets written early by a client, or taken by a server
  bool plaintext_early_ = false;
  std::uint64_t receive_epoch_ = 0;
  unsigned warnings_ = 0;
  bool announced_ = false;  ///< HandshakeDone was returned
  bool deferred_ = false;   ///< the open request was put to the application
  bool eof_ = false;
  bool peer_closed_ = false;
  bool write_closed_ = false;
};

}  // namespace nautilus::inline v0
