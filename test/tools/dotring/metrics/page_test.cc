#include "tools/dotring/metrics/page.h"

#include <gtest/gtest.h>

#include "test/tools/dotring/metrics/prometheus_text.h"

namespace dotring::appliance {
namespace {

TEST(MetricsPage, FamiliesHaveHelpAndTypeOnceAndSamplesBelow) {
  MetricsPage page;
  page.counter("dotring_queries_total", "Queries.", uint64_t{3}, {{"transport", "udp"}});
  page.gauge("dotring_sessions", "Sessions.", 2);
  page.counter("dotring_queries_total", "Queries.", uint64_t{4}, {{"transport", "tcp"}});
  const PrometheusText text(page.text());
  EXPECT_EQ(text.type("dotring_queries_total"), "counter");
  EXPECT_EQ(text.type("dotring_sessions"), "gauge");
  EXPECT_EQ(text.value("dotring_queries_total", {{"transport", "udp"}}), 3);
  EXPECT_EQ(text.value("dotring_queries_total", {{"transport", "tcp"}}), 4);
  EXPECT_EQ(text.value("dotring_sessions"), 2);
}

TEST(MetricsPage, LargeCountersAreExact) {
  MetricsPage page;
  page.counter("dotring_bytes_total", "Bytes.", uint64_t{123'456'789'012'345});
  EXPECT_EQ(PrometheusText(page.text()).value("dotring_bytes_total"), 123'456'789'012'345.0);
}

TEST(MetricsPage, LabelsAreEscaped) {
  MetricsPage page;
  page.gauge("dotring_x", "X.", 1, {{"name", "a\"b\\c\nd"}});
  EXPECT_EQ(PrometheusText(page.text()).value("dotring_x", {{"name", "a\"b\\c\nd"}}), 1);
}

TEST(MetricsPage, HistogramsAreCumulativeSeconds) {
  Histogram latency_us;
  for (const uint64_t us : {uint64_t{10}, uint64_t{900}, uint64_t{4000}, uint64_t{60'000'000}}) {
    latency_us.add(us);
  }
  MetricsPage page;
  page.seconds("dotring_latency_seconds", "Latency.", latency_us);
  const PrometheusText text(page.text());
  EXPECT_EQ(text.type("dotring_latency_seconds"), "histogram");
  EXPECT_EQ(text.value("dotring_latency_seconds_bucket", {{"le", "5e-05"}}), 1);
  EXPECT_EQ(text.value("dotring_latency_seconds_bucket", {{"le", "0.001"}}), 2);
  EXPECT_EQ(text.value("dotring_latency_seconds_bucket", {{"le", "0.005"}}), 3);
  EXPECT_EQ(text.value("dotring_latency_seconds_bucket", {{"le", "10"}}), 3);
  EXPECT_EQ(text.value("dotring_latency_seconds_bucket", {{"le", "+Inf"}}), 4);
  EXPECT_EQ(text.value("dotring_latency_seconds_count"), 4);
  EXPECT_NEAR(text.value("dotring_latency_seconds_sum"), 60.00491, 1e-9);
}

TEST(MetricsPage, SizesAreCountedInPowersOfTwo) {
  Histogram sizes;
  for (const uint64_t size : {0u, 1u, 2u, 3u, 64u, 5000u}) sizes.add(size);
  MetricsPage page;
  page.sizes("dotring_datagrams_per_turn", "Datagrams.", sizes);
  const PrometheusText text(page.text());
  EXPECT_EQ(text.value("dotring_datagrams_per_turn_bucket", {{"le", "1"}}), 2);
  EXPECT_EQ(text.value("dotring_datagrams_per_turn_bucket", {{"le", "4"}}), 4);
  EXPECT_EQ(text.value("dotring_datagrams_per_turn_bucket", {{"le", "64"}}), 5);
  EXPECT_EQ(text.value("dotring_datagrams_per_turn_bucket", {{"le", "+Inf"}}), 6);
}

}  // namespace
}  // namespace dotring::appliance
