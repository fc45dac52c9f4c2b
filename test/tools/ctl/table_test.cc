#include "tools/ctl/table.h"

#include <gtest/gtest.h>

#include "tools/ctl/quantities.h"

namespace dotring::ctl {
namespace {

using control::Json;

TEST(Quantities, AreWrittenForPeople) {
  EXPECT_EQ(count_of(0u), "0");
  EXPECT_EQ(count_of(999u), "999");
  EXPECT_EQ(count_of(1'234'567u), "1,234,567");
  EXPECT_EQ(number_of(1'234'567u), "1234567");
  EXPECT_EQ(size_of(1023u), "1023 B");
  EXPECT_EQ(size_of(1536u), "1.5 KiB");
  EXPECT_EQ(size_of(uint64_t{3} << 30), "3.0 GiB");
  EXPECT_EQ(size_of(uint64_t{5} << 40), "5.0 TiB");
  EXPECT_EQ(share_of(0.9312), "93.1 %");
  EXPECT_EQ(latency_of(12'345u), "12.3 ms");
  EXPECT_EQ(latency_of(0u), "-");
  EXPECT_EQ(rate_of(1.25), "1.2");
}

TEST(Quantities, DurationsAreOfTwoUnits) {
  EXPECT_EQ(duration_of(0.4), "0 s");
  EXPECT_EQ(duration_of(59), "59 s");
  EXPECT_EQ(duration_of(60), "1 min 0 s");
  EXPECT_EQ(duration_of(3661), "1 h 1 min");
  EXPECT_EQ(duration_of(86'400), "1 d 0 h");
}

TEST(Quantities, WhatIsNotThereIsAHyphen) {
  for (const Json& odd : {Json(), Json("text"), Json::array(), Json(-1.5)}) {
    EXPECT_EQ(count_of(odd), "-");
    EXPECT_EQ(size_of(odd), "-");
    EXPECT_EQ(latency_of(odd), "-");
  }
  EXPECT_EQ(text_of(member(Json("no object"), "name")), "-");
}

TEST(Table, ColumnsAreAsWideAsTheirLongestCell) {
  Table table({{"NAME", Table::Side::Left}, {"N", Table::Side::Right}});
  table.add({"a", "1"});
  table.add({"longer", "100"});
  EXPECT_EQ(table.text(),
            "NAME      N\n"
            "a         1\n"
            "longer  100\n");
}

CommandLine line_of(const char* verb) {
  CommandLine line;
  line.request.verb = verb;
  return line;
}

TEST(Render, EveryVerbShowsAReplyOfAnotherVersion) {
  for (const char* verb :
       {"status", "upstreams", "top", "config", "flush", "log-level", "reload", "drain"}) {
    const std::string text = render(line_of(verb), Json::object());
    EXPECT_TRUE(text.ends_with("\n")) << verb;
  }
}

TEST(Render, StatusNamesTheServersThatAreNotUp) {
  const Json result = {{"process", 4711u},
                       {"health", {{"state", "degraded"}, {"reasons", {"one of two", "and more"}}}},
                       {"upstreams",
                        {{{"server", "192.0.2.1:853"}, {"state", "up"}},
                         {{"server", "192.0.2.2:853"}, {"state", "failing"}}}},
                       {"redis", nullptr}};
  const std::string text = render(line_of("status"), result);
  EXPECT_NE(text.find("state      degraded: one of two; and more\n"), std::string::npos) << text;
  EXPECT_NE(text.find("upstreams  1 of 2 up; 192.0.2.2:853 is failing\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("redis      none\n"), std::string::npos) << text;
  EXPECT_NE(text.find(", process 4711, "), std::string::npos) << text;
}

TEST(Render, ConfigMayShowOnlyWhatIsNotTheDefault) {
  const Json result = {{"keys",
                        {{{"key", "log.level"}, {"value", "info"}, {"default", true}},
                         {{"key", "cache.memory"}, {"value", "1GiB"}, {"default", false}}}}};
  CommandLine line = line_of("config");
  EXPECT_NE(render(line, result).find("log.level"), std::string::npos);
  line.changed = true;
  EXPECT_EQ(render(line, result), "KEY           VALUE\ncache.memory  1GiB\n");
}

}  // namespace
}  // namespace dotring::ctl
