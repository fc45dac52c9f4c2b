#include "tools/replay/judge.h"

#include <gtest/gtest.h>

#include "engine/dns/constants.h"
#include "test/tools/capture/packets.h"
#include "tools/replay/asked.h"
#include "tools/replay/records.h"

namespace dotring::replay {
namespace {

using capture::answer;
using capture::be16;
using capture::be32;
using capture::Octets;
using capture::query;
using capture::operator+;

const Octets kAtQuestion = {0xc0, 12};

Octets name(std::string_view text) {
  const auto parsed = dns::name_from_text(text);
  return Octets(parsed->wire().begin(), parsed->wire().end());
}

Octets record(const Octets& owner, uint16_t type, const Octets& rdata, uint32_t ttl = 300) {
  return owner + be16(type) + be16(1) + be32(ttl) + be16(rdata.size()) + rdata;
}

Octets message(const std::vector<Octets>& answers, const std::vector<Octets>& authority = {},
               const std::vector<Octets>& additional = {}, uint16_t flags = dns::kFlagQr) {
  Octets octets = be16(1) + be16(flags) + be16(1) + be16(answers.size()) + be16(authority.size()) +
                  be16(additional.size()) + capture::question_of("www.example");
  for (const auto* section : {&answers, &authority, &additional}) {
    for (const Octets& one : *section) octets = octets + one;
  }
  return octets;
}

struct Judged {
  explicit Judged(size_t examples_max = 10)
      : judge({examples_max, "recorded", "got"}, {3, 4}, tally) {
    asked.client = capture::kClient4;
    asked.query = query(1);
  }
  void add(const std::optional<Octets>& left, const std::optional<Octets>& right) {
    const auto view = [](const std::optional<Octets>& octets) {
      return octets ? std::optional<Bytes>(*octets) : std::nullopt;
    };
    judge.judge(asked, view(left), view(right));
  }

