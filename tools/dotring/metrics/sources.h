// What the parts have counted, as metrics: gathered over all workers when a page is asked for.
//
// What it is: the stable names, and where each comes from. Counters are read while their workers go
// on; a page is a few events old in places, never torn. What it is not: counting (each part does
// its own), or the text format (page.h).

#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cache/memory/statistics.h"
#include "cache/redis/statistics.h"
#include "cache/tiers/statistics.h"
#include "engine/base/counter.h"
#include "engine/io/loop.h"
#include "engine/io/udp_socket.h"
#include "engine/listen/statistics.h"
#include "engine/protect/statistics.h"
#include "engine/query/statistics.h"
#include "tls/tls_statistics.h"
#include "tls/upstream/statistics.h"
#include "tools/dotring/audit/statistics.h"
#include "tools/dotring/metrics/page.h"

namespace dotring::appliance {

/// A counter of one of the parts, and its label.
template <typename Part>
struct NamedCounter {
  std::string_view name;
  Counter Part::*counter;
};

/// One upstream server, on every worker.
struct ServerSources {
  std::string name;
  std::vector<const upstream::ServerStatistics*> statistics;
  std::vector<const tls::TlsStatistics*> tls;
};

/// One worker's socket of a listener; the kernel counts what it drops, and is asked for it only
/// when somebody reads the page.
struct UdpDropsSource {
  Endpoint listener;
  std::function<io::UdpDrops()> ask;
};

/// Where the counters are, as of now: a reload brings others. All of them outlive it.
struct MetricSources {
  /// The one with this name, made where there is none yet.
  ServerSources& server(const std::string& name) {
    for (ServerSources& one : servers) {
      if (one.name == name) return one;
    }
    return servers.emplace_back(ServerSources{name, {}, {}});
  }

  std::vector<const io::LoopStatistics*> loops;  ///< in the order of the workers
  std::vector<const query::Statistics*> queries;
  std::vector<const protect::Statistics*> guards;
  std::vector<const upstream::Statistics*> upstreams;
  std::vector<ServerSources> servers;
  std::vector<const io::UdpStatistics*> udp_sockets;
  std::vector<const listen::UdpListenerStatistics*> udp;
  std::vector<UdpDropsSource> udp_drops;
  std::vector<const listen::TcpListenerStatistics*> tcp;
  // Without a Redis these are empty.
  std::vector<const cache::redis::Statistics*> redis;
  std::vector<const cache::tiers::Statistics*> tiers;
  std::vector<const cache::tiers::FlushStatistics*> flushes;
  /// What must live as long as this.
  std::vector<std::shared_ptr<const void>> held;
  // Without an audit log and dnstap these are empty.
  std::vector<OutputSource> audit_outputs;
  std::vector<const RecorderStatistics*> recorders;
};

void add_query_metrics(MetricsPage& page, const MetricSources& sources);
void add_protect_metrics(MetricsPage& page, const MetricSources& sources);
void add_upstream_metrics(MetricsPage& page, const MetricSources& sources);
void add_server_metrics(MetricsPage& page, const MetricSources& sources);
void add_listen_metrics(MetricsPage& page, const MetricSources& sources);
void add_loop_metrics(MetricsPage& page, const MetricSources& sources);
void add_cache_metrics(MetricsPage& page, const cache::Statistics& statistics, size_t bytes_max);
/// Nothing where no Redis is configured.
void add_redis_metrics(MetricsPage& page, const MetricSources& sources);
/// Resident memory of the process.
double resident_bytes();
/// Nothing where no output is configured.
void add_audit_metrics(MetricsPage& page, const MetricSources& sources);
/// Version, memory, processor time, descriptors: of the process.
void add_process_metrics(MetricsPage& page);

/// By upstream::ServerState.
inline constexpr std::array<std::string_view, 4> kServerStateNames = {"starting", "up", "probing",
                                                                      "failing"};

/// The sum of one counter: `counter` is a member or a function that gives one.
template <typename Part, typename CounterOf>
uint64_t total(const std::vector<const Part*>& parts, CounterOf counter) {
  uint64_t sum = 0;
  for (const Part* part : parts) sum += std::invoke(counter, *part).value();
  return sum;
}

/// The mean of a gauge over those parts that know it; 0 where none does.
template <typename Part>
double mean_of_known(const std::vector<const Part*>& parts, Counter Part::*gauge) {
  uint64_t sum = 0;
  uint64_t known = 0;
  for (const Part* part : parts) {
    sum += (part->*gauge).value();
    if ((part->*gauge).value() > 0) ++known;
  }
  return known == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(known);
}

/// The same histogram of all parts.
struct Merged : Histogram {
  template <typename Part>
  Merged(const std::vector<const Part*>& parts, Histogram Part::*histogram) {
    for (const Part* part : parts) merge(part->*histogram);
  }
};

}  // namespace dotring::appliance
