#include "tools/common/program.h"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>

namespace dotring {
namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int each : signals) sigaddset(&set, each);
  return set;
}

}  // namespace

int fail(const std::string& program, int status, const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", program.c_str(), what.c_str());
  return status;
}

bool parse_arguments(CLI::App& app, int count, const char* const* arguments, int& status,
                     const std::function<std::string()>& read) {
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    status = app.exit(error) == 0 ? 0 : kStatusUsage;
    return false;
  }
  const std::string problem = read();
  if (problem.empty()) return true;
  status = fail(app.get_name(), kStatusUsage, problem);
  return false;
}

void block_signals(std::initializer_list<int> signals) {
  const sigset_t set = set_of(signals);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

int wait_for_signal(std::initializer_list<int> signals) {
  const sigset_t set = set_of(signals);
  int number = 0;
  sigwait(&set, &number);
  return number;
}

bool take_signal(std::initializer_list<int> signals) {
  const sigset_t set = set_of(signals);
  const timespec at_once{};
  return sigtimedwait(&set, nullptr, &at_once) > 0;
}

}  // namespace dotring
