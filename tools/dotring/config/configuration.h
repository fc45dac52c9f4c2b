// Everything that people can configure, as plain values: each part's own options, and what is
// dotring's.
//
// What it is: the target of the table in keys.cc. A default-constructed Configuration holds
// the defaults, which are written in the parts' headers. What it is not: text, files or sources.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache/memory/memory_options.h"
#include "cache/redis/options.h"
#include "cache/tiers/usual_wait.h"
#include "engine/listen/tcp_listener.h"
#include "engine/listen/udp_listener.h"
#include "engine/query/pipeline.h"
#include "tls/context.h"
#include "tls/upstream/tls_dialer.h"
#include "tools/dotring/config/value.h"

namespace dotring::appliance {

enum class LogLevel : uint8_t { Debug, Info, Warning, Error };
enum class LogFormat : uint8_t { Json, Text };
enum class AuditClients : uint8_t { Whole, Prefix, Hashed, None };
enum class Authentication : uint8_t { Strict, Opportunistic };

struct LogOptions {
  LogLevel level = LogLevel::Info;
  LogFormat format = LogFormat::Json;
  /// Names that clients ask for may appear in log lines; their addresses never do, but for
  /// `refused_clients`.
  bool names = false;
  /// A line for each client that was refused or limited, with its address, so many a second.
  bool refused_clients = false;
  uint32_t refused_clients_per_second = 20;
  /// Lines that wait for the reader of standard output; above, the oldest is dropped and counted.
  uint32_t queue_lines_max = 512;
};

/// The account of queries: as lines of JSON, as dnstap, or both; audit/audit.h makes it usable.
struct AuditOptions {
  /// Empty: none.
  std::string file;
  /// unix:///PATH, tcp://ADDRESS:PORT, or the path of a file; empty: none.
  std::string dnstap_target;
  std::string dnstap_identity;
  uint64_t file_size_max = uint64_t{64} << 20;
  uint32_t files_kept = 4;
  /// One query in so many.
  uint32_t sample = 1;
  AuditClients clients = AuditClients::Whole;
  /// Empty: a key of this start.
  std::string hash_key_file;
  /// Of each worker.
  uint64_t queue_bytes = uint64_t{2} << 20;

  bool operator==(const AuditOptions&) const = default;
};

struct AdminOptions {
  /// Nothing: no admin pages.
  std::optional<Endpoint> listen = Endpoint::parse("127.0.0.1:8053");
  uint32_t connections_max = 16;
  uint32_t timeout_s = 10;
};

/// What a worker remembers of who asks what most, for `dotring-ctl top`.
struct TopOptions {
  bool names = true;
  /// Off: clients' addresses are personal data, and nothing else here remembers them.
  bool clients = false;
  uint32_t entries = 1000;
  /// One query in so many is counted.
  uint32_t sample = 16;
  /// After so long, what was counted weighs half.
  uint32_t half_life_s = 60;
};

/// The unix socket for dotring-ctl; the permissions of its file say who may use it.
struct ControlOptions {
  /// What a unix socket's address holds (107 octets), less what its name ends with while it is
  /// made.
  static constexpr size_t kPathMax = 99;

  /// Empty: none. The default is left out where its folder is not there, or not ours to write to.
  std::string socket = "/run/dotring/control.sock";
  FileMode socket_mode;
  uint32_t connections_max = 8;
  uint32_t timeout_s = 5;
  TopOptions top;
};

/// Redis as a second level of the cache; redis_setup.h makes it usable.
struct RedisOptions {
  /// Octets: what is sealed is bound to it (cache::tiers::Envelope).
  static constexpr size_t kChannelMax = 64;

  /// Empty: none.
  RedisUrl url;
  std::string password_file;
  std::string ca_file;
  std::string server_name;
  std::string prefix = "dotring:";
  std::string channel = "dotring:flush";
  std::string seal_key_file;
  std::string seal_key_file_old;
  cache::tiers::UsualWait::Options wait;
  cache::redis::ConnectionOptions connection;
  cache::redis::BreakerOptions breaker;
};

/// Whom to serve, and how much; protect_setup.h makes it usable.
struct ProtectOptions {
  protect::AccessList::Options access;
  /// Further networks, one a line.
  std::string allow_file;
  std::string refuse_file;
  std::string drop_file;
  /// Of addresses in listen_dns; one that is there several times has all networks together.
  std::vector<ListenerNetworks> restricted;
  protect::RateLimiter::Options rate;
  /// Its burst and its clients are those of `rate`.
  protect::ResponseLimiter::Options responses;
  protect::InFlightLimiter::Options in_flight;
  protect::Guard::Options guard;
  bool cookies = true;
  /// Empty: a secret of this start.
  std::string cookie_secret_file;
  std::string cookie_secret_file_old;
};

/// How the process itself lives (process/).
struct ProcessOptions {
  /// What a unix socket's address holds (107 octets), less ".new" behind it and a margin.
  static constexpr size_t kPathMax = 100;

  /// Where the next dotring takes over from this one; empty: nowhere.
  std::string takeover_socket;
  /// Whom to become at the start, when started as root; empty: nobody else.
  std::string user;
  /// Only the system calls that dotring makes (process/seccomp.h).
  bool seccomp = true;
};

struct Configuration {
  std::vector<Endpoint> listen_dns = {*Endpoint::parse("127.0.0.1:5300"),
                                      *Endpoint::parse("[::1]:5300")};
  listen::UdpListener::Options udp;
  // A client's queue is shorter than the part's default, and its pause at half of it: there are
  // many of them.
  listen::TcpListener::Options tcp{.acceptor = {}, .session = {.output_pause_bytes = 256 << 10}};
  listen::SessionLimits::Options tcp_limits;
  io::TcpStream::Options client_stream{.send_queue_max = 512 << 10};

  ProtectOptions protect;
  query::Pipeline::Options query;
  cache::MemoryOptions cache;
  RedisOptions redis;

  std::vector<UpstreamAddress> upstream_servers = {
      {*Endpoint::parse("1.1.1.1:853"), "cloudflare-dns.com", {}, 1},
      {*Endpoint::parse("1.0.0.1:853"), "cloudflare-dns.com", {}, 1}};
  Authentication authentication = Authentication::Strict;
  tls::ClientOptions tls;
  upstream::TlsDialer::Options dialer;
  /// Without servers: upstream_options() has them.
  upstream::Options upstream;

  io::Loop::Options loop;
  /// 0: one per core that the process may use.
  uint32_t workers = 0;
  uint64_t drain_ms = 5000;
  ProcessOptions process;
  AdminOptions admin;
  ControlOptions control;
  AuditOptions audit;
  LogOptions log;
};

/// `upstream` with the servers, as the multiplexer wants them.
upstream::Options upstream_options(const Configuration& configuration);
/// `tls`, with trust anchors only where some server needs them.
tls::ClientOptions tls_options(const Configuration& configuration);
/// `query`, with what it must know of the listeners.
query::Pipeline::Options query_options(const Configuration& configuration);

/// What the keys cannot say one by one: values that contradict each other, files that cannot be
/// read.
struct Contradiction {
  std::string key;
  std::string value;
  std::string problem;
};
/// Null: fine.
std::optional<Contradiction> check(const Configuration& configuration);

}  // namespace dotring::appliance
