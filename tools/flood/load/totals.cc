#include "tools/flood/load/totals.h"

#include <algorithm>

namespace dotring::flood {
namespace {

constexpr uint64_t Totals::*kConnectionCounts[] = {
    &Totals::send_failures,      &Totals::refusals,
    &Totals::answers_dropped,    &Totals::connections_tried,
    &Totals::connections_opened, &Totals::connections_failed,
    &Totals::connections_closed, &Totals::connections_closed_by_peer,
    &Totals::connections_lost,   &Totals::tickets_declined,
};
constexpr Times Totals::*kTimes[] = {
    &Totals::from_due,   &Totals::from_sent,         &Totals::lateness,
    &Totals::connect_ns, &Totals::handshake_full_us, &Totals::handshake_resumed_us,
};

}  // namespace

double Totals::loss() const {
  const uint64_t missing = lost() + (*this)[Count::Unsent];
  const uint64_t all = (*this)[Count::Answered] + missing;
  return all ? static_cast<double>(missing) / static_cast<double>(all) : 0;
}

void Totals::add(const Tally& tally) {
  for (size_t i = 0; i < kCounts; ++i) counts[i] += tally.counts[i].value();
  for (size_t i = 0; i < kRcodes; ++i) rcodes[i] += tally.rcodes[i].value();
  from_due.add(tally.latency_from_due_ns);
  from_sent.add(tally.latency_from_sent_ns);
  lateness.add(tally.lateness_ns);
}

void Totals::add(const clients::Statistics& statistics) {
  send_failures += statistics.send_failures.value();
  refusals += statistics.refusals.value();
  connections_tried += statistics.connections_tried.value();
  connections_opened += statistics.connections_opened.value();
  connections_failed += statistics.connections_failed.value();
  connections_closed += statistics.connections_closed.value();
  connections_closed_by_peer += statistics.connections_closed_by_peer.value();
  connections_lost += statistics.connections_lost.value();
  tickets_declined += statistics.tls.tickets_declined.value();
  connect_ns.add(statistics.connect_ns);
  handshake_full_us.add(statistics.handshake_full_us);
  handshake_resumed_us.add(statistics.handshake_resumed_us);
}

void Totals::subtract(const Totals& earlier) {
  for (size_t i = 0; i < kCounts; ++i) counts[i] -= earlier.counts[i];
  for (size_t i = 0; i < kRcodes; ++i) rcodes[i] -= earlier.rcodes[i];
  for (const auto member : kConnectionCounts) this->*member -= earlier.*member;
  for (const auto member : kTimes) (this->*member).subtract(earlier.*member);
}

}  // namespace dotring::flood
