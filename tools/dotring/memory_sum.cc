#include "tools/dotring/memory_sum.h"

#include "tls/upstream/multiplexer.h"
#include "tools/dotring/audit/audit.h"
#include "tools/dotring/control/top_lists.h"
#include "tools/dotring/generations.h"
#include "tools/dotring/protect_setup.h"
#include "tools/dotring/redis_parts.h"

namespace dotring::appliance {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

/// Program, libraries, stacks, allocator, admin pages and log, apart from its queue.
constexpr uint64_t kFixedBytes = 20 * kMiB;
constexpr uint64_t kLogLineBytes = 1024;
/// A message that is not whole yet (RFC 7766, 8) and what one read brings behind it.
constexpr uint64_t kFramingBytes = 2 * 65'536;

uint64_t udp_bytes(const Configuration& configuration) {
  const io::UdpSocket::Options& socket = configuration.udp.socket;
  constexpr uint64_t kHeadersBytes = 512;
  return (socket.batch + 1) * (socket.receive_size_max + kHeadersBytes) +
         socket.batch * (socket.send_size_max + kHeadersBytes);
}

uint64_t ring_bytes(const Configuration& configuration) {
  const io::RingOptions& ring = configuration.loop.ring;
  constexpr uint64_t kEntryBytes = 64 + 4 * 16 + 4 * 24;  // SQE, four CQEs, and their copies
  return uint64_t{ring.receive_buffers} * ring.receive_buffer_size + ring.entries * kEntryBytes;
}

/// Each listener has places for all connections, wherever they come.
uint64_t tcp_client_bytes(const Configuration& configuration, size_t listeners) {
  const listen::SessionLimits::Options& limits = configuration.tcp_limits;
  return listen::SessionLimits::memory_max(limits) +
         listeners * listen::TcpListener::memory_max(limits.connections_max);
}

uint64_t upstream_stream_bytes(const Configuration& configuration) {
  return tls::Session::kMemoryMax + kFramingBytes +
         2 * uint64_t{configuration.dialer.tcp.send_queue_max};
}

uint64_t upstream_streams_bytes(const Configuration& configuration,
                                const upstream::Options& upstream) {
  // One more is being replaced, another one still closing.
  const size_t streams =
      upstream.servers.size() * (upstream.connections + upstream.connections_apart + size_t{2});
  return streams * upstream_stream_bytes(configuration);
}

/// Of one worker: earlier pipelines with their Redis, and as many servers as there are, where a
/// reload has taken all of them out. Reloads that take out more than that within the time of a
/// question are not in it.
uint64_t after_reloads_bytes(const Configuration& configuration,
                             const upstream::Options& upstream) {
  return Generations::earlier_memory_max(configuration) +
         upstream_streams_bytes(configuration, upstream);
}

}  // namespace

std::vector<MemoryTerm> memory_terms(const Configuration& configuration, size_t workers,
                                     size_t addresses) {
  const upstream::Options upstream = upstream_options(configuration);
  std::vector<MemoryTerm> terms = {
      {"fixed", kFixedBytes + configuration.log.queue_lines_max * kLogLineBytes},
      {"cache", configuration.cache.bytes_max},
      {"rings", workers * ring_bytes(configuration)},
      {"udp", workers * addresses * udp_bytes(configuration)},
      {"clients_waiting", workers * query::Resolver::memory_max(configuration.query.resolver)},
      {"upstream_questions", workers * upstream::Multiplexer::memory_max(upstream)},
      {"upstream_streams", workers * upstream_streams_bytes(configuration, upstream)},
      {"tcp_clients", tcp_client_bytes(configuration, workers * addresses)},
  };
  if (!configuration.control.socket.empty() && TopLists::any(configuration.control.top)) {
    terms.push_back({"top_lists", workers * TopLists::memory_max(configuration.control.top)});
  }
  const uint64_t redis = RedisParts::memory_max(configuration.redis);
  if (redis > 0) terms.push_back({"redis", workers * redis});
  const uint64_t limits = ProtectSetup::memory_max(configuration.protect);
  if (limits > 0) terms.push_back({"client_limits", limits});
  const uint64_t audit = Audit::memory_max(configuration.audit, workers);
  if (audit > 0) terms.push_back({"audit", audit});
  // While an earlier account of queries writes what it has, another one takes records.
  terms.push_back(
      {"after_reloads", audit + workers * after_reloads_bytes(configuration, upstream)});
  return terms;
}

uint64_t sum_of(const std::vector<MemoryTerm>& terms) {
  uint64_t sum = 0;
  for (const MemoryTerm& term : terms) sum += term.bytes;
  return sum;
}

}  // namespace dotring::appliance
