// One TLS connection on memory: ciphertext in, ciphertext out, plaintext between.
//
// What it is not: a stream. It knows no loop, no clock and no socket; whoever drives it gives the
// bytes that arrived and room for the bytes to send (TlsStream does). During a call wolfSSL reads
// the input span and writes the output span in place; both are advanced past what was used, so what
// is left of `input` belongs to the next call, and what is before `output` is to be sent.
//
// Invariant: state Open is reached only after the handshake, and for a client only when the trust
// it was given is satisfied, by this handshake or by the one that gave the ticket.

#pragma once

#include <string>

#include "engine/base/byte_buffer.h"
#include "engine/base/bytes.h"
#include "tls/context.h"
#include "tls/resumption.h"
#include "tls/trust.h"

struct WOLFSSL;
struct WOLFSSL_SESSION;
struct WOLFSSL_X509_STORE_CTX;

namespace dotring::tls {

class Session {
 public:
  enum class State : uint8_t {
    Handshaking,
    Open,
    PeerClosed,  ///< close_notify arrived; writing is still possible
    Failed,      ///< for failure(); an alert may have been written
  };
  enum class FailureKind : uint8_t {
    Untrusted,       ///< the peer did not prove who it is: certificate, name, pin, signature
    NoAgreement,     ///< no common version, cipher or group; alerts; no memory
    Protocol,        ///< not TLS, or bytes that do not authenticate
    TicketDeclined,  ///< the server declined a TLS 1.2 ticket, which wolfSSL cannot turn into a
                     ///< full handshake. The ticket is gone: connecting again at once gets one.
  };
  struct Failure {
    FailureKind kind = FailureKind::NoAgreement;
    std::string text;
  };

  /// The largest plaintext of one record (RFC 8446, 5.1).
  static constexpr size_t kRecordMax = 16384;
  /// Octets that wolfSSL takes for one, its record buffers and a server's tickets included.
  static constexpr size_t kMemoryMax = 128 << 10;
  /// Room that most handshakes need at a time.
  static constexpr size_t kControlRoom = 2048;
  /// An upper bound of what write() produces for `size` octets.
  static constexpr size_t sealed_size_max(size_t size) {
    return size + (size / kRecordMax + 1) * kRecordOverheadMax;
  }

  /// A client. All three are used until the session ends; `tickets` may be null. Out of memory:
  /// Failed.
  Session(const ClientContext& context, const Trust& trust, TicketStore* tickets);
  /// A server.
  explicit Session(const ServerContext& context);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  State state() const { return state_; }
  const Failure& failure() const { return failure_; }
  /// Ciphertext did not fit the room and is kept: it comes out by drain(), or by the next call of
  /// any method, first. Until all of it is taken handshake() and read() do nothing, so it is
  /// bounded by what one call produces.
  bool wants_room() const { return !overflow_.empty(); }
  size_t bytes_kept() const { return overflow_.size(); }
  void drain(MutableBytes& output);

  /// One step of the handshake, until it needs more input or state() changes.
  void handshake(Bytes& input, MutableBytes& output);
  /// Plaintext of at most one record, into `plaintext` (kRecordMax octets take any record whole).
  /// 0: more input is needed, room is wanted, or state() changed. Consumes all input before it says
  /// that more is needed.
  size_t read(Bytes& input, MutableBytes& output, MutableBytes plaintext);
  /// Encrypts all of `plaintext` into as few records as possible. False: not open, or failed.
  bool write(Bytes plaintext, MutableBytes& output);
  /// Writes close_notify. Nothing may be written after it.
  void close(MutableBytes& output);

  /// After the handshake.
  bool resumed() const { return resumed_; }
  /// "TLSv1.3 TLS13-CHACHA20-POLY1305-SHA256".
  std::string description() const;
  /// What was agreed on by ALPN; empty: nothing.
  std::string_view alpn() const;

  /// Used by Context: the callbacks through which wolfSSL reaches its Session.
  static void install_callbacks(WOLFSSL_CTX* context);

 private:
  // RFC 8446, 5.2: header, content type, AEAD tag (TLS 1.2 GCM: header, explicit nonce, tag);
  // rounded up.
  static constexpr size_t kRecordOverheadMax = 64;
  class Transfer;

  void set_up(const Context& context);
  void set_up_verification();
  void offer_ticket();
  void keep_ticket(WOLFSSL_SESSION* session);
  void settle_tickets();
  bool verify(bool chain_good, const WOLFSSL_X509_STORE_CTX& store);
  bool accept(bool chain_good, const WOLFSSL_X509_STORE_CTX& store);
  FailureKind kind_of(int error) const;
  void finish_handshake();
  void fail(FailureKind kind, std::string text);
  void fail_from(int result);
  std::string failure_text(int error);
  bool looks_like_tls(Bytes input);

  static int receive_callback(WOLFSSL*, char* buffer, int size, void* self);
  static int send_callback(WOLFSSL*, char* buffer, int size, void* self);
  static int new_session_callback(WOLFSSL* handle, WOLFSSL_SESSION* session);
  static int verify_callback(int chain_good, WOLFSSL_X509_STORE_CTX* store);

  WOLFSSL* handle_ = nullptr;
  const Trust* trust_ = nullptr;  ///< null: a server
  TicketStore* tickets_ = nullptr;
  State state_ = State::Handshaking;
  bool input_seen_ = false;
  bool leaf_accepted_ = false;
  bool chain_refused_ = false;
  bool resumed_ = false;
  Bytes input_;
  MutableBytes output_;
  ByteBuffer overflow_;  ///< ciphertext that did not fit the room
  TicketStore::Ticket offered_ticket_;
  TicketStore::Ticket early_ticket_;  ///< TLS 1.2: arrives before the handshake is over
  std::string complaint_;
  Failure failure_;
};

}  // namespace dotring::tls
