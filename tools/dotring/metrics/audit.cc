// What the audit has written and dropped, by output.

#include "tools/dotring/metrics/sources.h"

namespace dotring::appliance {

void add_audit_metrics(MetricsPage& page, const MetricSources& sources) {
  const uint64_t unqueued = total(sources.recorders, &RecorderStatistics::dropped);
  for (const OutputSource& output : sources.audit_outputs) {
    const Labels labels = {{"output", output.name}};
    const OutputStatistics& statistics = *output.statistics;
    page.counter("dotring_audit_written_total", "Queries that an audit output has written.",
                 statistics.written.value(), labels);
    page.counter("dotring_audit_dropped_total",
                 "Queries that it did not: queue full, reader away or slow, disk full.",
                 statistics.dropped.value() + unqueued, labels);
    page.counter("dotring_audit_failures_total", "Failed attempts to open or write it.",
                 statistics.failures.value(), labels);
    page.counter("dotring_audit_rotations_total", "Files moved away because of their size.",
                 statistics.rotations.value(), labels);
  }
}

}  // namespace dotring::appliance
