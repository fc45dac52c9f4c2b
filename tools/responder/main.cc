// dotring-responder: a synthetic DNS server. Exit status: 0 ended as asked, 1 could not start, 2
// the arguments are wrong.

#include <csignal>
#include <cstdio>

#include "tools/common/entropy.h"
#include "tools/common/program.h"
#include "tools/responder/command_line.h"
#include "tools/responder/crew.h"
#include "tools/responder/report.h"

namespace dotring::responder {
namespace {

int fail(int status, const std::string& what) {
  return dotring::fail("dotring-responder", status, what);
}

void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

constexpr auto kSignals = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

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

void serve_signals(const CommandLine& line, Crew& crew) {
  for (;;) {
    const int signal_number = wait_for_signal(kSignals);
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
  block_signals(kSignals);  // before any thread is started
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
  serve_signals(line, crew);
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
