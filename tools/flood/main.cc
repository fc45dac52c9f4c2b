// dotring-flood: load tests. Exit status: 0 it ran, 1 it could not, 2 the arguments are wrong.

#include <sys/prctl.h>

#include <cstdio>

#include "tools/flood/command_line.h"
#include "tools/flood/report.h"

namespace dotring::flood {
namespace {

int fail(int status, const std::string& what) {
  std::fprintf(stderr, "dotring-flood: %s\n", what.c_str());
  return status;
}

int run(const CommandLine& line) {
  auto source = QuestionSource::create(line.questions, {line.seed, 0});
  if (!source) return fail(2, "--suffix " + line.questions.suffix + ": not a domain name");
  // By default the kernel lets sleeps last 50 µs longer; queries are due more exactly than that.
  prctl(PR_SET_TIMERSLACK, 1000);
  const io::Clock clock;
  io::Loop loop({}, clock);
  if (auto failure = loop.open()) return fail(1, *failure);
  auto tally = std::make_unique<Tally>();
  Load load(loop, line.load, *source, *tally);
  if (auto failure = load.run()) {
    return fail(1, line.load.server.to_text() + ": " + *failure);
  }
  const auto report = line.json ? report_json : report_text;
  std::fputs(report(*tally, load.duration_ns()).c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace dotring::flood

int main(int count, char** arguments) {
  int status = 0;
  const auto line = dotring::flood::parse_command_line(count, arguments, status);
  return line ? dotring::flood::run(*line) : status;
}
