// Every limit and default of the connections to Redis.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cache/redis/dialer.h"

namespace dotring::cache::redis {

enum class Layout : uint8_t {
  Single,    ///< one server
  Cluster,   ///< many: keys are spread by their slot
  Sentinel,  ///< one server at a time: the master that sentinels name
};

struct Credentials {
  std::string user;  ///< empty: the default user
  std::string password;

  bool given() const { return !user.empty() || !password.empty(); }
};

/// What a URL says (url.h).
struct Target {
  Layout layout = Layout::Single;
  bool tls = false;  ///< for the Dialer
  std::vector<Address>
      addresses;  ///< Single: one; Cluster: nodes to begin with; Sentinel: sentinels
  Credentials credentials;
  uint32_t database = 0;
  std::string master_name;           ///< Sentinel only
  Credentials sentinel_credentials;  ///< Sentinel only: of the sentinels themselves
};

/// After each failure twice as long as before, 75 to 125 % of it, so that many do not return
/// together.
struct BackoffOptions {
  uint64_t first_ms = 100;
  uint64_t longest_ms = 3000;
};

/// When a server is not asked, so that it costs no client anything.
struct BreakerOptions {
  /// No reply to the oldest command for this long, and none in another quarter of it: nothing is
  /// asked until a PING is answered.
  uint64_t silent_ms = 100;
  /// Round trip from which it is called slow: that of a probe, or the smoothed one (weight of a
  /// reply: 1/64)...
  uint64_t slow_us = 50'000;
  /// ...when it was measured by so many replies at least.
  uint32_t slow_replies_min = 64;
  BackoffOptions probe{};  ///< between probes
};

struct ConnectionOptions {
  std::string client_name = "dotring";  ///< CLIENT SETNAME: no spaces
  /// Commands without a reply on one connection. SET and PUBLISH may use three quarters of it.
  uint32_t pending_max = 4096;
  /// Octets not yet with the kernel on one connection. SET and PUBLISH may use three quarters of
  /// it.
  size_t write_queue_max = 512 << 10;
  /// One reply: octets, and elements of nested arrays. The map of a cluster is the largest.
  size_t reply_size_max = 256 << 10;
  uint32_t reply_elements_max = 16'384;
  /// TCP, TLS, and the commands that introduce us, together.
  uint64_t connect_timeout_ms = 3000;
  /// No reply to the oldest command for this long: the connection is given up.
  uint64_t response_timeout_ms = 3000;
  /// An idle connection is asked for a sign of life this often.
  uint64_t ping_every_ms = 5000;
  BackoffOptions reconnect{};
};

struct ClusterOptions {
  uint32_t nodes_max = 16;  ///< connections; masters beyond it are not asked
  /// Copies of the keys of GETs under way, for asking again after a redirection: octets per
  /// connection. A GET that found no room is not asked again.
  size_t key_room = 256 << 10;
  uint32_t redirects_max = 3;  ///< of one GET
  /// The map is asked for after a redirection or a lost node, and this often anyway.
  uint64_t refresh_every_ms = 60'000;
  BackoffOptions refresh{.first_ms = 100, .longest_ms = 2000};
  /// A node that owns no slots is left when nothing was asked there for this long.
  uint64_t node_idle_ms = 30'000;
};

struct SentinelOptions {
  /// For the answer of one sentinel, connecting included, before the next one is asked.
  uint64_t answer_timeout_ms = 1000;
  /// Between rounds of asking while there is no master.
  BackoffOptions ask{.first_ms = 100, .longest_ms = 1000};
};

/// Something that the log should hear of; never one per command.
struct Event {
  enum class Kind : uint8_t {
    ServerUp,       ///< asked from now on (again)
    ServerDown,     ///< not asked any more: `detail` says why
    WritesStopped,  ///< nothing is stored there any more: full or read-only
    WritesResumed,
    MasterChanged,  ///< sentinels named another master
    MapChanged,     ///< other nodes, or slots at other nodes
    Refused,        ///< what a server said cannot be used: `detail` says why
  };
  Kind kind;
  std::string server;  ///< Address::to_text()
  std::string detail;
};

struct Options {
  Target target;
  ConnectionOptions connection;
  BreakerOptions breaker;
  ClusterOptions cluster;
  SentinelOptions sentinel;
  /// Called from inside, must not call back.
  std::function<void(const Event&)> on_event;
};

}  // namespace dotring::cache::redis
