// dotring-ctl: asks and directs a running dotring. Exit status: 0 done, 1 dotring refuses or cannot
// be reached, 2 the arguments are wrong.

#include <cstdio>

#include "tools/common/program.h"
#include "tools/ctl/command_line.h"
#include "tools/ctl/exchange.h"
#include "tools/ctl/table.h"

namespace dotring::ctl {
namespace {

int fail(const std::string& what) {
  return dotring::fail("dotring-ctl", 1, what);
}

int print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return written && std::fflush(stdout) == 0 ? 0 : 1;
}

int run(const CommandLine& line) {
  const auto answer = ask(line.socket, line.timeout_s, line.request);
  if (const auto* problem = std::get_if<std::string>(&answer)) return fail(*problem);
  const control::Reply& reply = std::get<control::Reply>(answer);
  if (!reply.error.empty()) return fail(line.request.verb + ": " + reply.error);
  if (line.json) return print(reply.result.dump(2) + "\n");
  return print(render(line, reply.result));
}

}  // namespace
}  // namespace dotring::ctl

int main(int count, char** arguments) {
  int status = 0;
  const auto line = dotring::ctl::parse_command_line(count, arguments, status);
  return line ? dotring::ctl::run(*line) : status;
}
