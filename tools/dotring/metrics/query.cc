// Queries, replies and how they came about; the cache.

#include <array>
#include <span>

#include "tools/dotring/metrics/sources.h"

namespace dotring::appliance {
namespace {

constexpr std::array<std::string_view, query::kTransports> kTransportNames = {"udp", "tcp", "tls",
                                                                              "https"};
constexpr std::array<std::string_view, query::kDropReasons> kDropNames = {
    "unanswerable", "client_gone", "over_limit", "turned_away", "shutdown"};
constexpr std::array<std::string_view, query::kWaitLimits> kLimitNames = {"client", "clients",
                                                                          "question", "questions"};
// IANA, "DNS RCODEs"; the last one stands for all others.
constexpr std::array<std::string_view, query::Statistics::kRcodes> kRcodeNames = {
    "NOERROR", "FORMERR",  "SERVFAIL",  "NXDOMAIN", "NOTIMP",    "REFUSED", "YXDOMAIN",
    "YXRRSET", "NXRRSET",  "NOTAUTH",   "NOTZONE",  "DSOTYPENI", "RCODE12", "RCODE13",
    "RCODE14", "RCODE15",  "BADVERS",   "BADKEY",   "BADTIME",   "BADMODE", "BADNAME",
    "BADALG",  "BADTRUNC", "BADCOOKIE", "OTHER"};

void add_traffic(MetricsPage& page, const std::vector<const query::Statistics*>& all) {
  for (size_t i = 0; i < kTransportNames.size(); ++i) {
    page.counter(
        "dotring_queries_total", "Queries from clients.",
        total(all, [i](const query::Statistics& s) -> const Counter& { return s.queries[i]; }),
        {{"transport", std::string(kTransportNames[i])}});
  }
  for (size_t i = 0; i < kRcodeNames.size(); ++i) {
    page.counter(
        "dotring_replies_total", "Replies to clients.",
        total(all, [i](const query::Statistics& s) -> const Counter& { return s.replies[i]; }),
        {{"rcode", std::string(kRcodeNames[i])}});
  }
  for (size_t i = 0; i < kDropNames.size(); ++i) {
    page.counter(
        "dotring_queries_dropped_total", "Queries that got no reply.",
        total(all, [i](const query::Statistics& s) -> const Counter& { return s.dropped[i]; }),
        {{"reason", std::string(kDropNames[i])}});
  }
  page.counter(
      "dotring_replies_truncated_total",
      "Replies with TC set here: they did not fit, or a limit wants the client to use TCP.",
      total(all, &query::Statistics::replies_truncated));
}

void add_by(MetricsPage& page, const std::vector<const query::Statistics*>& all,
            std::string_view metric, std::string_view help, const std::string& label,
            std::span<const NamedCounter<query::Statistics>> values) {
  for (const NamedCounter<query::Statistics>& value : values) {
    page.counter(metric, help, total(all, value.counter), {{label, std::string(value.name)}});
  }
}

constexpr NamedCounter<query::Statistics> kResults[] = {
    {"hit", &query::Statistics::hits},          {"stale", &query::Statistics::stale_at_once},
    {"failing", &query::Statistics::failing},   {"local", &query::Statistics::local},
    {"rejected", &query::Statistics::rejected}, {"miss", &query::Statistics::misses},
    {"shed", &query::Statistics::shed}};
constexpr NamedCounter<query::Statistics> kStale[] = {
    {"at_once", &query::Statistics::stale_at_once},
    {"failure", &query::Statistics::stale_after_failure},
    {"delay", &query::Statistics::stale_after_delay}};

void add_waiting(MetricsPage& page, const std::vector<const query::Statistics*>& all) {
  for (size_t i = 0; i < kLimitNames.size(); ++i) {
    page.counter(
        "dotring_queries_over_limit_total",
        "Misses that could not wait, by limit; those with a stale answer got that.",
        total(all, [i](const query::Statistics& s) -> const Counter& { return s.over_limit[i]; }),
        {{"limit", std::string(kLimitNames[i])}});
  }
  page.counter("dotring_queries_joined_total", "Misses that joined an equal question in flight.",
               total(all, &query::Statistics::joined));
  page.counter("dotring_queries_failed_total", "Misses answered SERVFAIL for want of an answer.",
               total(all, &query::Statistics::failed));
  page.counter("dotring_questions_overdue_total", "Questions that their deadline ended.",
               total(all, &query::Statistics::overdue));
  page.counter("dotring_refreshes_total", "Questions asked ahead of expiry, nobody waiting.",
               total(all, &query::Statistics::refreshes));
  page.counter("dotring_answers_refused_total", "Answers of upstreams that were of no use.",
               total(all, &query::Statistics::answers_refused));
  page.gauge("dotring_queries_waiting", "Clients that wait for an answer now.",
             static_cast<double>(total(all, &query::Statistics::waiting)));
  page.gauge("dotring_questions_in_flight", "Different questions in flight now.",
             static_cast<double>(total(all, &query::Statistics::resolutions)));
  page.seconds("dotring_query_wait_seconds",
               "From arrival to reply, of misses; dotring_query_turn_seconds has all others.",
               Merged(all, &query::Statistics::wait_us));
}

}  // namespace

void add_query_metrics(MetricsPage& page, const MetricSources& sources) {
  const std::vector<const query::Statistics*>& all = sources.queries;
  add_traffic(page, all);
  add_by(page, all, "dotring_query_results_total", "Queries by how they were answered.", "result",
         kResults);
  add_by(page, all, "dotring_stale_answers_total", "Expired answers given, by reason.", "reason",
         kStale);
  add_waiting(page, all);
}

void add_cache_metrics(MetricsPage& page, const cache::Statistics& cache, size_t bytes_max) {
  page.gauge("dotring_cache_entries", "Answers and remembered failures in the cache.",
             static_cast<double>(cache.entries));
  page.gauge("dotring_cache_bytes", "Memory held for them, everything included.",
             static_cast<double>(cache.bytes_used));
  page.gauge("dotring_cache_bytes_max", "The bound of that.", static_cast<double>(bytes_max));
  const auto looked_up = [&](const char* result, uint64_t count) {
    page.counter("dotring_cache_lookups_total", "Look-ups in the cache.", count,
                 {{"result", result}});
  };
  looked_up("fresh", cache.hits_fresh);
  looked_up("stale", cache.hits_stale);
  looked_up("failing", cache.hits_failing);
  looked_up("missing", cache.misses);
  const auto removed = [&](const char* reason, uint64_t count) {
    page.counter("dotring_cache_removals_total", "Entries taken out of the cache.", count,
                 {{"reason", reason}});
  };
  removed("eviction", cache.evictions);
  removed("expiration", cache.expirations);
  removed("removal", cache.removals);
  page.counter("dotring_cache_insertions_total", "Entries put into the cache.", cache.insertions);
  page.counter("dotring_cache_replacements_total", "Entries replaced by newer ones.",
               cache.replacements);
  page.counter("dotring_cache_failures_total", "Failures that were remembered.", cache.failures);
  page.counter("dotring_cache_refreshes_due_total", "Hits that asked for a refresh.",
               cache.refreshes_due);
  page.counter("dotring_cache_too_large_total",
               "Answers too long to be kept, or with too many records.", cache.refused_large);
}

}  // namespace dotring::appliance
