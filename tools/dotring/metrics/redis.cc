// Redis: the connections, what was found and stored there, flushes.

#include "tools/dotring/metrics/sources.h"

namespace dotring::appliance {
namespace {

using cache::redis::Cause;
using Connection = cache::redis::Statistics;
using Tier = cache::tiers::Statistics;
using Flush = cache::tiers::FlushStatistics;

template <typename Part>
struct Plain {
  std::string_view name;
  std::string_view help;
  Counter Part::*counter;
};

constexpr NamedCounter<Connection> kCommands[] = {
    {"get", &Connection::gets}, {"set", &Connection::sets}, {"publish", &Connection::publishes}};

constexpr Plain<Connection> kConnection[] = {
    {"dotring_redis_commands_written_total", "Commands of all kinds.", &Connection::commands},
    {"dotring_redis_writes_total", "Turns in which a connection got commands: one send each.",
     &Connection::writes},
    {"dotring_redis_late_total", "Replies to GETs that nobody waited for any more.",
     &Connection::late},
    {"dotring_redis_gets_refused_total", "GETs not sent: nowhere to ask, or no room.",
     &Connection::gets_refused},
    {"dotring_redis_sets_dropped_total", "SETs not sent: nowhere to store, or no room.",
     &Connection::sets_dropped},
    {"dotring_redis_sets_failed_total", "SETs answered by an error, or lost with a connection.",
     &Connection::sets_failed},
    {"dotring_redis_connects_total", "Connections started.", &Connection::connects},
    {"dotring_redis_connects_failed_total", "Connections that did not open.",
     &Connection::connects_failed},
    {"dotring_redis_connections_lost_total", "Open connections that others ended.",
     &Connection::lost},
    {"dotring_redis_timeouts_total", "Connections given up for want of replies.",
     &Connection::timeouts},
    {"dotring_redis_garbage_total", "Connections ended for bytes that are no replies.",
     &Connection::garbage},
    {"dotring_redis_probes_total", "PINGs that ask whether a server is well again.",
     &Connection::probes},
    {"dotring_redis_asked_again_total", "GETs sent to another node after a redirection.",
     &Connection::asked_again},
    {"dotring_redis_map_refreshes_total", "Maps of a cluster read.", &Connection::map_refreshes},
    {"dotring_redis_masters_changed_total", "Other masters named by sentinels.",
     &Connection::masters_changed},
    {"dotring_redis_subscription_gaps_total", "Interruptions of the subscription.",
     &Connection::gaps},
};

constexpr NamedCounter<Tier> kLookups[] = {
    {"hit", &Tier::hits_fresh},   {"stale", &Tier::hits_stale}, {"miss", &Tier::misses},
    {"failure", &Tier::failures}, {"refused", &Tier::refused},  {"flushed", &Tier::flushed}};
constexpr std::string_view kEnvelopeNames[] = {"", "version", "length", "seal"};
constexpr std::string_view kValueNames[] = {"",       "malformed", "question",
                                            "answer", "future",    "useless"};

constexpr Plain<Flush> kFlush[] = {
    {"dotring_redis_flushes_published_total", "Messages with flushes that others lacked.",
     &Flush::published},
    {"dotring_redis_flushes_received_total", "Flushes of other appliances.", &Flush::received},
    {"dotring_redis_flush_messages_refused_total", "Messages about flushes that are not ours.",
     &Flush::messages_refused},
};

template <typename Part>
void add_plain(MetricsPage& page, const std::vector<const Part*>& parts,
               std::span<const Plain<Part>> values) {
  for (const Plain<Part>& value : values) {
    page.counter(value.name, value.help, total(parts, value.counter));
  }
}

void add_state(MetricsPage& page, const std::vector<const Connection*>& parts) {
  const auto gauge = [&](std::string_view name, std::string_view help, Counter Connection::*value) {
    page.gauge(name, help, static_cast<double>(total(parts, value)));
  };
  gauge("dotring_redis_servers", "Servers known, over all workers.", &Connection::servers);
  gauge("dotring_redis_servers_readable", "Of them connected, breaker closed.",
        &Connection::servers_readable);
  gauge("dotring_redis_servers_writable", "Of them those that store, too.",
        &Connection::servers_writable);
  gauge("dotring_redis_pending", "Commands without a reply now.", &Connection::pending);
  for (size_t i = 1; i < cache::redis::kCauses; ++i) {
    const std::string cause = to_text(static_cast<Cause>(i));
    const auto count = [i](auto array) {
      return [array, i](const Connection& s) -> const Counter& { return (s.*array)[i]; };
    };
    page.counter("dotring_redis_breaker_opened_total", "A server was not asked any more.",
                 total(parts, count(&Connection::stops)), {{"cause", cause}});
    page.counter("dotring_redis_writes_stopped_total", "Nothing was stored there any more.",
                 total(parts, count(&Connection::write_stops)), {{"cause", cause}});
  }
}

void add_errors(MetricsPage& page, const std::vector<const Connection*>& parts) {
  for (size_t i = 0; i < cache::redis::kErrorKinds; ++i) {
    page.counter("dotring_redis_errors_total", "Error replies.",
                 total(parts, [i](const Connection& s) -> const Counter& { return s.errors[i]; }),
                 {{"kind", to_text(static_cast<cache::redis::ErrorKind>(i))}});
  }
}

void add_values(MetricsPage& page, const std::vector<const Tier*>& tiers) {
  for (const NamedCounter<Tier>& lookup : kLookups) {
    page.counter("dotring_redis_lookups_total", "Misses in memory, by what Redis had.",
                 total(tiers, lookup.counter), {{"result", std::string(lookup.name)}});
  }
  for (size_t i = 1; i < cache::tiers::kEnvelopeFaults; ++i) {
    page.counter(
        "dotring_redis_values_refused_total", "Values that were not believed.",
        total(tiers, [i](const Tier& s) -> const Counter& { return s.envelope_faults[i]; }),
        {{"reason", std::string(kEnvelopeNames[i])}});
  }
  for (size_t i = 1; i < cache::tiers::kValueFaults; ++i) {
    page.counter("dotring_redis_values_refused_total", "Values that were not believed.",
                 total(tiers, [i](const Tier& s) -> const Counter& { return s.value_faults[i]; }),
                 {{"reason", std::string(kValueNames[i])}});
  }
  page.counter("dotring_redis_answers_stored_total", "Answers given to Redis.",
               total(tiers, &Tier::written));
  page.counter("dotring_redis_answers_not_stored_total", "Answers that Redis could not take.",
               total(tiers, &Tier::write_drops));
  page.counter("dotring_redis_old_key_lookups_total", "Second looks under the old seal key.",
               total(tiers, &Tier::asked_old_key));
}

}  // namespace

void add_redis_metrics(MetricsPage& page, const MetricSources& sources) {
  if (sources.redis.empty()) return;
  add_state(page, sources.redis);
  for (const NamedCounter<Connection>& command : kCommands) {
    page.counter("dotring_redis_commands_total", "Commands about answers and flushes.",
                 total(sources.redis, command.counter), {{"command", std::string(command.name)}});
  }
  add_plain<Connection>(page, sources.redis, kConnection);
  add_errors(page, sources.redis);
  page.seconds("dotring_redis_round_trip_seconds", "From a command to its reply.",
               Merged(sources.redis, &Connection::round_trip_us));
  add_values(page, sources.tiers);
  add_plain<Flush>(page, sources.flushes, kFlush);
}

}  // namespace dotring::appliance
