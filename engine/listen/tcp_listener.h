// DNS over streams (RFC 7766, RFC 7858): an acceptor and a bounded number of client sessions.
//
// What it is: the ReplyPort of all sessions of one listening address. ReplyTo holds a session's
// place and generation, so an answer that comes after its session is gone is dropped, never given
// to the next one. What it is not: TLS. A StreamFactory decides what a connection is carried by.
//
// Invariant: each session has a place of SessionLimits, which all listeners of a process share.

#pragma once

#include "engine/base/slab.h"
#include "engine/io/acceptor.h"
#include "engine/listen/client_session.h"
#include "engine/listen/stream_factory.h"
#include "engine/listen/turn_latency.h"
#include "engine/protect/access_list.h"
#include "engine/query/ports.h"

namespace dotring::listen {

/// Who goes on with a listener's connections.
class ConnectionHeir {
 public:
  /// The heir owns `descriptor` now. `unread`: what came by it and was not answered yet; valid
  /// during the call.
  virtual void inherit(int descriptor, Bytes unread) = 0;

 protected:
  ~ConnectionHeir() = default;
};

/// Why a connection was closed when it was accepted.
enum class Refusal : uint8_t {
  Access,  ///< the access list drops this client
  Client,  ///< it has as many connections as one client may
  Full,    ///< all clients together have as many as there may be
};

/// Who is told of each; the address is the client's own, because there was a handshake.
class RefusalObserver {
 public:
  virtual void on_connection_refused(const Endpoint& peer, query::Transport transport,
                                     Refusal refusal, uint64_t now_us) = 0;

 protected:
  ~RefusalObserver() = default;
};

class TcpListener final : public query::ReplyPort, private io::AcceptHandler, private SessionOwner {
 public:
  struct Options {
    io::Acceptor::Options acceptor;
    SessionOptions session;
    query::Transport transport = query::Transport::Tcp;  ///< what queries are said to have come by
    /// Whom it drops is closed at accept. Outlives the listener; null: nobody.
    const protect::AccessList* access = nullptr;
    uint16_t number = 0;  ///< of this listener, told with each query
  };

  /// All references outlive the listener.
  TcpListener(io::Loop& loop, const Options& options, SessionLimits& limits, StreamFactory& streams,
              query::QueryHandler& handler);

  /// Binds and listens. Port 0 picks a free one. Not null: what failed, without the address.
  std::optional<std::string> open(const Endpoint& local) { return acceptor_.open(local); }
  /// Takes over a bound socket; see io::Acceptor.
  std::optional<std::string> adopt(int descriptor) { return acceptor_.adopt(descriptor); }
  int descriptor() const { return acceptor_.descriptor(); }
  Endpoint local() const { return acceptor_.local(); }
  void start() { acceptor_.start(); }
  /// Who gets the queries from now on; replies to earlier ones still come from whoever has them.
  void set_handler(query::QueryHandler& handler) { handler_ = &handler; }
  /// Outlives the listener; null: nobody.
  void set_refusal_observer(RefusalObserver* observer) { refusal_observer_ = observer; }
  /// See Options::access.
  void set_access(const protect::AccessList* access) { options_.access = access; }
  /// Accepts who waits already; who comes later is refused. Sessions go on.
  void stop_accepting() { acceptor_.finish(); }
  bool accepting() const { return acceptor_.active(); }
  /// Accepts and reads no more; each session ends when what is in flight on it is answered.
  void drain();
  /// Accepts and reads no more; each connection goes to `heir` when what is in flight on it is
  /// answered. The heir outlives the listener.
  void hand_over(ConnectionHeir& heir);
  /// Goes on with a connection that somebody else has accepted; `unread` is what came by it.
  void inherit(int descriptor, Bytes unread);
  /// Accepts no more and ends every session at once.
  void abort();
  /// Must not be destroyed while this is true: connections or the ring still need it.
  bool active() const { return acceptor_.active() || sessions_.used() > 0; }
  uint32_t sessions_open() const { return sessions_.used(); }
  uint64_t queries_in_flight() const { return in_flight_; }

  MutableBytes reserve_reply(const query::ReplyTo& to, size_t size_max) override;
  void send_reply(const query::ReplyTo& to, size_t size) override;
  void drop_reply(const query::ReplyTo& to) override;

  /// The session that asked, or null when it is gone; for handlers that act on connections.
  ClientSession* session_of(const query::ReplyTo& to);

  const TcpListenerStatistics& statistics() const { return statistics_; }
  const io::Acceptor& acceptor() const { return acceptor_; }
  /// Octets taken at most besides what SessionLimits counts, for the sum printed at start.
  static size_t memory_max(uint32_t connections_max);

 private:
  void on_accepted(int descriptor, const Endpoint& peer) override;
  void on_message(ClientSession& session, Bytes message) override;
  void on_session_closed(ClientSession& session) override;
  void on_session_handed_over(ClientSession& session, int descriptor, Bytes unread) override;
  ClientSession* admit(int descriptor, const Endpoint& peer);
  std::optional<Refusal> take_place(const IpAddress& client);
  Counter& counter_of(Refusal refusal);
  template <typename Visit>
  void for_each_session(Visit&& visit);

  io::Loop& loop_;
  Options options_;
  SessionLimits& limits_;
  StreamFactory& streams_;
  query::QueryHandler* handler_;
  RefusalObserver* refusal_observer_ = nullptr;
  io::Acceptor acceptor_;
  TcpListenerStatistics statistics_;
  TurnLatency turn_latency_;
  Slab<ClientSession> sessions_;
  uint64_t in_flight_ = 0;
  bool ending_ = false;
  ConnectionHeir* heir_ = nullptr;
};

}  // namespace dotring::listen
