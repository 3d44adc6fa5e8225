#include "libssl_side.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "heap.hpp"
#include "measure.hpp"

namespace nautilus::bench {
namespace {

void must(bool right, const char* what) {
  if (right) return;
  char text[256] = "";
  ERR_error_string_n(ERR_peek_last_error(), text, sizeof text);
  die(what, text);
}

struct Free {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using BioPtr = std::unique_ptr<BIO, Free>;
using X509Ptr = std::unique_ptr<X509, Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;

BioPtr reader(const std::string& pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

X509Ptr certificate(const std::string& pem) {
  X509Ptr out(PEM_read_bio_X509(reader(pem).get(), nullptr, nullptr, nullptr));
  must(out != nullptr, "libssl: certificate");
  return out;
}

void use(SSL_CTX* context, const Leaf& leaf) {
  const KeyPtr key(PEM_read_bio_PrivateKey(reader(leaf.key).get(), nullptr, nullptr, nullptr));
  must(SSL_CTX_use_certificate(context, certificate(leaf.certificate).get()) == 1 &&
           SSL_CTX_use_PrivateKey(context, key.get()) == 1,
       "libssl: identity");
}

void trust(SSL_CTX* context, const std::string& root, int mode) {
  must(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate(root).get()) == 1,
       "libssl: anchor");
  SSL_CTX_set_verify(context, mode, nullptr);
}

const char* suite_name(CipherSuiteId suite) {
  switch (suite) {
    case CipherSuiteId::TLS_AES_128_GCM_SHA256:
      return "TLS_AES_128_GCM_SHA256";
    case CipherSuiteId::TLS_CHACHA20_POLY1305_SHA256:
      return "TLS_CHACHA20_POLY1305_SHA256";
    default:
      return "TLS_AES_256_GCM_SHA384";
  }
}

SslContextPtr context(const SSL_METHOD* method, const Setup& setup) {
  SslContextPtr out(SSL_CTX_new(method));
  must(out && SSL_CTX_set_min_proto_version(out.get(), TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(out.get(), suite_name(setup.suite)) == 1 &&
           SSL_CTX_set1_groups_list(out.get(), "X25519") == 1,
       "libssl: context");
  return out;
}

/// A transport that costs nothing: writing forgets or appends, reading copies once.
struct Transport {
  ByteVector* wire = nullptr;   ///< null: what is written is dropped
  std::size_t* read = nullptr;  ///< how far `wire` has been read
};

int transport_write(BIO* bio, const char* data, std::size_t size, std::size_t* written) {
  const auto* transport = static_cast<const Transport*>(BIO_get_data(bio));
  if (transport->wire != nullptr)
    transport->wire->insert(transport->wire->end(), data, data + size);
  *written = size;
  return 1;
}

int transport_read(BIO* bio, char* data, std::size_t size, std::size_t* got) {
  const auto* transport = static_cast<const Transport*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const std::size_t left = transport->wire ? transport->wire->size() - *transport->read : 0;
  *got = std::min(size, left);
  if (*got == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  std::memcpy(data, transport->wire->data() + *transport->read, *got);
  *transport->read += *got;
  return 1;
}

long transport_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

int transport_free(BIO* bio) {
  delete static_cast<Transport*>(BIO_get_data(bio));
  return 1;
}

BIO* make_transport(ByteVector* wire, std::size_t* read) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bench");
    BIO_meth_set_write_ex(made, transport_write);
    BIO_meth_set_read_ex(made, transport_read);
    BIO_meth_set_ctrl(made, transport_control);
    BIO_meth_set_destroy(made, transport_free);
    return made;
  }();
  BIO* const bio = BIO_new(method);
  BIO_set_data(bio, new Transport{wire, read});
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace

LibsslHandshakes::LibsslHandshakes(const Credentials& credentials, const Setup& setup)
    : setup_(setup),
      client_(context(TLS_client_method(), setup)),
      server_(context(TLS_server_method(), setup)) {
  trust(client_.get(), credentials.root, SSL_VERIFY_PEER);
  use(server_.get(), credentials.server);
  if (setup.mutual) {
    use(client_.get(), credentials.client);
    trust(server_.get(), credentials.root, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
  }
  constexpr unsigned char kContext[] = "bench";
  SSL_CTX_set_session_id_context(server_.get(), kContext, sizeof kContext - 1);
  SSL_CTX_set_num_tickets(server_.get(), 2);
  // Stateless tickets, as ours are; the client hands its sessions to us and keeps none.
  SSL_CTX_set_session_cache_mode(server_.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_cache_mode(client_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_app_data(client_.get(), this);
  SSL_CTX_sess_set_new_cb(client_.get(), on_session);
  if (setup.resumed) {
    setup_.resumed = false;
    run();
    setup_.resumed = true;
  }
}

int LibsslHandshakes::on_session(SSL* ssl, SSL_SESSION* session) {
  auto* self = static_cast<LibsslHandshakes*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  ++self->received_;
  self->session_.reset(session);
  return 1;
}

LibsslPair LibsslHandshakes::connect() {
  using heap::Owner;
  received_ = 0;
  LibsslPair pair;
  {
    const heap::Turn turn(Owner::Client);
    pair.client.reset(SSL_new(client_.get()));
    must(pair.client != nullptr && SSL_set_tlsext_host_name(pair.client.get(), kServerName) == 1 &&
             SSL_set1_host(pair.client.get(), kServerName) == 1,
         "libssl: client");
    SSL_set_connect_state(pair.client.get());
    if (setup_.resumed) {
      must(session_ && SSL_set_session(pair.client.get(), session_.get()) == 1, "libssl: session");
    }
  }
  {
    const heap::Turn turn(Owner::Server);
    pair.server.reset(SSL_new(server_.get()));
    must(pair.server != nullptr, "libssl: server");
    SSL_set_accept_state(pair.server.get());
  }
  // Each end owns the BIO it reads from; the other holds a reference.
  BIO* to_server = nullptr;
  BIO* to_client = nullptr;
  {
    const heap::Turn turn(Owner::Nobody);
    to_server = BIO_new(BIO_s_mem());
    to_client = BIO_new(BIO_s_mem());
  }
  BIO_set_mem_eof_return(to_server, -1);
  BIO_set_mem_eof_return(to_client, -1);
  BIO_up_ref(to_server);
  BIO_up_ref(to_client);
  SSL_set_bio(pair.client.get(), to_client, to_server);
  SSL_set_bio(pair.server.get(), to_server, to_client);
  const auto step = [](SSL* ssl, Owner owner, const char* who) {
    const heap::Turn turn(owner);
    const int done = SSL_do_handshake(ssl);
    must(done == 1 || SSL_get_error(ssl, done) == SSL_ERROR_WANT_READ, who);
    return done == 1;
  };
  bool client_done = false;
  bool server_done = false;
  for (int turns = 0; !(client_done && server_done); ++turns) {
    client_done = step(pair.client.get(), Owner::Client, "libssl: client's handshake");
    server_done = step(pair.server.get(), Owner::Server, "libssl: server's handshake");
    if (turns > 8) die("libssl: the handshake does not end");
  }
  // Takes the tickets in.
  const heap::Turn turn(Owner::Client);
  char octet = 0;
  const int got = SSL_read(pair.client.get(), &octet, 1);
  must(got <= 0 && SSL_get_error(pair.client.get(), got) == SSL_ERROR_WANT_READ, "libssl: tickets");
  check(pair);
  return pair;
}

void LibsslHandshakes::check(const LibsslPair& pair) const {
  SSL* const client = pair.client.get();
  SSL* const server = pair.server.get();
  if (SSL_get_verify_result(client) != X509_V_OK || SSL_get0_peer_certificate(client) == nullptr) {
    die("libssl: the server's identity was not verified");
  }
  // A resumed session's name was matched in the handshake it comes from.
  const char* const name = SSL_get0_peername(client);
  if (!setup_.resumed && (name == nullptr || std::strcmp(name, kServerName) != 0)) {
    die("libssl: the server's name was not verified");
  }
  if (setup_.mutual && (SSL_get_verify_result(server) != X509_V_OK ||
                        SSL_get0_peer_certificate(server) == nullptr)) {
    die("libssl: the client's identity was not verified");
  }
  if ((SSL_session_reused(client) == 1) != setup_.resumed ||
      (SSL_session_reused(server) == 1) != setup_.resumed) {
    die("libssl: resumed, or not, against what was asked for");
  }
  if (std::strcmp(SSL_get_cipher_name(client), suite_name(setup_.suite)) != 0) {
    die("libssl: another suite");
  }
  if (received_ != setup_.tickets()) die("libssl: a wrong number of tickets");
}

LibsslBulk::LibsslBulk(const Credentials& credentials, CipherSuiteId suite, std::size_t record)
    : handshakes_(credentials, {.suite = suite}),
      content_(record, 0x5a),
      received_(std::size_t{1} << 14),
      sealing_(handshakes_.connect()),
      opening_(handshakes_.connect()),
      wire_(std::make_unique<ByteVector>()),
      read_(std::make_unique<std::size_t>(0)) {
  SSL_set0_wbio(sealing_.server.get(), make_transport(nullptr, nullptr));
  SSL_set0_wbio(opening_.server.get(), make_transport(wire_.get(), read_.get()));
  SSL_set0_rbio(opening_.client.get(), make_transport(wire_.get(), read_.get()));
}

void LibsslBulk::seal(std::size_t records) {
  for (std::size_t i = 0; i < records; ++i) {
    if (SSL_write(sealing_.server.get(), content_.data(), static_cast<int>(content_.size())) <= 0) {
      die("libssl: write failed");
    }
  }
}

void LibsslBulk::prepare(std::size_t records) {
  wire_->clear();
  *read_ = 0;
  for (std::size_t i = 0; i < records; ++i) {
    if (SSL_write(opening_.server.get(), content_.data(), static_cast<int>(content_.size())) <= 0) {
      die("libssl: write failed");
    }
  }
}

void LibsslBulk::open_all() {
  while (*read_ < wire_->size()) {
    if (SSL_read(opening_.client.get(), received_.data(), static_cast<int>(received_.size())) <=
        0) {
      die("libssl: read failed");
    }
  }
}

}  // namespace nautilus::bench
