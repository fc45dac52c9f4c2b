#include "tools/dotring/fixed_bounds.h"

#include "cache/memory/shard_plan.h"
#include "cache/prepared_answer.h"
#include "cache/redis/options.h"
#include "cache/redis/reply_reader.h"
#include "cache/redis/url.h"
#include "cache/tiers/flush_log.h"
#include "cache/tiers/key_name.h"
#include "cache/tiers/usual_wait.h"
#include "cache/tiers/value.h"
#include "engine/dns/name.h"
#include "tls/file.h"
#include "tls/resumption.h"
#include "tls/upstream/inquiry.h"
#include "tools/control/message.h"
#include "tools/dotring/admin/health.h"
#include "tools/dotring/audit/stream_sink.h"
#include "tools/dotring/config/configuration.h"
#include "tools/dotring/generations.h"
#include "tools/dotring/log/log.h"
#include "tools/dotring/process/activation.h"
#include "tools/dotring/process/predecessor.h"
#include "tools/dotring/process/takeover_server.h"
#include "tools/dotring/reload.h"

namespace dotring::appliance {
namespace {

using Bounds = std::vector<FixedBound>;

std::string count(uint64_t value) {
  return std::to_string(value);
}
std::string octets(uint64_t value) {
  return print_number(value, {.bytes = true});
}
std::string ms(uint64_t value) {
  return std::to_string(value) + " ms";
}
std::string seconds(uint64_t value) {
  return std::to_string(value) + " s";
}

void add_clients(Bounds& bounds, const Configuration& configuration) {
  const io::UdpSocket::Options& udp = configuration.udp.socket;
  bounds.push_back({"query by UDP", octets(udp.receive_size_max), "longer ones are dropped"});
  bounds.push_back(
      {"answer by UDP", octets(udp.send_size_max), "whatever listen.udp_size_max says"});
  bounds.push_back({"TCP connection's own memory", octets(listen::SessionLimits::kSessionBytes),
                    "more is borrowed from listen.tcp_memory"});
  bounds.push_back({"networks of the access lists", count(protect::NetworkTable::kNetworksMax),
                    "in all lists and files together; as many without a rate limit"});
  bounds.push_back(
      {"counters of queries in flight",
       count(protect::InFlightLimiter::kRows * protect::InFlightLimiter::kCountersOfRow),
       "for query.client_in_flight_max, 4 octets each"});
  const protect::ServerCookies::Options cookies;
  bounds.push_back({"life of a server cookie", seconds(cookies.valid_s), "RFC 9018, 4.3"});
  bounds.push_back({"server cookie of a clock ahead", seconds(cookies.ahead_s),
                    "later ones are not valid (RFC 9018, 4.3)"});
  bounds.push_back({"pause of accepting", ms(configuration.tcp.acceptor.retry_ms),
                    "when descriptors or memory are short"});
  bounds.push_back({"sleep of a worker", ms(configuration.loop.wait_ms_max),
                    "so that /healthz sees that it lives"});
}

void add_messages(Bounds& bounds) {
  bounds.push_back({"records of an answer", count(dns::AnswerView::kRecordsMax),
                    "one with more is malformed: another server is asked"});
  bounds.push_back({"compression pointers of a name", count(dns::kPointersMax),
                    "a message with more is malformed"});
}

void add_cache(Bounds& bounds) {
  bounds.push_back({"shards of the cache", count(cache::ShardPlan::kShardsMax),
                    "as many where cache.shards is 0 and cache.memory is large"});
  bounds.push_back({"records of a cached answer", count(cache::PreparedAnswer::kTtlsMax),
                    "answers with more are passed on and not kept"});
}

void add_upstreams(Bounds& bounds, const Configuration& configuration) {
  const upstream::Options& upstream = configuration.upstream;
  const upstream::TlsDialer::Options& dialer = configuration.dialer;
  bounds.push_back({"upstream servers", count(upstream::kServersMax),
                    "configured ones, and those that a reload took out while they still answer"});
  bounds.push_back(
      {"streams that one question is asked on", count(upstream::kAttemptsMax), "at a time"});
  bounds.push_back({"losses of a question in company", count(upstream::kAsksForgivenMax),
                    "that do not count for upstream.asks_max"});
  bounds.push_back({"queries on a stream apart", count(upstream::kCompanyMax),
                    "of upstream.connections_apart, at a time"});
  bounds.push_back({"TLS tickets of an upstream server", count(tls::TicketStore::kCapacity),
                    "per worker, each used once"});
  bounds.push_back({"margin of the deadline upstream",
                    ms(configuration.query.resolver.forward_margin_ms),
                    "less than upstream.timeout_ms, so that clients learn what happened"});
  bounds.push_back({"idle limit that is learned", ms(upstream.idle_limit.learned_ms_min),
                    "shorter lives of streams teach nothing"});
  bounds.push_back({"idle limit that is believed", ms(upstream.idle_limit.limit_ms_max),
                    "whatever a server says (RFC 7828)"});
  bounds.push_back({"queue towards an upstream", octets(dialer.tcp.send_queue_max), "per stream"});
  bounds.push_back(
      {"upstream that takes nothing", ms(dialer.tcp.send_timeout_ms), "its stream is dead"});
  bounds.push_back(
      {"upstream's end of a connection", ms(dialer.tcp.linger_timeout_ms), "after ours"});
  bounds.push_back({"TLS handshake", ms(dialer.tls.handshake_timeout_ms),
                    "upstream.connect_timeout_ms covers it and is shorter"});
}

void add_redis(Bounds& bounds) {
  const cache::redis::ConnectionOptions connection;
  const cache::redis::ClusterOptions cluster;
  bounds.push_back({"reply of Redis", octets(connection.reply_size_max), "or the connection ends"});
  bounds.push_back(
      {"elements of such a reply", count(connection.reply_elements_max), "all levels together"});
  bounds.push_back({"depth of such a reply", count(cache::redis::ReplyReader::kDepthMax),
                    "arrays within arrays"});
  bounds.push_back({"addresses in redis.url", count(cache::redis::kAddressesMax),
                    "of sentinels, or of nodes to begin with"});
  bounds.push_back({"octets of redis.prefix", count(cache::tiers::KeyName::kPrefixMax),
                    "longer ones are refused"});
  bounds.push_back(
      {"octets of redis.channel", count(RedisOptions::kChannelMax), "longer ones are refused"});
  bounds.push_back({"keys kept for redirections", octets(cluster.key_room),
                    "per node of a cluster; a look-up without room is not asked again"});
  bounds.push_back({"nodes of a Redis cluster", count(cluster.nodes_max), "others are not asked"});
  bounds.push_back({"redirections of a command", count(cluster.redirects_max), "then it fails"});
  bounds.push_back({"answer of a sentinel", ms(cache::redis::SentinelOptions().answer_timeout_ms),
                    "then the next one is asked"});
  const cache::tiers::UsualWait::Options wait;
  bounds.push_back({"added wait for Redis in a burst", ms(wait.queue_us_max / 1000),
                    "for look-ups of our own in front, as long as replies come"});
  bounds.push_back({"of that for each look-up in front",
                    std::to_string(wait.command_us_max) + " us", "or as measured, if less"});
  bounds.push_back({"flushes remembered", count(cache::tiers::FlushLog::Options().rules_max),
                    "above, everything stored before the latest of them counts as flushed"});
  bounds.push_back({"answer from ahead in Redis", seconds(cache::tiers::kSkewMaxS),
                    "later ones are not believed"});
  bounds.push_back({"flush from ahead", seconds(cache::tiers::FlushLog::kAheadMaxS),
                    "later ones are not believed"});
  bounds.push_back({"life of an answer in Redis", seconds(cache::tiers::kLifeMaxS),
                    "cache.ttl_max and cache.stale_max can be no more together"});
}

void add_audit(Bounds& bounds) {
  bounds.push_back({"buffer of audit.file and of dnstap.target", octets(Sink::kBufferMax),
                    "each; what its reader does not take beyond it is dropped and counted"});
  bounds.push_back({"retry of an output that failed", ms(Sink::kRetryMs),
                    "queries until then are dropped and counted"});
  bounds.push_back({"greeting of a dnstap reader", ms(StreamSink::kGreetingMs),
                    "connecting included; then it is tried again"});
  bounds.push_back({"dnstap reader at the end", ms(StreamSink::kFinishMs),
                    "to take the rest, and again to confirm it"});
}

void add_pages(Bounds& bounds) {
  bounds.push_back({"request line and headers on admin.listen", octets(AdminServer::kRequestMax),
                    "larger: 413 or 431"});
  bounds.push_back({"worker that does not turn", ms(ProgressWatch::kStuckAfterMs),
                    "then /healthz says so; with a watchdog half of its time, if that is less"});
  bounds.push_back({"request on control.socket", octets(control::kRequestMax), "or it is refused"});
  bounds.push_back({"path of control.socket", count(ControlOptions::kPathMax) + " octets",
                    "longer ones are refused"});
  bounds.push_back({"text of a field in the log", octets(kFieldTextMax), "longer ones are cut"});
  bounds.push_back({"reader of the log that stalls", ms(Log::kStallMs),
                    "then lines are dropped and counted until it reads again"});
}

void add_process(Bounds& bounds) {
  bounds.push_back({"pipelines of before earlier reloads", count(Generations::kEarlierMax),
                    "per worker, each with its Redis, until what they took is answered; a reload "
                    "that would make one more is refused"});
  bounds.push_back({"workers' time to take a reload",
                    seconds(static_cast<uint64_t>(kReloadWait.count())), "or it is refused"});
  bounds.push_back({"file that a key names", octets(tls::kFileSizeMax), "larger ones are refused"});
  bounds.push_back({"sockets from systemd", count(kActivatedMax), "LISTEN_FDS with more: none"});
  bounds.push_back({"path of life.takeover_socket", count(ProcessOptions::kPathMax) + " octets",
                    "longer ones are refused"});
  bounds.push_back({"running one's sockets for --takeover", ms(Predecessor::kAnswerMs),
                    "or the new one does not start"});
  bounds.push_back({"start of a new one with --takeover", ms(TakeoverServer::kStartMs),
                    "or the running one forgets it"});
  bounds.push_back({"unread octets of a connection taken over", octets(TakeoverChannel::kBytesMax),
                    "one with more is closed"});
}

}  // namespace

std::vector<FixedBound> fixed_bounds() {
  const Configuration configuration;
  Bounds bounds;
  add_clients(bounds, configuration);
  add_messages(bounds);
  add_cache(bounds);
  add_upstreams(bounds, configuration);
  add_redis(bounds);
  add_audit(bounds);
  add_pages(bounds);
  add_process(bounds);
  return bounds;
}

}  // namespace dotring::appliance
