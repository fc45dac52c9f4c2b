// A connected stream of bytes in both directions: plain TCP (TcpStream) or TLS over it
// (tls::TlsStream).
//
// What it is: the seam between protocols and transports. A client session, an upstream connection
// and a Redis connection are written against this and do not know which one they stand on. What it
// is not: a socket API. Nothing here blocks and nothing is sent before the end of the turn of the
// loop: all that was committed in one turn leaves in one send (and one TLS record where it fits).

#pragma once

#include <string>

#include "engine/base/bytes.h"

namespace dotring::io {

/// Why a stream ended.
enum class CloseReason : uint8_t {
  Local,           ///< close() was called
  Peer,            ///< the peer closed in order
  Reset,           ///< the peer or the network broke it off
  ConnectFailed,   ///< refused, unreachable
  ConnectTimeout,  ///< no connection (or no TLS handshake) in time
  SecurityFailed,  ///< the TLS handshake failed or the peer's certificate was not accepted
  ProtocolFailed,  ///< bytes that are not TLS, or a record that does not authenticate
  SendStalled,     ///< the peer read nothing for the configured time
};

const char* to_text(CloseReason reason);

class StreamHandler {
 public:
  /// The stream can carry bytes now (for TLS: the handshake is done and the peer verified).
  virtual void on_open() {}
  /// Bytes arrived. The span is only valid during the call. May call any method of the stream.
  virtual void on_bytes(Bytes bytes) = 0;
  /// The peer will send nothing more. True: the stream stays open for what is still to be sent (TCP
  /// half-close; a client may ask, shut down its side and wait), and the owner calls close().
  /// False: what was committed is sent, then on_closed(Peer) follows.
  virtual bool on_peer_finished() { return false; }
  /// The send queue went from above its low-water mark to below it.
  virtual void on_writable() {}
  /// After detach(): the last call, in place of on_closed(). `descriptor` is the handler's now.
  virtual void on_detached(int) {}
  /// The last call: nothing of the kernel refers to the stream any more. The stream may be
  /// destroyed or opened again, also from inside this call. `detail` says more for the log
  /// ("connection refused").
  virtual void on_closed(CloseReason reason, const std::string& detail) = 0;

 protected:
  ~StreamHandler() = default;
};

class ByteStream {
 public:
  virtual ~ByteStream() = default;

  virtual void set_handler(StreamHandler* handler) = 0;

  /// Room for `size` bytes at the end of the send queue; empty when the queue would pass its limit
  /// or the stream is closing. Valid until the next call of any method.
  virtual MutableBytes reserve(size_t size) = 0;
  /// The first `size` bytes of the room given by the last reserve() are to be sent.
  virtual void commit(size_t size) = 0;
  /// Bytes accepted by commit() and not yet taken by the kernel.
  virtual size_t bytes_queued() const = 0;
  /// Memory of the buffers for them, which stays for a while when they are empty.
  virtual size_t bytes_held() const { return bytes_queued(); }

  /// Stops and resumes on_bytes(), to slow down a peer that sends faster than it reads.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;

  /// Ends the stream: sends what was committed (bounded by the send timeout), then closes.
  /// on_closed(Local) follows, never from inside this call.
  virtual void close() = 0;
  /// Ends it at once, whatever is queued. on_closed(Local) follows, never from inside this call.
  virtual void abort() = 0;
  /// Gives the connection up without closing it: what has arrived is still delivered, what was
  /// committed is sent, then on_detached() follows (or on_closed(), when it broke off first), never
  /// from inside this call. False: this stream cannot, and goes on.
  virtual bool detach() { return false; }
  /// True between open and on_closed().
  virtual bool active() const = 0;

  /// reserve, copy, commit. False when there was no room.
  bool send(Bytes bytes) {
    MutableBytes room = reserve(bytes.size());
    if (room.size() < bytes.size()) return false;
    std::memcpy(room.data(), bytes.data(), bytes.size());
    commit(bytes.size());
    return true;
  }
};

}  // namespace dotring::io
