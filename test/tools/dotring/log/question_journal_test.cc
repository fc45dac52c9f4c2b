#include "tools/dotring/log/question_journal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace dotring::appliance {
namespace {

std::string written(const LogOptions& options, std::optional<LogLevel> later = std::nullopt) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  {
    Log log(options, ends[1]);
    const dns::Name name = *dns::name_from_text("www.example.com");
    const dns::QuestionKey key({name.wire(), dns::type::kAaaa, dns::kClassIn}, 0, HashKey{});
    const auto tell = question_failure_listener(log);
    if (later) log.set_level(*later);
    tell({key, query::ForwardResult::TimedOut, dns::rcode::kServFail, 3});
  }
  close(ends[1]);
  std::array<char, 4096> text;
  const ssize_t size = read(ends[0], text.data(), text.size());
  close(ends[0]);
  return {text.data(), static_cast<size_t>(std::max<ssize_t>(size, 0))};
}

LogOptions options(LogLevel level, bool names) {
  LogOptions options;
  options.format = LogFormat::Text;
  options.level = level;
  options.names = names;
  return options;
}

TEST(QuestionJournal, NamesAreLeftOutUnlessAskedFor) {
  const std::string line = written(options(LogLevel::Debug, false));
  EXPECT_NE(line.find("question_failed cause=timed_out rcode=2 clients=3 type=28\n"),
            std::string::npos)
      << line;
}

TEST(QuestionJournal, NamesAreThereWhereAskedFor) {
  const std::string line = written(options(LogLevel::Debug, true));
  EXPECT_NE(line.find(" type=28 name=www.example.com"), std::string::npos) << line;
}

TEST(QuestionJournal, AboveDebugThereIsNobodyToTell) {
  EXPECT_EQ(written(options(LogLevel::Info, true)), "");
}

TEST(QuestionJournal, TheLevelMayChangeAfterTheStart) {
  EXPECT_NE(written(options(LogLevel::Info, false), LogLevel::Debug), "");
  EXPECT_EQ(written(options(LogLevel::Debug, false), LogLevel::Info), "");
}

}  // namespace
}  // namespace dotring::appliance
