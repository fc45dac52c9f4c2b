#include "tools/dotring/config/fixed_bounds.h"

#include "cache/prepared_answer.h"
#include "cache/redis/options.h"
#include "cache/tiers/flush_log.h"
#include "cache/tiers/tiers.h"
#include "tls/upstream/choice.h"
#include "tools/control/message.h"
#include "tools/dotring/config/configuration.h"

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
  bounds.push_back({"pause of accepting", ms(configuration.tcp.acceptor.retry_ms),
                    "when descriptors or memory are short"});
  bounds.push_back({"sleep of a worker", ms(configuration.loop.wait_ms_max),
                    "so that /healthz sees that it lives"});
}

void add_cache(Bounds& bounds) {
  bounds.push_back({"records of a cached answer", count(cache::PreparedAnswer::kTtlsMax),
                    "answers with more are passed on and not kept"});
}

void add_upstreams(Bounds& bounds, const Configuration& configuration) {
  const upstream::Options& upstream = configuration.upstream;
  const upstream::TlsDialer::Options& dialer = configuration.dialer;
  bounds.push_back({"upstream servers", count(upstream::kServersMax), "configured ones"});
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
  bounds.push_back({"nodes of a Redis cluster", count(cluster.nodes_max), "others are not asked"});
  bounds.push_back({"redirections of a command", count(cluster.redirects_max), "then it fails"});
  bounds.push_back({"answer of a sentinel", ms(cache::redis::SentinelOptions().answer_timeout_ms),
                    "then the next one is asked"});
  bounds.push_back({"look-ups in Redis", count(cache::tiers::Tiers::Options().gets_max),
                    "under way, per worker"});
  const cache::tiers::UsualWait::Options wait;
  bounds.push_back({"added wait for Redis in a burst", ms(wait.queue_us_max / 1000),
                    "for look-ups of our own in front, as long as replies come"});
  bounds.push_back({"of that for each look-up in front",
                    std::to_string(wait.command_us_max) + " us", "or as measured, if less"});
  bounds.push_back({"flushes remembered", count(cache::tiers::FlushLog::Options().rules_max),
                    "above, everything stored before the latest of them counts as flushed"});
}

void add_control(Bounds& bounds) {
  bounds.push_back({"request on control.socket", octets(control::kRequestMax), "or it is refused"});
}

}  // namespace

std::vector<FixedBound> fixed_bounds() {
  const Configuration configuration;
  Bounds bounds;
  add_clients(bounds, configuration);
  add_cache(bounds);
  add_upstreams(bounds, configuration);
  add_redis(bounds);
  add_control(bounds);
  return bounds;
}

}  // namespace dotring::appliance
