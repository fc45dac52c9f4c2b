#include "tools/dotring/control/top_lists.h"

#include <gtest/gtest.h>

#include "tools/dotring/control/reports.h"

namespace dotring::appliance {
namespace {

constexpr uint64_t kSecondUs = 1'000'000;
using Kind = TopLists::Kind;

TopOptions all_counted() {
  TopOptions options;
  options.clients = true;
  options.sample = 1;
  return options;
}

/// A query of `client` for `name`, answered at `now_us`.
void ask(TopLists& lists, const std::string& name, const std::string& client, uint64_t now_us) {
  const dns::Name wire = *dns::name_from_text(name);
  dns::QueryView view;
  view.has_question = true;
  view.question = {wire.wire(), dns::type::kA, dns::kClassIn};
  const Endpoint endpoint{*IpAddress::parse(client), 5353};
  lists.on_query_ended({.query = {},
                        .reply = {},
                        .view = view,
                        .client = endpoint,
                        .transport = query::Transport::Udp,
                        .from = query::AnsweredFrom::Memory,
                        .rcode = 0,
                        .dropped = std::nullopt,
                        .received_us = now_us,
                        .answered_us = now_us});
}

TEST(TopLists, NamesCountWhateverTheirCaseAndClientsByTheirNetwork) {
  TopLists lists(all_counted(), {1, 2});
  ask(lists, "WWW.example.com", "192.0.2.1", kSecondUs);
  ask(lists, "www.EXAMPLE.com", "192.0.2.2", kSecondUs);
  ask(lists, "other.example", "2001:db8::1", kSecondUs);
  ask(lists, "other.example", "2001:db8::2", kSecondUs);
  ask(lists, "other.example", "2001:db8:0:1::1", kSecondUs);
  const control::Json names = top_names_report(merge({lists.list(Kind::Names, 2 * kSecondUs)}, 10));
  ASSERT_EQ(names["entries"].size(), 2u);
  EXPECT_EQ(names["entries"][0]["name"], "other.example.");
  EXPECT_DOUBLE_EQ(names["entries"][0]["share"].get<double>(), 0.6);
  EXPECT_DOUBLE_EQ(names["entries"][0]["per_second"].get<double>(), 3);
  EXPECT_EQ(names["entries"][1]["name"], "www.example.com.");
  EXPECT_DOUBLE_EQ(names["per_second"].get<double>(), 5);
  const control::Json clients =
      top_clients_report(merge({lists.list(Kind::Clients, 2 * kSecondUs)}, 10));
  ASSERT_EQ(clients["entries"].size(), 4u);
  EXPECT_EQ(clients["entries"][0]["client"], "2001:db8::/64");
  EXPECT_DOUBLE_EQ(clients["entries"][0]["share"].get<double>(), 0.4);
  EXPECT_NE(clients.dump().find("\"192.0.2.1\""), std::string::npos);
}

TEST(TopLists, WhatIsNotWantedIsNotCounted) {
  TopOptions options = all_counted();
  options.clients = false;
  TopLists lists(options, {1, 2});
  ask(lists, "a.example", "192.0.2.1", kSecondUs);
  EXPECT_FALSE(lists.keeps(Kind::Clients));
  EXPECT_TRUE(lists.list(Kind::Clients, kSecondUs).entries.empty());
  EXPECT_EQ(lists.list(Kind::Names, kSecondUs).entries.size(), 1u);
  options.names = false;
  EXPECT_FALSE(TopLists::any(options));
  EXPECT_EQ(TopLists::memory_max(options), 0u);
}

TEST(TopLists, ASampleStandsForAll) {
  TopOptions options = all_counted();
  options.sample = 10;
  TopLists lists(options, {1, 2});
  constexpr uint64_t kCount = 40'000;
  // Every tenth query is the odd one: a fixed gap would see all of these or none.
  for (uint64_t i = 0; i < kCount; ++i) {
    ask(lists, i % 10 == 0 ? "odd.example" : "even.example", "192.0.2.1", kSecondUs);
  }
  const TopList list = merge({lists.list(Kind::Names, kSecondUs)}, 10);
  EXPECT_NEAR(static_cast<double>(list.counted), kCount, kCount * 0.05);
  ASSERT_EQ(list.entries.size(), 2u);
  EXPECT_NEAR(static_cast<double>(list.entries[1].count), kCount * 0.1, kCount * 0.02);
}

TEST(TopLists, WhatIsOverFadesAndRatesStayRight) {
  TopOptions options = all_counted();
  options.half_life_s = 10;
  TopLists lists(options, {1, 2});
  for (uint64_t second = 1; second <= 100; ++second) {
    for (int i = 0; i < 64; ++i) ask(lists, "steady.example", "192.0.2.1", second * kSecondUs);
    if (second > 40) continue;
    for (int i = 0; i < 64; ++i) ask(lists, "over.example", "192.0.2.1", second * kSecondUs);
  }
  const control::Json report =
      top_names_report(merge({lists.list(Kind::Names, 101 * kSecondUs)}, 10));
  EXPECT_EQ(report["entries"][0]["name"], "steady.example.");
  EXPECT_NEAR(report["entries"][0]["per_second"].get<double>(), 64, 3);
  EXPECT_GT(report["entries"][0]["share"].get<double>(), 0.95);
}

TEST(TopLists, LongSilenceForgetsEverything) {
  TopLists lists(all_counted(), {1, 2});
  for (int i = 0; i < 1000; ++i) ask(lists, "a.example", "192.0.2.1", kSecondUs);
  const TopList list = merge({lists.list(Kind::Names, 365 * uint64_t{86'400} * kSecondUs)}, 10);
  EXPECT_TRUE(list.entries.empty());
  EXPECT_EQ(list.counted, 0u);
}

TEST(TopLists, ListsOfWorkersAreOne) {
  const auto key = [](const char* text) {
    const dns::Name name = *dns::name_from_text(text);
    return std::string(name.octets.begin(), name.octets.begin() + name.size);
  };
  const TopList one{{{key("a"), 10, 1}, {key("b"), 8, 0}}, 20, 60};
  const TopList other{{{key("b"), 5, 2}, {key("c"), 1, 0}}, 6, 59};
  const TopList sum = merge({one, other}, 2);
  ASSERT_EQ(sum.entries.size(), 2u);
  EXPECT_EQ(sum.entries[0].key, key("b"));
  EXPECT_EQ(sum.entries[0].count, 13u);
  EXPECT_EQ(sum.entries[0].excess, 2u);
  EXPECT_EQ(sum.entries[1].key, key("a"));
  EXPECT_EQ(sum.counted, 26u);
  EXPECT_DOUBLE_EQ(sum.seconds, 60);
}

}  // namespace
}  // namespace dotring::appliance
