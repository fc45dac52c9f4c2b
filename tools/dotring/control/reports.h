// What dotring-ctl shows: the parts' counters and the configuration as JSON.
//
// What it is: pure; from the same sources as the metrics. Members keep their names, as metrics do:
// people script with them.

#pragma once

#include "tools/control/message.h"
#include "tools/dotring/config/configuration.h"
#include "tools/dotring/control/top_lists.h"
#include "tools/dotring/metrics/sources.h"

namespace dotring::appliance {

/// How many, how answered. `uptime_s` > 0.
control::Json queries_report(const MetricSources& sources, double uptime_s);
control::Json cache_report(const cache::Statistics& statistics, size_t bytes_max);
/// Null where no Redis is configured.
control::Json redis_report(const MetricSources& sources);
/// Each server, in the order of the configuration.
control::Json upstreams_report(const std::vector<ServerSources>& servers);
/// Who and what is asked for most, of the most frequent first.
control::Json top_names_report(const TopList& list);
control::Json top_clients_report(const TopList& list);
/// Since the start, at most `count`.
control::Json top_upstreams_report(const std::vector<ServerSources>& servers, size_t count);
/// Every key with its value and whether that is the default. Without secrets: those are in files,
/// or hidden by print_value().
control::Json config_report(const Configuration& configuration);

}  // namespace dotring::appliance
