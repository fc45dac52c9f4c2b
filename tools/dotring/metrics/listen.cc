// Listeners and the turns of the loops.

#include <map>

#include "tools/dotring/metrics/sources.h"

namespace dotring::appliance {
namespace {

using io::UdpStatistics;
using listen::TcpListenerStatistics;
using listen::UdpListenerStatistics;

template <typename Part>
void add_turn_latency(MetricsPage& page, const std::vector<const Part*>& all,
                      const char* transport) {
  page.seconds("dotring_query_turn_seconds",
               "From the start of the turn to its end, of queries answered in the turn they came "
               "in: from the cache, by rule, or with an error.",
               Merged(all, &Part::turn_us), {{"transport", transport}});
}

/// Workers may hold the same socket: it counts once.
void add_udp_drops(MetricsPage& page, const std::vector<UdpDropsSource>& all) {
  std::map<std::string, std::map<uint64_t, uint64_t>> by_listener;
  for (const UdpDropsSource& one : all) {
    const io::UdpDrops drops = one.ask();
    by_listener[one.listener.to_text()][drops.socket] = drops.datagrams;
  }
  for (const auto& [listener, sockets] : by_listener) {
    uint64_t sum = 0;
    for (const auto& [socket, datagrams] : sockets) sum += datagrams;
    page.counter("dotring_udp_not_received_total",
                 "Datagrams that the kernel dropped because the receive buffer was full.", sum,
                 {{"listener", listener}});
  }
}

void add_udp(MetricsPage& page, const MetricSources& sources) {
  const auto& sockets = sources.udp_sockets;
  const auto datagrams = [&](const char* direction, Counter UdpStatistics::*counter) {
    page.counter("dotring_udp_datagrams_total", "Datagrams of clients.", total(sockets, counter),
                 {{"direction", direction}});
  };
  datagrams("in", &UdpStatistics::datagrams_in);
  datagrams("out", &UdpStatistics::datagrams_out);
  const auto calls = [&](const char* call, Counter UdpStatistics::*counter) {
    page.counter("dotring_udp_calls_total",
                 "System calls besides the ring's; many a recvmmsg finds nothing behind one that "
                 "came alone.",
                 total(sockets, counter), {{"call", call}});
  };
  calls("recvmmsg", &UdpStatistics::receives);
  calls("sendmmsg", &UdpStatistics::sends);
  page.counter("dotring_udp_datagrams_in_runs_total",
               "Replies that left together with others to the same client, as one for the kernel.",
               total(sockets, &UdpStatistics::datagrams_out_in_runs));
  page.counter("dotring_udp_oversized_total", "Datagrams too long to be a query: dropped.",
               total(sockets, &UdpStatistics::truncated_in));
  page.counter("dotring_udp_receive_failures_total", "Errors in place of a datagram.",
               total(sockets, &UdpStatistics::receive_failures));
  page.counter("dotring_udp_send_failures_total", "Replies that the kernel did not take.",
               total(sockets, &UdpStatistics::send_failures));
  page.counter("dotring_udp_without_port_total", "Datagrams from port 0: dropped.",
               total(sources.udp, &UdpListenerStatistics::dropped_without_port));
  add_udp_drops(page, sources.udp_drops);
}

void add_tcp(MetricsPage& page, const std::vector<const TcpListenerStatistics*>& all) {
  page.counter("dotring_tcp_accepted_total", "Connections of clients.",
               total(all, &TcpListenerStatistics::accepted));
  const auto refused = [&](const char* reason, Counter TcpListenerStatistics::*counter) {
    page.counter("dotring_tcp_refused_total",
                 "Connections closed at once: over a limit, or dropped by the access list.",
                 total(all, counter), {{"reason", reason}});
  };
  refused("full", &TcpListenerStatistics::refused_full);
  refused("client", &TcpListenerStatistics::refused_client);
  refused("access", &TcpListenerStatistics::refused_access);
  page.gauge("dotring_tcp_sessions", "Open connections of clients.",
             static_cast<double>(total(all, &TcpListenerStatistics::sessions_open)));
  for (size_t i = 0; i < listen::kSessionEnds; ++i) {
    const auto closed = [i](const TcpListenerStatistics& one) -> const Counter& {
      return one.closed[i];
    };
    page.counter("dotring_tcp_closed_total", "Connections that ended, by cause.",
                 total(all, closed), {{"cause", to_text(static_cast<listen::SessionEnd>(i))}});
  }
  page.counter("dotring_tcp_paused_total",
               "Times a connection was not read, because of its limits.",
               total(all, &TcpListenerStatistics::reading_paused));
  page.counter("dotring_tcp_replies_late_total", "Replies for connections that are gone.",
               total(all, &TcpListenerStatistics::replies_late));
  page.sizes("dotring_tcp_queries_per_read", "Whole queries in what one read gave.",
             Merged(all, &TcpListenerStatistics::queries_per_read));
}

}  // namespace

void add_listen_metrics(MetricsPage& page, const MetricSources& sources) {
  add_turn_latency(page, sources.udp, "udp");
  add_turn_latency(page, sources.tcp, "tcp");
  add_udp(page, sources);
  add_tcp(page, sources.tcp);
}

void add_loop_metrics(MetricsPage& page, const MetricSources& sources) {
  for (size_t i = 0; i < sources.loops.size(); ++i) {
    const io::LoopStatistics& loop = *sources.loops[i];
    const Labels labels = {{"worker", std::to_string(i)}};
    page.counter("dotring_loop_turns_total", "Turns of the loop.", loop.turns.value(), labels);
    page.counter("dotring_loop_completions_total", "Completions of the ring.",
                 loop.completions.value(), labels);
    page.counter("dotring_loop_sends_total",
                 "Sends of streams: clients over TCP, upstreams, Redis.", loop.sends.value(),
                 labels);
  }
}

}  // namespace dotring::appliance
