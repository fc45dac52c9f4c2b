// One server on one worker: its link, the commands under way, its breaker; kept connected.
//
// Commands are refused at once when the breaker is open, when too many are under way or too many
// octets are queued. Replies are matched by order. A server that does not answer is left alone
// (Silent), then disconnected; each lost link is opened again after a growing wait.
//
// Invariant: a Get has its place in pending_ exactly while it is under way, and on_done comes once.

#pragma once

#include "cache/redis/breaker.h"
#include "cache/redis/error_reply.h"
#include "cache/redis/link.h"
#include "cache/redis/pending.h"

namespace dotring::cache::redis {

class Server;

class ServerHandler {
 public:
  /// It is asked from now on (again).
  virtual void on_readable(Server&) {}
  /// It is not asked any more, or another attempt to connect failed; it tries again by itself. Not
  /// after stop(). Must not stop or start the server from inside.
  virtual void on_lost(Server&) {}
  /// A GET or SET was answered by -READONLY.
  virtual void on_read_only(Server&) {}
  /// A reply to control(); null: there will be none.
  virtual void on_control(Server&, const Reply*) {}
  /// An error that speaks of the cluster: its map is old, or it has none.
  virtual void on_cluster_error(Server&, std::string_view /*error*/) {}
  /// A GET was answered by a redirection. True: it is under way again elsewhere. `key` is valid
  /// during the call.
  virtual bool ask_again(Get&, Bytes /*key*/, const Redirection&, uint8_t /*redirects*/) {
    return false;
  }

 protected:
  ~ServerHandler() = default;
};

class Server final : private LinkHandler {
 public:
  struct Traits {
    uint32_t database = 0;
    bool master_only = false;  ///< a server that says by ROLE that it is no master is left
    size_t key_room = 0;       ///< copies of keys, for ask_again()
  };

  Server(const Context& context, const Traits& traits, ServerHandler& handler);
  ~Server();

  const Address& address() const { return address_; }
  /// Connects, and stays connected until stop(). Running already: leaves the other address.
  void start(const Address& address);
  void stop();
  bool running() const { return running_; }
  /// True until the last stream is closed: it must not be destroyed before.
  bool active() const { return running_ || link_.active(); }

  bool readable() const { return reads_.closed() && link_.is_open(); }
  bool writable() const { return readable() && writes_.closed(); }
  uint64_t last_used_us() const { return last_used_us_; }

  /// False: not asked. `asking`: ASKING goes before it. `redirects`: how often it was asked again.
  bool get(Get& get, Bytes key, bool asking = false, uint8_t redirects = 0);
  bool set(Bytes key, Bytes value, uint64_t ttl_ms);
  bool publish(std::string_view channel, Bytes message);
  /// on_control() follows, also when the link ends. False: not written.
  bool control(const Command& command);

  /// Octets of one server at most, streams' queues included; keys kept for redirections are not.
  static size_t memory_max(const Options& options);

 private:
  using Kind = Pending::Kind;

  // LinkHandler
  void on_link_open() override;
  void on_reply(const Reply& reply) override;
  void on_link_ended(LinkEnd end, const std::string& detail) override;

  bool has_room(uint32_t places, bool for_reads) const;
  size_t queue_max(bool for_reads) const;
  bool send(const Command& command, Pending pending);

  void take_get(const Pending& pending, const Reply& reply);
  void take_get_error(const Pending& pending, const Reply& reply);
  void take_set(const Pending& pending, const Reply& reply);
  void take_set_error(std::string_view error);
  void take_ping(const Reply& reply, uint64_t round_trip_us);
  void take_role(const Reply& reply);
  void judge_read_error(std::string_view error, ErrorKind kind);
  void measure(uint64_t round_trip_us);
  void lose(const Pending& pending);
  void lose_all();

  void connect();
  void probe();
  void stop_reads(Cause cause, const std::string& detail);
  void pass_reads();
  void stop_writes(Cause cause, std::string_view detail);
  void arm_probe();
  void arm_watch(uint64_t delay_ms);
  void watch();
  void show();

  const Context& context_;
  const Traits traits_;
  ServerHandler& handler_;
  Address address_;
  bool running_ = false;
  bool connected_before_ = false;
  bool told_down_ = false;       ///< on_event was, since it was up
  bool shown_readable_ = false;  ///< in the gauges
  bool shown_writable_ = false;
  Link link_;
  PendingQueue pending_;
  KeyQueue keys_;
  Gate reads_;
  Gate writes_;
  Pace pace_;
  Backoff reconnect_backoff_;
  Timer reconnect_timer_;
  Timer probe_timer_;
  Timer watch_timer_;
  uint64_t opened_us_ = 0;  ///< 0: the link is not open
  uint64_t replies_ = 0;
  uint64_t replies_seen_ = UINT64_MAX;  ///< when the server was suspected to be silent
  uint64_t last_used_us_ = 0;
  uint64_t last_active_us_ = 0;  ///< the last reply, or the first command after all were answered
};

}  // namespace dotring::cache::redis
