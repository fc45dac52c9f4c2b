#include "tools/dotring/metrics/page.h"

#include <prometheus/text_serializer.h>

#include <array>
#include <cassert>
#include <limits>
#include <span>
#include <sstream>

namespace dotring::appliance {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

constexpr std::array<uint64_t, 17> kSecondsBoundsUs = {
    50,     100,     250,     500,     1000,      2500,      5000,      10'000,    25'000,
    50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};
constexpr std::array<uint64_t, 11> kSizeBounds = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

/// Cumulative counts at `bounds`, which are shown in units of `unit`. A value within 3.2 % above a
/// bound may count as below it and the other way round: that is what the histogram knows.
ClientMetric::Histogram cumulative(const Histogram& values, std::span<const uint64_t> bounds,
                                   double unit) {
  ClientMetric::Histogram result;
  uint64_t count = 0;
  size_t bucket = 0;
  for (const uint64_t bound : bounds) {
    const size_t end = Histogram::bucket_of(bound);
    for (; bucket <= end; ++bucket) count += values.bucket_count(bucket);
    result.bucket.push_back({count, static_cast<double>(bound) / unit});
  }
  for (; bucket < Histogram::kBuckets; ++bucket) count += values.bucket_count(bucket);
  // Not values.count(): the worker goes on counting while we read, and the sum of the buckets is
  // what the last bucket must equal.
  result.bucket.push_back({count, std::numeric_limits<double>::infinity()});
  result.sample_count = count;
  result.sample_sum = static_cast<double>(values.sum()) / unit;
  return result;
}

}  // namespace

ClientMetric& MetricsPage::add(std::string_view name, std::string_view help, MetricType type,
                               Labels labels) {
  assert(name.starts_with("dotring_"));
  prometheus::MetricFamily* family = nullptr;
  for (prometheus::MetricFamily& earlier : families_) {
    if (earlier.name == name) family = &earlier;
  }
  if (!family) {
    family = &families_.emplace_back();
    family->name = name;
    family->help = help;
    family->type = type;
  }
  assert(family->type == type);
  ClientMetric& metric = family->metric.emplace_back();
  metric.label = std::move(labels);
  return metric;
}

void MetricsPage::counter(std::string_view name, std::string_view help, double value,
                          Labels labels) {
  assert(name.ends_with("_total"));
  add(name, help, MetricType::Counter, std::move(labels)).counter.value = value;
}

void MetricsPage::counter(std::string_view name, std::string_view help, uint64_t value,
                          Labels labels) {
  counter(name, help, static_cast<double>(value), std::move(labels));
}

void MetricsPage::gauge(std::string_view name, std::string_view help, double value, Labels labels) {
  add(name, help, MetricType::Gauge, std::move(labels)).gauge.value = value;
}

void MetricsPage::seconds(std::string_view name, std::string_view help, const Histogram& values_us,
                          Labels labels) {
  assert(name.ends_with("_seconds"));
  add(name, help, MetricType::Histogram, std::move(labels)).histogram =
      cumulative(values_us, kSecondsBoundsUs, 1e6);
}

void MetricsPage::sizes(std::string_view name, std::string_view help, const Histogram& values,
                        Labels labels) {
  add(name, help, MetricType::Histogram, std::move(labels)).histogram =
      cumulative(values, kSizeBounds, 1.0);
}

std::string MetricsPage::text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families_);
  return out.str();
}

}  // namespace dotring::appliance
