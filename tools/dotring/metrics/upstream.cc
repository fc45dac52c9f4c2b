// Upstreams: the multiplexers' questions, and each server.

#include <array>

#include "tls/upstream/health.h"
#include "tools/dotring/metrics/sources.h"

namespace dotring::appliance {
namespace {

using upstream::ServerStatistics;

constexpr NamedCounter<upstream::Statistics> kOutcomes[] = {
    {"answered", &upstream::Statistics::answered},
    {"timed_out", &upstream::Statistics::timed_out},
    {"no_upstream", &upstream::Statistics::no_upstream},
    {"network_failed", &upstream::Statistics::network_failed},
    {"cancelled", &upstream::Statistics::cancelled}};
constexpr NamedCounter<upstream::Statistics> kAgain[] = {
    {"lost", &upstream::Statistics::asked_again_lost},
    {"timeout", &upstream::Statistics::asked_again_timeout},
    {"mismatched", &upstream::Statistics::asked_again_mismatched},
    {"refused", &upstream::Statistics::asked_again_refused},
    {"hedge", &upstream::Statistics::hedges}};

struct ServerCounter {
  std::string_view name;
  std::string_view help;
  Counter ServerStatistics::*counter;
};

constexpr ServerCounter kServerCounters[] = {
    {"dotring_upstream_connects_total", "Connections started.", &ServerStatistics::connects},
    {"dotring_upstream_connects_failed_total", "Connections that did not open.",
     &ServerStatistics::connects_failed},
    {"dotring_upstream_certificates_refused_total", "Servers that did not prove who they are.",
     &ServerStatistics::certificates_refused},
    {"dotring_upstream_handshakes_failed_total",
     "TLS handshakes that failed, but not over a certificate.",
     &ServerStatistics::handshakes_failed},
    {"dotring_upstream_reconnects_total",
     "Connects while no stream to it was open, the first apart.", &ServerStatistics::reconnects},
    {"dotring_upstream_keepalives_total",
     "Questions of our own that kept a stream from the server's idle limit.",
     &ServerStatistics::keepalives},
    {"dotring_upstream_queries_total", "Queries written.", &ServerStatistics::queries},
    {"dotring_upstream_writes_total",
     "Turns in which queries were written: one send each, and a TLS record for each 16 KiB.",
     &ServerStatistics::writes},
    {"dotring_upstream_answers_total", "Answers matched by id and question.",
     &ServerStatistics::answers},
    {"dotring_upstream_refusals_total", "Answers that speak of the server, not of the name.",
     &ServerStatistics::refusals},
    {"dotring_upstream_timeouts_total", "Queries that ran out of patience.",
     &ServerStatistics::timeouts},
    {"dotring_upstream_late_answers_total", "Answers that nobody waited for any more.",
     &ServerStatistics::late},
    {"dotring_upstream_unexpected_answers_total", "Answers to no query.",
     &ServerStatistics::unexpected},
    {"dotring_upstream_mismatched_answers_total", "Answers to another question.",
     &ServerStatistics::mismatched},
    {"dotring_upstream_malformed_messages_total", "Messages that are no answers, skipped.",
     &ServerStatistics::malformed},
    {"dotring_upstream_probes_total", "Questions of our own, for whatever reason.",
     &ServerStatistics::probes}};

constexpr NamedCounter<ServerStatistics> kEnds[] = {{"idle", &ServerStatistics::peer_closes_idle},
                                                    {"lost", &ServerStatistics::streams_lost},
                                                    {"garbage", &ServerStatistics::streams_garbage},
                                                    {"silent", &ServerStatistics::streams_silent}};

/// A server is in a state on each worker: how many workers see it so.
void add_states(MetricsPage& page, const ServerSources& server) {
  std::array<int, kServerStateNames.size()> workers{};
  for (const ServerStatistics* one : server.statistics) {
    if (const uint64_t state = one->state.value(); state < workers.size()) ++workers[state];
  }
  for (size_t i = 0; i < kServerStateNames.size(); ++i) {
    page.gauge("dotring_upstream_state", "Workers that see the server in this state.", workers[i],
               {{"server", server.name}, {"state", std::string(kServerStateNames[i])}});
  }
}

void add_gauges(MetricsPage& page, const ServerSources& server) {
  const Labels labels = {{"server", server.name}};
  page.gauge("dotring_upstream_streams", "Open streams.",
             static_cast<double>(total(server.statistics, &ServerStatistics::streams_open)),
             labels);
  page.gauge("dotring_upstream_in_flight", "Queries in flight.",
             static_cast<double>(total(server.statistics, &ServerStatistics::in_flight)), labels);
  page.gauge("dotring_upstream_idle_limit_seconds",
             "After how much silence the server closes, told or learned; 0: not known.",
             mean_of_known(server.statistics, &ServerStatistics::idle_limit_ms) * 1e-3, labels);
  page.gauge("dotring_upstream_round_trip_smoothed_seconds", "The usual time of an answer now.",
             mean_of_known(server.statistics, &ServerStatistics::round_trip_smoothed_us) * 1e-6,
             labels);
}

void add_server(MetricsPage& page, const ServerSources& server) {
  add_states(page, server);
  add_gauges(page, server);
  for (const ServerCounter& one : kServerCounters) {
    page.counter(one.name, one.help, total(server.statistics, one.counter),
                 {{"server", server.name}});
  }
  const auto handshakes = [&](const char* kind, Counter ServerStatistics::*counter) {
    page.counter("dotring_upstream_handshakes_total", "TLS handshakes.",
                 total(server.statistics, counter), {{"server", server.name}, {"kind", kind}});
  };
  handshakes("full", &ServerStatistics::handshakes_full);
  handshakes("resumed", &ServerStatistics::handshakes_resumed);
  for (const NamedCounter<ServerStatistics>& end : kEnds) {
    page.counter("dotring_upstream_streams_ended_total", "Streams that ended unasked, by cause.",
                 total(server.statistics, end.counter),
                 {{"server", server.name}, {"cause", std::string(end.name)}});
  }
  page.seconds("dotring_upstream_round_trip_seconds", "From query to answer.",
               Merged(server.statistics, &ServerStatistics::round_trip_us),
               {{"server", server.name}});
}

void add_tls(MetricsPage& page, const ServerSources& server) {
  using tls::TlsStatistics;
  const Labels labels = {{"server", server.name}};
  page.counter("dotring_upstream_tls_records_total", "TLS records with queries.",
               total(server.tls, &TlsStatistics::records_written), labels);
  page.counter("dotring_upstream_tls_bytes_in_total", "Bytes received, as they were on the wire.",
               total(server.tls, &TlsStatistics::ciphertext_bytes_in), labels);
  page.counter("dotring_upstream_tls_bytes_out_total", "Bytes sent, as they were on the wire.",
               total(server.tls, &TlsStatistics::ciphertext_bytes_out), labels);
  page.seconds("dotring_upstream_handshake_seconds", "From the TCP connection to a usable stream.",
               Merged(server.tls, &TlsStatistics::handshake_us), labels);
}

}  // namespace

void add_upstream_metrics(MetricsPage& page, const MetricSources& sources) {
  const std::vector<const upstream::Statistics*>& all = sources.upstreams;
  for (const NamedCounter<upstream::Statistics>& result : kOutcomes) {
    page.counter("dotring_upstream_questions_total", "Questions by how they ended.",
                 total(all, result.counter), {{"result", std::string(result.name)}});
  }
  page.counter("dotring_upstream_questions_refused_total", "Questions over the limit.",
               total(all, &upstream::Statistics::questions_refused));
  for (const NamedCounter<upstream::Statistics>& again : kAgain) {
    page.counter("dotring_upstream_asked_again_total", "Further attempts, by reason.",
                 total(all, again.counter), {{"reason", std::string(again.name)}});
  }
  page.counter("dotring_upstream_asked_apart_total",
               "Attempts on streams for questions that were lost with others.",
               total(all, &upstream::Statistics::asked_apart));
  page.gauge("dotring_upstream_questions_in_flight", "Questions under way.",
             static_cast<double>(total(all, &upstream::Statistics::questions_in_flight)));
  page.gauge("dotring_upstream_questions_waiting", "Of these, waiting for a stream.",
             static_cast<double>(total(all, &upstream::Statistics::questions_waiting)));
}

void add_server_metrics(MetricsPage& page, const MetricSources& sources) {
  for (const ServerSources& server : sources.servers) {
    add_server(page, server);
    add_tls(page, server);
  }
}

}  // namespace dotring::appliance
