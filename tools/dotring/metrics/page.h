// A page of metrics in Prometheus' text format, built when somebody asks for it.
//
// What it is: families of samples, in the order in which they were first added; prometheus-cpp
// writes the text. What it is not: a registry. Nothing is kept between two pages; the parts' own
// counters are the state. Names are stable, start with dotring_ and end with their base unit or,
// for counters, with _total.

#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/histogram.h"

namespace dotring::appliance {

using Labels = std::vector<prometheus::ClientMetric::Label>;

class MetricsPage {
 public:
  /// Only grows while the process lives; the name ends with _total.
  void counter(std::string_view name, std::string_view help, uint64_t value, Labels labels = {});
  void counter(std::string_view name, std::string_view help, double value, Labels labels = {});
  void gauge(std::string_view name, std::string_view help, double value, Labels labels = {});
  /// Microseconds counted, seconds shown, in the buckets that latencies of DNS need (50 µs to 10
  /// s).
  void seconds(std::string_view name, std::string_view help, const Histogram& values_us,
               Labels labels = {});
  /// Plain numbers (sizes of batches), in powers of two.
  void sizes(std::string_view name, std::string_view help, const Histogram& values,
             Labels labels = {});

  std::string text() const;

 private:
  prometheus::ClientMetric& add(std::string_view name, std::string_view help,
                                prometheus::MetricType type, Labels labels);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace dotring::appliance
