// dotring-responder: a synthetic DNS server. Exit status: 0 ended as asked, 1 could not start, 2
// the arguments are wrong.

#include <signal.h>

#include <cstdio>

#include "tools/common/entropy.h"
#include "tools/responder/command_line.h"
#include "tools/responder/crew.h"
#include "tools/responder/report.h"

namespace dotring::responder {
namespace {

int fail(int status, const std::string& what) {
  std::fprintf(stderr, "dotring-responder: %s\n", what.c_str());
  return status;
}

void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

/// Before any thread is started, so that only wait_for_signals() gets them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int each : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) sigaddset(&signals, each);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

void add_addresses(std::string& text, const char* name, const std::vector<Endpoint>& addresses) {
  for (size_t i = 0; i < addresses.size(); ++i) {
    text += i == 0 ? std::string(" ") + name + "=" : ",";
    text += addresses[i].to_text();
  }
}

void say_ready(const Addresses& addresses) {
  std::string text = "ready: listening";
  add_addresses(text, "udp", addresses.udp);
  add_addresses(text, "tcp", addresses.tcp);
  add_addresses(text, "tls", addresses.tls);
  say(text);
}

// Rules that are wrong leave those that are in force as they are.
void reload(const CommandLine& line, Crew& crew) {
  std::shared_ptr<const Rules> rules;
  if (auto failure = load_rules(line, rules)) {
    fail(0, "the rules stay as they were: " + *failure);
    return;
  }
  crew.set_rules(rules);
  say("rules: " + std::to_string(rules->size()));
}

void wait_for_signals(const sigset_t& signals, const CommandLine& line, Crew& crew) {
  for (;;) {
    int signal_number = 0;
    sigwait(&signals, &signal_number);
    if (signal_number == SIGHUP) {
      reload(line, crew);
    } else if (signal_number == SIGUSR1) {
      say(report_json(crew.workers()));
    } else {
      return;
    }
  }
}

int run(const CommandLine& line) {
  std::shared_ptr<const Rules> rules;
  if (auto failure = load_rules(line, rules)) return fail(2, *failure);
  const sigset_t signals = block_signals();
  const io::Clock clock;
  const tls::Library library;
  tls::ServerContext context;
  if (line.identity.given()) {
    if (auto failure = open_identity(line.identity, clock.wall_s(), context)) {
      return fail(1, *failure);
    }
  }
  const HashKey seed = line.seed ? HashKey{*line.seed, 0} : entropy_from_kernel();
  Crew crew(line, seed);
  if (auto failure = crew.start(&context, clock, rules)) return fail(1, *failure);
  say_ready(crew.addresses());
  wait_for_signals(signals, line, crew);
  crew.stop();
  say(report_json(crew.workers()));
  return 0;
}

}  // namespace
}  // namespace dotring::responder

int main(int count, char** arguments) {
  int status = 0;
  const auto line = dotring::responder::parse_command_line(count, arguments, status);
  return line ? dotring::responder::run(*line) : status;
}
