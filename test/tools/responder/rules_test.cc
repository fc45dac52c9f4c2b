#include "tools/responder/rules.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "engine/dns/name.h"

namespace dotring::responder {
namespace {

Behaviour parsed(std::string_view text) {
  Behaviour behaviour;
  const auto failure = parse_behaviour(text, behaviour);
  EXPECT_FALSE(failure) << *failure;
  return behaviour;
}

std::string failure_of(std::string_view text) {
  Behaviour behaviour;
  return parse_behaviour(text, behaviour).value_or("");
}

const Behaviour& match(const Rules& rules, std::string_view name) {
  return rules.match(dns::name_from_text(name)->wire());
}

TEST(Behaviour, EveryWordSetsWhatItSays) {
  const Behaviour all = parsed(
      "rcode=servfail, nodata, no-soa, ttl=7, records=3, size=900, truncate, no-edns, "
      "extended-error=22,"
      "latency=5ms, loss=10%, reorder=20%/30ms, stall=40ms/1s, drop, wrong-id, wrong-question, "
      "twice, garbage,"
      "garbage-stream, half-frame, stall-connection, close-after=4, reset-after=5, idle-close=6s");
  EXPECT_EQ(all.rcode, 2);
  EXPECT_TRUE(all.nodata);
  EXPECT_FALSE(all.soa);
  EXPECT_EQ(all.ttl_s, 7u);
  EXPECT_EQ(all.records, 3);
  EXPECT_EQ(all.size, 900);
  EXPECT_TRUE(all.truncate);
  EXPECT_FALSE(all.edns);
  EXPECT_EQ(all.extended_error, 22);
  EXPECT_EQ(all.latency.first_us, 5000u);
  EXPECT_EQ(all.loss, 0.1);
  EXPECT_EQ(all.reorder, 0.2);
  EXPECT_EQ(all.reorder_us, 30'000u);
  EXPECT_EQ(all.stall_us, 40'000u);
  EXPECT_EQ(all.stall_every_us, 1'000'000u);
  EXPECT_TRUE(all.drop && all.wrong_id && all.wrong_question && all.twice && all.garbage);
  EXPECT_TRUE(all.garbage_stream && all.half_frame && all.stall_connection);
  EXPECT_EQ(all.close_after, 4u);
  EXPECT_EQ(all.reset_after, 5u);
  EXPECT_EQ(all.idle_close_ms, 6000u);
}

TEST(Behaviour, RcodesHaveNamesAndNumbers) {
  EXPECT_EQ(parsed("rcode=nxdomain").rcode, 3);
  EXPECT_EQ(parsed("rcode=refused").rcode, 5);
  EXPECT_EQ(parsed("rcode=23").rcode, 23);
}

TEST(Behaviour, MistakesAreNamed) {
  EXPECT_EQ(failure_of("sloth=5ms"), "unknown behaviour 'sloth'");
  EXPECT_NE(failure_of("latency=fast").find("'latency=fast': wanted LATENCY"), std::string::npos);
  EXPECT_NE(failure_of("drop=1").find("takes no value"), std::string::npos);
  for (const char* wrong :
       {"", ",", "ttl", "ttl=", "ttl=-1", "ttl=x", "loss=2", "reorder=10%", "stall=2s/1s",
        "stall=1s", "rcode=4096", "rcode=oops", "size=65536", "idle-close=1us", "drop,,twice"}) {
    EXPECT_NE(failure_of(wrong), "") << wrong;
  }
}

TEST(Behaviour, EveryWordIsInTheHelp) {
  for (const char* word : {"latency=LATENCY", "half-frame", "reset-after=COUNT", "reorder="}) {
    EXPECT_NE(behaviour_help().find(word), std::string::npos) << word;
  }
}

TEST(Patterns, AStarStandsForAnyRunOfOctets) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("", ""));
  EXPECT_TRUE(matches("slow*", "slow.example.com"));
  EXPECT_TRUE(matches("*.example.com", "a.b.example.com"));
  EXPECT_TRUE(matches("a*b*c", "a-b-b-c"));
  EXPECT_TRUE(matches("*aab", "aaaaab"));
  EXPECT_TRUE(matches("name", "name"));
  EXPECT_FALSE(matches("", "a"));
  EXPECT_FALSE(matches("slow*", "a.slow"));
  EXPECT_FALSE(matches("*.example.com", "example.com"));
  EXPECT_FALSE(matches("a*b*c", "a-c-b"));
  EXPECT_FALSE(matches("name", "names"));
  EXPECT_FALSE(matches("names", "name"));
}

TEST(Rules, TheFirstThatMatchesCounts) {
  Rules rules(parsed("ttl=1"));
  ASSERT_EQ(rules.add("slow.*:ttl=2"), std::nullopt);
  ASSERT_EQ(rules.add("*.com : ttl=3, drop"), std::nullopt);
  EXPECT_EQ(match(rules, "slow.example.com.").ttl_s, 2u);
  EXPECT_EQ(match(rules, "www.example.com.").ttl_s, 3u);
  EXPECT_TRUE(match(rules, "www.example.com.").drop);
  EXPECT_EQ(match(rules, "www.example.org.").ttl_s, 1u);
}

TEST(Rules, StartFromTheBase) {
  Rules rules(parsed("ttl=9,latency=5ms"));
  ASSERT_EQ(rules.add("a*:drop"), std::nullopt);
  EXPECT_EQ(match(rules, "a.").ttl_s, 9u);
  EXPECT_EQ(match(rules, "a.").latency.first_us, 5000u);
}

TEST(Rules, CaseDoesNotMatter) {
  Rules rules;
  ASSERT_EQ(rules.add("SLOW.*:drop"), std::nullopt);
  EXPECT_TRUE(match(rules, "sLoW.Example.").drop);
}

TEST(Rules, TheRootIsTheEmptyName) {
  Rules rules;
  ASSERT_EQ(rules.add(":ttl=5"), std::nullopt);
  EXPECT_EQ(match(rules, ".").ttl_s, 5u);
  EXPECT_EQ(match(rules, "a.").ttl_s, 300u);
}

TEST(Rules, TheLongestNameMatches) {
  Rules rules;
  ASSERT_EQ(rules.add("*z:drop"), std::nullopt);
  const std::string label(63, 'a');
  const std::string name = label + "." + label + "." + label + "." + std::string(60, 'b') + "z";
  EXPECT_TRUE(match(rules, name).drop);
}

TEST(Rules, LinesHaveRemarksAndNumbers) {
  Rules rules;
  EXPECT_EQ(rules.add_lines("# remark\n\n  a*:drop\r\nb*:ttl=1"), std::nullopt);
  EXPECT_EQ(rules.size(), 2u);
  EXPECT_EQ(rules.add_lines("a:drop\nnonsense\n").value_or(""),
            "line 2: rule 'nonsense': wanted PATTERN:BEHAVIOUR[,BEHAVIOUR...]");
}

TEST(Rules, AFileThatIsNotThereIsAFailure) {
  Rules rules;
  EXPECT_EQ(rules.add_file("/nowhere/rules").value_or(""),
            "/nowhere/rules: cannot be read: No such file or directory");
  EXPECT_EQ(rules.add_file("/").value_or(""), "/: cannot be read: Is a directory");
}

TEST(Rules, FailuresOfAFileNameFileAndLine) {
  const std::string path = testing::TempDir() + "responder_rules_test";
  std::ofstream(path) << "a:drop\nb:dorp\n";
  Rules rules;
  EXPECT_EQ(rules.add_file(path).value_or(""),
            path + ", line 2: rule 'b:dorp': unknown behaviour 'dorp'");
  std::remove(path.c_str());
}

}  // namespace
}  // namespace dotring::responder