  ComparisonTally tally;
  Judge judge;
  Asked asked;
};

const Octets kOne = record(kAtQuestion, 1, {192, 0, 2, 1});
const Octets kTwo = record(kAtQuestion, 1, {192, 0, 2, 2});

TEST(JudgeTest, TtlsOrderCaseAndCompressionDoNotCount) {
  Judged judged;
  judged.add(message({kOne, kTwo}), message({kTwo, kOne}));
  judged.add(message({kOne}), message({record(kAtQuestion, 1, {192, 0, 2, 1}, 7)}));
  judged.add(message({kOne}), message({record(name("WWW.example"), 1, {192, 0, 2, 1})}));
  judged.add(message({record(kAtQuestion, 5, name("WWW.EXAMPLE"))}),
             message({record(kAtQuestion, 5, kAtQuestion)}));
  judged.add(message({record(kAtQuestion, 15, be16(5) + name("www.example"))}),
             message({record(kAtQuestion, 15, be16(5) + kAtQuestion)}));
  judged.add(message({kOne}), message({kOne}, {}, {kTwo}));  // nor what is additional
  EXPECT_EQ(judged.tally.same, 6u);
  EXPECT_EQ(judged.tally.different, 0u);
  EXPECT_TRUE(judged.tally.examples.empty());
}

TEST(JudgeTest, TellsWhatIsDifferent) {
  Judged judged;
  judged.add(message({kOne}), message({kTwo}));
  judged.add(message({kOne}), message({kOne, kOne}));
  judged.add(message({kOne}), message({}, {kOne}));
  EXPECT_EQ(judged.tally.answer, 3u);
  EXPECT_EQ(judged.tally.authority, 1u);
  judged.add(message({}), message({}, {}, {}, dns::kFlagQr | dns::kFlagAa));
  EXPECT_EQ(judged.tally.flags, 1u);
  judged.add(message({}), message({}, {}, {}, dns::kFlagQr | 3));
  EXPECT_EQ(judged.tally.rcode, 1u);
  const Octets bad_vers =
      message({}, {}, {Octets{0} + be16(41) + be16(1232) + be32(1 << 24) + be16(0)});
  judged.add(message({}), bad_vers);
  EXPECT_EQ(judged.tally.rcode, 2u);
  judged.add(message({kOne}), capture::cut(message({kOne}), 0, 40));
  EXPECT_EQ(judged.tally.malformed, 1u);
  EXPECT_EQ(judged.tally.different, 7u);
  EXPECT_EQ(judged.tally.same, 0u);
}

TEST(JudgeTest, TellsWhoHasNoAnswer) {
  Judged judged;
  judged.add(message({kOne}), std::nullopt);
  judged.add(std::nullopt, message({kOne}));
  judged.add(std::nullopt, std::nullopt);
  EXPECT_EQ(judged.tally.none_right, 1u);
  EXPECT_EQ(judged.tally.none_left, 1u);
  EXPECT_EQ(judged.tally.none_both, 1u);
  EXPECT_EQ(judged.tally.different, 2u);
  EXPECT_EQ((judged.tally.rcodes[{kNone, kNone}]), 1u);
  EXPECT_EQ((judged.tally.rcodes[{kNone, 0}]), 1u);
  EXPECT_EQ((judged.tally.rcodes[{0, kNone}]), 1u);
}

TEST(JudgeTest, CountsRcodesByPair) {
  Judged judged;
  for (int i = 0; i < 3; ++i) judged.add(answer(1), answer(1, "www.example", 2));
  judged.add(answer(1), answer(1));
  EXPECT_EQ((judged.tally.rcodes[{0, 2}]), 3u);
  EXPECT_EQ((judged.tally.rcodes[{0, 0}]), 1u);
}

TEST(JudgeTest, ShowsTheFirstDifferences) {
  Judged judged(2);
  judged.add(message({kOne, kTwo}, {}, {}, dns::kFlagQr | dns::kFlagAa), message({kTwo}));
  judged.add(message({}), message({}, {}, {}, dns::kFlagQr | 3));
  judged.add(message({kOne}), message({}));
  ASSERT_EQ(judged.tally.examples.size(), 2u);
  EXPECT_EQ(judged.tally.examples[0],
            "192.0.2.7:40000 UDP www.example. A\n"
            "    flags: recorded AA, got none\n"
            "    answer:\n"
            "      only recorded: www.example. A 192.0.2.1");
  EXPECT_EQ(judged.tally.examples[1],
            "192.0.2.7:40000 UDP www.example. A\n"
            "    rcode: recorded NOERROR, got NXDOMAIN");
}

TEST(RecordsTest, WritesRecordsForPeople) {
  const std::vector<std::pair<Octets, std::string>> cases = {
      {record(kAtQuestion, 28, Octets(15) + Octets{1}), "www.example. AAAA ::1"},
      {record(kAtQuestion, 15, be16(10) + kAtQuestion), "www.example. MX 10 www.example."},
      {record(kAtQuestion, 16, Octets{2, 'a', '"', 1, 7}), R"(www.example. TXT "a\034" "\007")"},
      {record(kAtQuestion, 6, kAtQuestion + kAtQuestion + Octets(16) + be32(9)),
       "www.example. SOA www.example. www.example. 0 0 0 0 9"},
      {record(kAtQuestion, 33, be16(1) + be16(2) + be16(3) + kAtQuestion),
       "www.example. SRV 1 2 3 www.example."},
      {record(kAtQuestion, 65280, {1, 0xab}), "www.example. TYPE65280 \\# 2 01ab"},
      {record(kAtQuestion, 1, {1, 2, 3}), "www.example. A \\# 3 010203"},
      {record(kAtQuestion, 15, {1}), "www.example. MX \\# 1 01"},
  };
  for (const auto& [wire, text] : cases) {
    const Octets octets = message({wire});
    Reader reader(octets, octets.size() - wire.size());
    const dns::Record read = dns::read_record(reader);
    EXPECT_EQ(record_text(octets, read), text);
  }
}

}  // namespace
}  // namespace dotring::replay
