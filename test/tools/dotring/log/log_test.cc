#include "tools/dotring/log/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace dotring::appliance {
namespace {

/// A pipe whose reading end the test holds.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe2(ends_, O_CLOEXEC), 0); }
  ~Pipe() {
    close_writer();
    close(ends_[0]);
  }
  int writer() const { return ends_[1]; }
  void close_writer() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  /// Everything that was written, as lines.
  std::vector<std::string> lines() {
    close_writer();
    std::string text;
    char piece[4096];
    for (ssize_t size = 0; (size = read(ends_[0], piece, sizeof piece)) > 0;) {
      text.append(piece, static_cast<size_t>(size));
    }
    std::vector<std::string> result;
    for (size_t start = 0, end = 0; (end = text.find('\n', start)) != std::string::npos;
         start = end + 1) {
      result.push_back(text.substr(start, end - start));
    }
    return result;
  }
  void fill() {
    const int flags = fcntl(ends_[1], F_GETFL);
    fcntl(ends_[1], F_SETFL, flags | O_NONBLOCK);
    const std::string page(4096, 'x');
    while (write(ends_[1], page.data(), page.size()) > 0) {
    }
    fcntl(ends_[1], F_SETFL, flags);
  }

 private:
  int ends_[2] = {-1, -1};
};

TEST(Log, WritesJsonObjects) {
  Pipe pipe;
  {
    Log log({}, pipe.writer());
    log.info("started",
             {{"workers", 2}, {"address", "127.0.0.1:53"}, {"odd", "a\"b\\c\n\x01\xff\xc3\xa4"}});
  }
  const std::vector<std::string> lines = pipe.lines();
  ASSERT_EQ(lines.size(), 1u);
  const auto object = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(object["level"], "info");
  EXPECT_EQ(object["event"], "started");
  EXPECT_EQ(object["workers"], 2);
  EXPECT_EQ(object["odd"], "a\"b\\c\n\x01?\xc3\xa4");
  EXPECT_EQ(object["time"].get<std::string>().size(),
            std::string("2025-01-31T23:59:59.123456Z").size());
}

TEST(Log, WritesText) {
  Pipe pipe;
  LogOptions options;
  options.format = LogFormat::Text;
  {
    Log log(options, pipe.writer());
    log.warning("upstream_failed",
                {{"server", "192.0.2.1:853"}, {"cause", "connection refused"}, {"empty", ""}});
  }
  const std::vector<std::string> lines = pipe.lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(
      lines[0].substr(lines[0].find(' ')),
      " warning upstream_failed server=192.0.2.1:853 cause=\"connection refused\" empty=\"\"");
}

TEST(Log, LeavesOutWhatIsLessSevere) {
  Pipe pipe;
  LogOptions options;
  options.level = LogLevel::Warning;
  {
    Log log(options, pipe.writer());
    EXPECT_FALSE(log.enabled(LogLevel::Info));
    log.debug("a");
    log.info("b");
    log.warning("c");
    log.error("d");
  }
  EXPECT_EQ(pipe.lines().size(), 2u);
}

TEST(Log, TheLevelMayChange) {
  Pipe pipe;
  {
    Log log({}, pipe.writer());
    log.debug("a");
    log.set_level(LogLevel::Debug);
    log.debug("b");
    log.set_level(LogLevel::Error);
    log.warning("c");
    log.error("d");
  }
  const std::vector<std::string> lines = pipe.lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("\"event\":\"b\""), std::string::npos);
  EXPECT_NE(lines[1].find("\"event\":\"d\""), std::string::npos);
}

TEST(Log, EveryLineIsOneLine) {
  for (const LogFormat format : {LogFormat::Json, LogFormat::Text}) {
    EXPECT_EQ(render_event(format, "event", {{"f", "a\nb\r\t"}}).find_first_of("\r\n"),
              std::string::npos);
  }
}

TEST(Log, BadUtf8IsReplaced) {
  EXPECT_EQ(json_quoted("\xc0\xaf"), "\"??\"");
  EXPECT_EQ(json_quoted("\xed\xa0\x80"), "\"???\"");
  EXPECT_EQ(json_quoted("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"");
  EXPECT_EQ(json_quoted("\xe2\x82"), "\"??\"");
}

TEST(Log, AReaderThatStallsStopsNobody) {
  Pipe pipe;
  pipe.fill();
  LogOptions options;
  options.queue_lines_max = 16;
  const auto start = std::chrono::steady_clock::now();
  {
    Log log(options, pipe.writer());
    for (int i = 0; i < 10'000; ++i) log.info("line", {{"number", i}});
    EXPECT_GT(log.lines_dropped(), 0u);
  }
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_LT(took, std::chrono::seconds(10)) << "the end waits for a reader that does not read";
}

TEST(Log, LinesThatNobodyReadsAreCounted) {
  Pipe pipe;
  pipe.fill();
  Log log({}, pipe.writer());
  log.info("a");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (log.lines_dropped() == 0 && std::chrono::steady_clock::now() < deadline) usleep(1000);
  EXPECT_EQ(log.lines_dropped(), 1u);
}

}  // namespace
}  // namespace dotring::appliance
