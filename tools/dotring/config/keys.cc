// The table. To add a key: a member in a part's options (its default is the default), a line here:
// `live` when a reload brings its value to whoever holds it (appliance_reload.cc), else `key`.

#include <array>

#include "tools/dotring/config/binding.h"

namespace dotring::appliance {

template <>
struct NamesOf<LogLevel> {
  static constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
};
template <>
struct NamesOf<LogFormat> {
  static constexpr std::array<std::string_view, 2> kNames = {"json", "text"};
};
template <>
struct NamesOf<AuditClients> {
  static constexpr std::array<std::string_view, 4> kNames = {"whole", "prefix", "hashed", "none"};
};
template <>
struct NamesOf<Authentication> {
  static constexpr std::array<std::string_view, 2> kNames = {"strict", "opportunistic"};
};
template <>
struct NamesOf<upstream::Policy> {
  static constexpr std::array<std::string_view, 3> kNames = {"fastest", "in-order", "even"};
};
template <>
struct NamesOf<query::OverLimit> {
  static constexpr std::array<std::string_view, 3> kNames = {"servfail", "refuse", "drop"};
};

template <>
struct NamesOf<protect::OverRate> {
  static constexpr std::array<std::string_view, 3> kNames = {"truncate", "refuse", "drop"};
};

namespace {

using binding::key;
using binding::live;

constexpr uint64_t kKiB = uint64_t{1} << 10;
constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kGiB = uint64_t{1} << 30;
constexpr uint64_t kTiB = uint64_t{1} << 40;
constexpr uint64_t kDayMs = 86'400'000;
constexpr uint64_t kWeekS = 7 * 86'400;

constexpr Limits from(uint64_t min, uint64_t max) {
  return {min, max, false, false};
}
constexpr Limits bytes(uint64_t min, uint64_t max) {
  return {min, max, true, false};
}
constexpr Limits power_of_two(uint64_t min, uint64_t max) {
  return {min, max, false, true};
}

constexpr size_t kUdp = static_cast<size_t>(query::Transport::Udp);
constexpr size_t kTcp = static_cast<size_t>(query::Transport::Tcp);
constexpr size_t kUnproven = static_cast<size_t>(protect::Proof::None);
constexpr size_t kProven = static_cast<size_t>(protect::Proof::Address);

// One line per key, however long: a table is read by its columns.
// clang-format off
constexpr auto kKeys = std::to_array<Key>({
    key<[](auto& c) -> auto& { return c.listen_dns; }>("listen.dns", "Where clients ask, by UDP and TCP"),
    live<[](auto& c) -> auto& { return c.query.reply.udp_size_max; }>("listen.udp_size_max", "The largest answer by UDP, in octets, whatever the client can take (RFC 9715)", from(512, 4096)),
    key<[](auto& c) -> auto& { return c.udp.socket.batch; }>("listen.udp_batch", "Datagrams per system call", from(1, 1024)),
    key<[](auto& c) -> auto& { return c.udp.socket.rounds_per_turn_max; }>("listen.udp_rounds_per_turn_max", "Batches received before TCP and upstreams get their turn", from(1, 64)),
    key<[](auto& c) -> auto& { return c.udp.socket.receive_buffer_bytes; }>("listen.udp_receive_buffer", "What waits in the kernel per socket (SO_RCVBUF)", bytes(4 * kKiB, kGiB)),
    key<[](auto& c) -> auto& { return c.udp.socket.send_buffer_bytes; }>("listen.udp_send_buffer", "The same for answers (SO_SNDBUF)", bytes(4 * kKiB, kGiB)),
    key<[](auto& c) -> auto& { return c.tcp_limits.connections_max; }>("listen.tcp_connections_max", "TCP connections, all addresses and workers together; further ones are closed", from(1, 1'000'000)),
    key<[](auto& c) -> auto& { return c.tcp_limits.client_connections_max; }>("listen.tcp_client_connections_max", "The same for one client: an IPv4 address or an IPv6 /64", from(1, 1'000'000)),
    key<[](auto& c) -> auto& { return c.tcp_limits.memory_max; }>("listen.tcp_memory", "What TCP connections may hold together of answers not read and queries not whole, beyond 16 KiB each; one of them holds at most a quarter of what is free", bytes(kMiB, kTiB)),
    key<[](auto& c) -> auto& { return c.tcp.session.queries_in_flight_max; }>("listen.tcp_queries_in_flight_max", "Queries in flight per connection; above, it is not read", from(1, 65'535)),
    key<[](auto& c) -> auto& { return c.tcp.session.idle_timeout_ms; }>("listen.tcp_idle_timeout_ms", "A connection without a whole query for so long is closed (RFC 7766, 6.2.3)", from(100, kDayMs)),
    key<[](auto& c) -> auto& { return c.tcp.session.lifetime_max_ms; }>("listen.tcp_lifetime_max_ms", "The longest a connection may last; 0: no limit", from(0, 7 * kDayMs)),
    key<[](auto& c) -> auto& { return c.tcp.session.queries_max; }>("listen.tcp_queries_max", "Queries per connection; 0: no limit", from(0, 1'000'000'000)),
    key<[](auto& c) -> auto& { return c.tcp.session.output_pause_bytes; }>("listen.tcp_output_pause", "Answers that a client did not read; above, it is not read either", bytes(kKiB, kGiB)),
    key<[](auto& c) -> auto& { return c.client_stream.send_queue_max; }>("listen.tcp_send_queue_max", "Answers that a client did not read; above, its connection ends", bytes(128 * kKiB, kGiB)),
    key<[](auto& c) -> auto& { return c.client_stream.send_timeout_ms; }>("listen.tcp_send_timeout_ms", "A client that reads nothing for so long is cut off", from(100, kDayMs)),
    key<[](auto& c) -> auto& { return c.tcp.session.finish_timeout_ms; }>("listen.tcp_finish_timeout_ms", "What is in flight on a connection that is to end gets so long", from(0, kDayMs)),
    key<[](auto& c) -> auto& { return c.client_stream.linger_timeout_ms; }>("listen.tcp_linger_timeout_ms", "How long a client may take to close its side after us, so that nothing is lost that it has not read", from(0, 60'000)),
    key<[](auto& c) -> auto& { return c.tcp.acceptor.backlog; }>("listen.tcp_backlog", "Connections that wait in the kernel to be accepted, per address and worker", from(1, 65'535)),

    live<[](auto& c) -> auto& { return c.protect.access.allow; }>("access.allow", "Networks that may ask; of several that hold a client the longest counts, and whoever is in none is refused. Everybody: 0.0.0.0/0,::/0"),
    live<[](auto& c) -> auto& { return c.protect.allow_file; }>("access.allow_file", "File with further ones, one a line; # begins a comment"),
    live<[](auto& c) -> auto& { return c.protect.access.refuse; }>("access.refuse", "Networks that get REFUSED"),
    live<[](auto& c) -> auto& { return c.protect.refuse_file; }>("access.refuse_file", "File with further ones"),
    live<[](auto& c) -> auto& { return c.protect.access.drop; }>("access.drop", "Networks that get no reply and no TCP connection"),
    live<[](auto& c) -> auto& { return c.protect.drop_file; }>("access.drop_file", "File with further ones"),
    live<[](auto& c) -> auto& { return c.protect.restricted; }>("access.restrict", "Addresses of listen.dns that only these networks may ask, of those that may ask at all; all others are refused there"),

    live<[](auto& c) -> auto& { return c.protect.rate.per_second[kUnproven]; }>("rate.udp", "Queries per second of one client by UDP without a valid cookie, where anybody may have forged the address; 0: no limit", from(0, 1'000'000)),
    live<[](auto& c) -> auto& { return c.protect.rate.per_second[kProven]; }>("rate.proven", "The same by TCP, or with a valid cookie", from(0, 1'000'000)),
    live<[](auto& c) -> auto& { return c.protect.rate.burst_ms; }>("rate.burst_ms", "What a client may save up, in milliseconds of its rate", from(1, 60'000)),
    live<[](auto& c) -> auto& { return c.protect.rate.clients.ipv4_bits; }>("rate.ipv4_prefix", "A client is a network of so many bits, for rate.*, rrl.* and query.client_in_flight_max", from(8, 32)),
    live<[](auto& c) -> auto& { return c.protect.rate.clients.ipv6_bits; }>("rate.ipv6_prefix", "The same for IPv6", from(16, 128)),
    live<[](auto& c) -> auto& { return c.protect.rate.clients.exempt; }>("rate.exempt", "Networks without a limit, of the keys rate.*, rrl.* and query.client_in_flight_max"),
    live<[](auto& c) -> auto& { return c.protect.guard.over_rate; }>("rate.over_limit", "What a client over its limit gets: an empty answer that sends it to TCP, REFUSED, or nothing; over TCP, or with a valid cookie, truncate refuses too"),
    live<[](auto& c) -> auto& { return c.protect.guard.slip; }>("rate.slip", "By UDP without a valid cookie only each so-many-th query over the limit gets that, all others nothing; 0: none does", from(0, 1000)),
    live<[](auto& c) -> auto& { return c.protect.rate.table_bytes; }>("rate.table", "Memory for clients' limits, 8 octets each, rounded up to a power of two", bytes(4 * kKiB, kGiB)),

    live<[](auto& c) -> auto& { return c.protect.responses.per_second; }>("rrl.replies", "How often per second one client gets the same answer by UDP without a valid cookie, against forged queries that want it at somebody else's address; negative answers are the same within a zone; 0: no limit. What may be saved up: rate.burst_ms", from(0, 1'000'000)),
    live<[](auto& c) -> auto& { return c.protect.responses.errors_per_second; }>("rrl.errors", "The same for errors, all together (REFUSED, SERVFAIL, FORMERR and others)", from(0, 1'000'000)),
    live<[](auto& c) -> auto& { return c.protect.responses.slip; }>("rrl.slip", "Each so-many-th reply over the limit goes out empty, to send real clients to TCP, all others not at all; 0: none does", from(0, 1000)),
    live<[](auto& c) -> auto& { return c.protect.responses.table_bytes; }>("rrl.table", "Memory for these limits, 8 octets for a client and an answer, rounded up to a power of two", bytes(4 * kKiB, kGiB)),

    live<[](auto& c) -> auto& { return c.protect.cookies; }>("cookies.enabled", "Gives cookies to clients that send one (RFC 7873, 9018)"),
    live<[](auto& c) -> auto& { return c.protect.guard.cookie_required; }>("cookies.required", "By UDP, clients that send a cookie must send a valid one: BADCOOKIE; those that send none are served"),
    live<[](auto& c) -> auto& { return c.protect.cookie_secret_file; }>("cookies.secret_file", "File with 16 octets or 32 hexadecimal digits, the same for all servers behind one address; empty: a random secret at each start"),
    live<[](auto& c) -> auto& { return c.protect.cookie_secret_file_old; }>("cookies.secret_file_old", "The secret before that one: its cookies are still valid"),

    live<[](auto& c) -> auto& { return c.query.resolver.waiting_room.admission.in_flight_max; }>("query.in_flight_max", "Clients that wait for an answer, per worker", from(1, 1'000'000)),
    live<[](auto& c) -> auto& { return c.query.resolver.waiting_room.admission.in_flight_max_by_transport[kUdp]; }>("query.udp_in_flight_max", "The same by UDP without a valid cookie: less, so that a flood leaves room for others", from(1, 1'000'000)),
    live<[](auto& c) -> auto& { return c.query.resolver.waiting_room.admission.in_flight_max_by_transport[kTcp]; }>("query.tcp_in_flight_max", "The same by TCP, or with a valid cookie", from(1, 1'000'000)),
    key<[](auto& c) -> auto& { return c.protect.in_flight.client_in_flight_max; }>("query.client_in_flight_max", "Queries of one client that wait for an answer, by UDP and TCP and all workers together; 0: no limit", from(0, 1'000'000)),
    live<[](auto& c) -> auto& { return c.query.resolver.resolutions_max; }>("query.questions_max", "Different questions in flight, per worker; of clients by UDP without a valid cookie three quarters of them", from(1, 1'000'000)),
    live<[](auto& c) -> auto& { return c.query.resolver.waiting_room.per_question_max; }>("query.clients_per_question_max", "Clients that may wait for the same question", from(1, 1'000'000)),
    live<[](auto& c) -> auto& { return c.query.resolver.fetch_grace_ms; }>("query.fetch_grace_ms", "How long an answer of a slower tier is still waited for when the upstream has failed", from(0, 60'000)),
    live<[](auto& c) -> auto& { return c.query.over_limit; }>("query.over_limit", "What a client gets when a limit forbids to take its query"),
    live<[](auto& c) -> auto& { return c.query.minimal_any_ttl_s; }>("query.any_ttl", "TTL of the minimal answer to ANY, in seconds (RFC 8482)", from(0, kWeekS)),
    live<[](auto& c) -> auto& { return c.query.local_names.forward_localhost; }>("query.forward_localhost", "Asks upstream for localhost instead of answering (RFC 6761)"),
    live<[](auto& c) -> auto& { return c.query.local_names.forward_invalid; }>("query.forward_invalid", "The same for invalid (RFC 6761)"),
    live<[](auto& c) -> auto& { return c.query.local_names.forward_test; }>("query.forward_test", "The same for test (RFC 6761)"),
    live<[](auto& c) -> auto& { return c.query.local_names.forward_local; }>("query.forward_local", "The same for local (RFC 6762)"),
    live<[](auto& c) -> auto& { return c.query.local_names.forward_onion; }>("query.forward_onion", "The same for onion (RFC 7686)"),
    live<[](auto& c) -> auto& { return c.query.local_names.forward_home_arpa; }>("query.forward_home_arpa", "The same for home.arpa (RFC 8375)"),
    live<[](auto& c) -> auto& { return c.query.local_names.forward_resolver_arpa; }>("query.forward_resolver_arpa", "The same for resolver.arpa (RFC 9462)"),
    live<[](auto& c) -> auto& { return c.query.local_names.forward_loopback_reverse; }>("query.forward_loopback_reverse", "The same for the addresses of loopback (RFC 6303)"),

    live<[](auto& c) -> auto& { return c.upstream_servers; }>("upstream.servers", "The servers that are asked over TLS; without a name the certificate must be for the address, or have a pin's key"),
    live<[](auto& c) -> auto& { return c.tls.ca_file; }>("upstream.ca_file", "PEM file with the authorities that are trusted; empty: the system's"),
    live<[](auto& c) -> auto& { return c.authentication; }>("upstream.authentication", "opportunistic encrypts to whoever answers: anyone on the way can then read and change everything (RFC 8310, 5)"),
    live<[](auto& c) -> auto& { return c.tls.tls13_only; }>("upstream.tls13_only", "Refuses TLS 1.2"),
    live<[](auto& c) -> auto& { return c.tls.ciphers; }>("upstream.ciphers", "Cipher suites as wolfSSL names them, separated by colons; empty: ChaCha20-Poly1305 and AES-GCM"),
    live<[](auto& c) -> auto& { return c.upstream.policy; }>("upstream.policy", "Who is asked: the fastest (two at random, the better one), the first that works, or all evenly by weight"),
    live<[](auto& c) -> auto& { return c.upstream.connections; }>("upstream.connections", "Streams per server and worker", from(1, 64)),
    live<[](auto& c) -> auto& { return c.upstream.connections_apart; }>("upstream.connections_apart", "Streams besides, for questions that were lost with others; open only while there are any", from(1, 64)),
    live<[](auto& c) -> auto& { return c.query.resolver.timeout_ms; }>("upstream.timeout_ms", "The deadline of a query, whatever is stuck", from(100, 60'000)),
    live<[](auto& c) -> auto& { return c.upstream.asks_max; }>("upstream.asks_max", "How often one question is asked within its deadline", from(1, 16)),
    live<[](auto& c) -> auto& { return c.upstream.patience_ms_min; }>("upstream.patience_min_ms", "A question without answer is asked elsewhere after the usual time of the server, but not earlier than this", from(10, 60'000)),
    live<[](auto& c) -> auto& { return c.upstream.patience_unmeasured_ms; }>("upstream.patience_unmeasured_ms", "The same for a server whose usual time is not known", from(10, 60'000)),
    live<[](auto& c) -> auto& { return c.upstream.hedge_percentile; }>("upstream.hedge_percentile", "Asks a second server when the first is slower than this share of its answers, in per cent; 0: never", from(0, 99)),
    live<[](auto& c) -> auto& { return c.upstream.remeasure_ms; }>("upstream.remeasure_ms", "A server that was not asked for so long is tried with one question", from(100, kDayMs)),
    key<[](auto& c) -> auto& { return c.upstream.questions_max; }>("upstream.questions_max", "Questions under way, per worker", from(1, 1'000'000)),
    key<[](auto& c) -> auto& { return c.upstream.connection.ids_max; }>("upstream.stream_queries_max", "Queries in flight on one stream", power_of_two(1, 32'768)),
    live<[](auto& c) -> auto& { return c.upstream.connection.id_quarantine_ms; }>("upstream.id_quarantine_ms", "How long the id of a query that nobody waits for is not used again", from(0, 600'000)),
    live<[](auto& c) -> auto& { return c.upstream.connection.connect_timeout_ms; }>("upstream.connect_timeout_ms", "For TCP connection and TLS handshake together", from(50, 60'000)),
    live<[](auto& c) -> auto& { return c.upstream.connection.message_timeout_ms; }>("upstream.message_timeout_ms", "A stream is ended when the rest of a message does not come for so long", from(10, 60'000)),
    live<[](auto& c) -> auto& { return c.upstream.connection.padding; }>("upstream.padding", "Queries are padded to a multiple of so many octets (RFC 8467); 0: not", from(0, 128)),
    live<[](auto& c) -> auto& { return c.upstream.connection.unexpected_max; }>("upstream.unexpected_max", "Answers to no query, or malformed messages, in a row, that end a stream", from(1, 65'535)),
    live<[](auto& c) -> auto& { return c.upstream.connection.mismatched_max; }>("upstream.mismatched_max", "Answers to another question, or malformed ones, in a row, that end a stream", from(1, 65'535)),
    live<[](auto& c) -> auto& { return c.upstream.grow_above; }>("upstream.grow_above", "Queries in flight on a stream from which a second one is opened", from(1, 32'768)),
    live<[](auto& c) -> auto& { return c.upstream.spread_above; }>("upstream.spread_above", "Queries in flight on a stream from which they are spread over several", from(1, 32'768)),
    live<[](auto& c) -> auto& { return c.upstream.warm_for_ms; }>("upstream.warm_for_ms", "A stream is kept ready for so long after the last question; 0: for ever", from(0, 7 * kDayMs)),
    live<[](auto& c) -> auto& { return c.upstream.probe_timeout_ms; }>("upstream.probe_timeout_ms", "A stream that does not answer our own question for so long is dead", from(10, 60'000)),
    live<[](auto& c) -> auto& { return c.upstream.health.backoff.first_ms; }>("upstream.backoff_first_ms", "A server is left alone for so long after its first failure", from(1, 60'000)),
    live<[](auto& c) -> auto& { return c.upstream.health.backoff.second_ms; }>("upstream.backoff_second_ms", "After the second in a row; doubled after each further one", from(1, 600'000)),
    live<[](auto& c) -> auto& { return c.upstream.health.backoff.longest_ms; }>("upstream.backoff_longest_ms", "But never longer than this", from(1, kDayMs)),
    live<[](auto& c) -> auto& { return c.upstream.health.retry_ms_all_failing; }>("upstream.retry_all_failing_ms", "While no server works and somebody asks, each is tried so often", from(10, 60'000)),
    live<[](auto& c) -> auto& { return c.upstream.health.retry_ms_certificate; }>("upstream.retry_certificate_ms", "The same for servers whose certificate was refused", from(10, kDayMs)),
    live<[](auto& c) -> auto& { return c.upstream.hurry_for_ms; }>("upstream.hurry_for_ms", "Somebody asks: for so long after a question", from(0, kDayMs)),
    live<[](auto& c) -> auto& { return c.upstream.idle_limit.margin_percent; }>("upstream.idle_margin_percent", "This part of the server's idle limit before its end, a question of our own keeps the stream open", from(1, 90)),

    key<[](auto& c) -> auto& { return c.cache.bytes_max; }>("cache.memory", "The bound of the cache, everything included, shared by all workers", bytes(kMiB, kTiB)),
    key<[](auto& c) -> auto& { return c.cache.shards; }>("cache.shards", "Parts with a lock of their own, of 64 KiB at least; 0: one for each 2 MiB", from(0, 1024)),
    live<[](auto& c) -> auto& { return c.cache.ttl.ttl_min_s; }>("cache.ttl_min", "Smaller TTLs count as this, in seconds", from(0, kWeekS)),
    live<[](auto& c) -> auto& { return c.cache.ttl.ttl_max_s; }>("cache.ttl_max", "Greater TTLs count as this, in seconds", from(1, kWeekS)),
    live<[](auto& c) -> auto& { return c.cache.ttl.ttl_negative_max_s; }>("cache.ttl_negative_max", "The same for names and types that do not exist (RFC 2308)", from(0, kWeekS)),
    live<[](auto& c) -> auto& { return c.cache.ttl.stale_max_s; }>("cache.stale_max", "An expired answer serves for so many seconds when the upstream fails (RFC 8767); 0: never", from(0, kWeekS)),
    live<[](auto& c) -> auto& { return c.query.resolver.stale_answer_delay_ms; }>("cache.stale_delay_ms", "How long the upstream may take before a stale answer is given", from(0, 60'000)),
    live<[](auto& c) -> auto& { return c.cache.stale_answer_ttl_s; }>("cache.stale_ttl", "TTL of stale answers, in seconds", from(0, 3600)),
    live<[](auto& c) -> auto& { return c.cache.refresh_interval_s; }>("cache.refresh_interval", "Seconds between two attempts to refresh a stale answer", from(1, 3600)),
    live<[](auto& c) -> auto& { return c.cache.prefetch_percent; }>("cache.prefetch_percent", "An answer that is asked for is refreshed in this last part of its TTL; 0: never", from(0, 90)),
    live<[](auto& c) -> auto& { return c.cache.promotion_hits_min; }>("cache.promotion_hits_min", "Hits that make an answer outlast a scan of random names", from(1, 3)),
    live<[](auto& c) -> auto& { return c.cache.ttl.failure_ttl_min_s; }>("cache.failure_ttl_min", "A failure is remembered for so many seconds, then twice as long (RFC 9520)", from(1, 300)),
    live<[](auto& c) -> auto& { return c.cache.ttl.failure_ttl_max_s; }>("cache.failure_ttl_max", "But never longer than this", from(1, 300)),
    live<[](auto& c) -> auto& { return c.cache.ttl.refusal_ttl_s; }>("cache.refusal_ttl", "Other errors of the upstream are remembered for so many seconds", from(0, 300)),

    live<[](auto& c) -> auto& { return c.redis.url; }>("redis.url", "The Redis or Valkey that appliances share answers in; empty: none"),
    live<[](auto& c) -> auto& { return c.redis.password_file; }>("redis.password_file", "File with the password, instead of in the URL"),
    live<[](auto& c) -> auto& { return c.redis.ca_file; }>("redis.ca_file", "PEM file with the authorities that are trusted for TLS to Redis; empty: the system's"),
    live<[](auto& c) -> auto& { return c.redis.server_name; }>("redis.server_name", "The name in the certificates of Redis; empty: the address that is dialled"),
    live<[](auto& c) -> auto& { return c.redis.prefix; }>("redis.prefix", "In front of every key, at most 64 octets; appliances that share answers have the same"),
    live<[](auto& c) -> auto& { return c.redis.channel; }>("redis.channel", "Where flushes are published, at most 64 octets"),
    live<[](auto& c) -> auto& { return c.redis.seal_key_file; }>("redis.seal_key_file", "File with 32 octets or 64 hexadecimal digits: values are sealed and names hashed with it; empty: not"),
    live<[](auto& c) -> auto& { return c.redis.seal_key_file_old; }>("redis.seal_key_file_old", "The key before that one: what it sealed is still found"),
    live<[](auto& c) -> auto& { return c.redis.wait.wait_us_max; }>("redis.wait_us", "How long a client waits for Redis at most before the upstream is asked too, in microseconds; up to 50,000 more behind a burst of our own", from(100, 1'000'000)),
    live<[](auto& c) -> auto& { return c.redis.wait.wait_us_min; }>("redis.wait_min_us", "The same at least, however fast Redis usually is", from(0, 1'000'000)),
    live<[](auto& c) -> auto& { return c.redis.connection.pending_max; }>("redis.pending_max", "Commands without a reply, per connection; more are dropped", from(16, 1'000'000)),
    live<[](auto& c) -> auto& { return c.redis.connection.write_queue_max; }>("redis.write_queue_max", "Commands that the kernel did not take yet, per connection; more are dropped", bytes(128 * kKiB, kGiB)),
    live<[](auto& c) -> auto& { return c.redis.connection.connect_timeout_ms; }>("redis.connect_timeout_ms", "For TCP, TLS and the first commands together", from(50, 60'000)),
    live<[](auto& c) -> auto& { return c.redis.connection.response_timeout_ms; }>("redis.response_timeout_ms", "A connection without a reply for so long, and for redis.breaker_silent_ms, is given up", from(50, 60'000)),
    live<[](auto& c) -> auto& { return c.redis.breaker.silent_ms; }>("redis.breaker_silent_ms", "No reply for so long: Redis is not asked until it answers a PING; of no use above redis.response_timeout_ms", from(1, 60'000)),
    live<[](auto& c) -> auto& { return c.redis.breaker.slow_us; }>("redis.breaker_slow_us", "The same where round trips usually take so long, in microseconds", from(100, 60'000'000)),

    key<[](auto& c) -> auto& { return c.workers; }>("engine.workers", "Threads that answer; 0: one per core that the process may use", from(0, 256)),
    key<[](auto& c) -> auto& { return c.loop.ring.entries; }>("engine.ring_entries", "Submission entries of each worker's ring", power_of_two(64, 32'768)),
    key<[](auto& c) -> auto& { return c.loop.ring.receive_buffers; }>("engine.receive_buffers", "Buffers that all streams of a worker receive into", power_of_two(8, 32'768)),
    key<[](auto& c) -> auto& { return c.loop.ring.receive_buffer_size; }>("engine.receive_buffer_size", "Size of each of them", bytes(kKiB, kMiB)),

    live<[](auto& c) -> auto& { return c.drain_ms; }>("life.drain_ms", "Time for what is in flight after SIGTERM or SIGINT", from(0, 600'000)),
    key<[](auto& c) -> auto& { return c.process.takeover_socket; }>("life.takeover_socket", "Unix socket at which `dotring --takeover` gets the listening sockets and TCP connections of the one that runs; whoever can open it may. Empty: none"),

    key<[](auto& c) -> auto& { return c.process.user; }>("process.user", "Whom to become at the start, when started as root; files are read and ports opened as this user, who keeps CAP_NET_BIND_SERVICE for ports below 1024. Empty: nobody else"),
    key<[](auto& c) -> auto& { return c.process.seccomp; }>("process.seccomp", "System calls that dotring has no use for fail, and are told in the kernel's log; starting a program ends it"),

    key<[](auto& c) -> auto& { return c.admin.listen; }>("admin.listen", "Where /metrics, /healthz and /readyz are served over HTTP; empty: nowhere"),
    key<[](auto& c) -> auto& { return c.admin.connections_max; }>("admin.connections_max", "HTTP connections at a time", from(1, 1024)),
    key<[](auto& c) -> auto& { return c.admin.timeout_s; }>("admin.timeout", "Seconds after which a silent HTTP connection is closed", from(1, 3600)),

    key<[](auto& c) -> auto& { return c.control.socket; }>("control.socket", "The unix socket of dotring-ctl; empty: none. Where the folder of the default is not there or not dotring's, dotring runs without"),
    key<[](auto& c) -> auto& { return c.control.socket_mode; }>("control.socket_mode", "Its permissions: whoever may write to it may use it"),
    key<[](auto& c) -> auto& { return c.control.connections_max; }>("control.connections_max", "Connections to it at a time; others wait", from(1, 64)),
    key<[](auto& c) -> auto& { return c.control.timeout_s; }>("control.timeout", "Seconds that one may take for its request, and again to read the reply", from(1, 3600)),
    key<[](auto& c) -> auto& { return c.control.top.names; }>("control.top_names", "Counts which names are asked for most, for dotring-ctl top names; nothing of it is written down"),
    key<[](auto& c) -> auto& { return c.control.top.clients; }>("control.top_clients", "The same for who asks; addresses are personal data, so it must be wanted"),
    key<[](auto& c) -> auto& { return c.control.top.entries; }>("control.top_entries", "Places in each of these lists, per worker; what is less frequent than one in so many may be missed", from(10, 100'000)),
    key<[](auto& c) -> auto& { return c.control.top.sample; }>("control.top_sample", "One query in so many is counted, at random", from(1, 1'000'000)),
    key<[](auto& c) -> auto& { return c.control.top.half_life_s; }>("control.top_half_life", "Seconds after which what was counted weighs half", from(1, 86'400)),
    live<[](auto& c) -> auto& { return c.audit.file; }>("audit.file", "File or named pipe for one line of JSON per query; empty: none. SIGUSR1 opens it again"),
    live<[](auto& c) -> auto& { return c.audit.file_size_max; }>("audit.file_size_max", "A file that would be larger is moved away, to FILE.1 and so on; 0: never. For dnstap's file too", bytes(0, kTiB)),
    live<[](auto& c) -> auto& { return c.audit.files_kept; }>("audit.files_kept", "Files that were moved away and are kept", from(0, 1000)),
    live<[](auto& c) -> auto& { return c.audit.sample; }>("audit.sample", "One query in so many, drawn at random, is written", from(1, 1'000'000)),
    live<[](auto& c) -> auto& { return c.audit.clients; }>("audit.clients", "Client addresses: whole, cut to a network (/24, /56), hashed with a key, or none; ports only with whole ones"),
    live<[](auto& c) -> auto& { return c.audit.hash_key_file; }>("audit.hash_key_file", "File with 16 octets or 32 hexadecimal digits, for hashed addresses; empty: a random key at each start"),
    live<[](auto& c) -> auto& { return c.audit.queue_bytes; }>("audit.queue", "What each worker holds of queries not written yet, rounded up to a power of two; above, they are dropped and counted", bytes(256 * kKiB, kGiB)),

    live<[](auto& c) -> auto& { return c.audit.dnstap_target; }>("dnstap.target", "Where CLIENT_QUERY and CLIENT_RESPONSE go: unix:///PATH, tcp://ADDRESS:PORT, or a file; empty: nowhere. audit.sample and audit.clients count here too"),
    live<[](auto& c) -> auto& { return c.audit.dnstap_identity; }>("dnstap.identity", "The name of this server in them; empty: none"),

    live<[](auto& c) -> auto& { return c.log.level; }>("log.level", "The least severe lines that are written"),
    live<[](auto& c) -> auto& { return c.log.format; }>("log.format", "One JSON object per line, or text"),
    live<[](auto& c) -> auto& { return c.log.names; }>("log.names", "Names that are asked for may appear in log lines: those of questions that failed, at level debug. Client addresses never do, but for log.refused_clients"),
    live<[](auto& c) -> auto& { return c.log.refused_clients; }>("log.refused_clients", "A line with the address of each client whose query or TCP connection was refused or over a limit, for fail2ban"),
    live<[](auto& c) -> auto& { return c.log.refused_clients_per_second; }>("log.refused_clients_per_second", "Such lines a second, per worker; the next one says how many were left out", from(1, 10'000)),
    key<[](auto& c) -> auto& { return c.log.queue_lines_max; }>("log.queue_lines_max", "Lines that wait for their reader; above, the oldest are dropped and counted", from(16, 65'536)),
});
// clang-format on

}  // namespace

std::span<const Key> keys() {
  return kKeys;
}

}  // namespace dotring::appliance
