#include "tools/flood/command_line.h"

#include <CLI/CLI.hpp>

#include "tools/common/version.h"

namespace dotring::flood {
namespace {

constexpr int kStatusUsage = 2;

struct Texts {
  std::string address = "127.0.0.1";
  uint16_t port = 53;
  double duration_s = 10;
  double timeout_s = 5;
};

void add_load_options(CLI::App& app, CommandLine& line, Texts& texts) {
  Load::Options& load = line.load;
  app.add_option("-s,--server", texts.address, "address of the server");
  app.add_option("-p,--port", texts.port, "its port");
  const std::map<std::string, Mode> modes = {{"udp", Mode::Udp}, {"tcp", Mode::Tcp}};
  app.add_option("-m,--mode", load.mode, "udp or tcp")->transform(CLI::Transformer(modes));
  app.add_option("-c,--clients", load.clients, "clients, each with a socket of its own")
      ->check(CLI::Range(1, 20'000));
  app.add_option("-q,--outstanding", load.outstanding_max, "queries in flight over all clients")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("-Q,--rate", load.rate_per_s,
                 "open loop: queries per second, sent when due whatever the answers do")
      ->check(CLI::Range(0.001, 1e8));
  app.add_option("-l,--duration", texts.duration_s, "seconds")->check(CLI::Range(0.001, 1e6));
  app.add_option("-t,--timeout", texts.timeout_s, "seconds until a query is lost")
      ->check(CLI::Range(0.001, 600.0));
  app.add_option("--count", load.count_max, "end after so many queries");
  app.add_flag("--spin", load.spin, "never sleep: exact pacing where the core is ours");
  app.add_flag("--echo", load.accept_queries, "the other side echoes datagrams");
}

void add_question_options(CLI::App& app, CommandLine& line) {
  QuestionSource::Options& questions = line.questions;
  using Order = QuestionSource::Order;
  app.add_option("--names", questions.names, "different names to ask for; 0: no name twice")
      ->check(CLI::Range(uint64_t{0}, QuestionSource::kNameMax));
  app.add_option("--first-name", questions.first_name, "number of the first name")
      ->check(CLI::Range(uint64_t{0}, QuestionSource::kNameMax));
  const std::map<std::string, Order> orders = {{"random", Order::Random},
                                               {"sequential", Order::Sequential}};
  app.add_option("--order", questions.order, "random or sequential")
      ->transform(CLI::Transformer(orders));
  app.add_option("--suffix", questions.suffix, "the domain that all names are in");
  app.add_option("--type", questions.type, "query type, as a number");
  app.add_option("--seed", line.seed, "the same seed asks the same");
  app.add_option("-e,--edns", questions.edns_size, "send EDNS with this UDP size");
  app.add_flag("-D,--dnssec-ok", questions.dnssec_ok, "set DO; needs --edns");
  app.add_flag("--json", line.json, "report as JSON");
}

std::string problem_with(CommandLine& line, const Texts& texts) {
  const auto address = IpAddress::parse(texts.address);
  if (!address) return "--server " + texts.address + ": not an IP address";
  line.load.server = {*address, texts.port};
  line.load.duration_ms = static_cast<uint64_t>(texts.duration_s * 1000);
  line.load.timeout_ms = static_cast<uint64_t>(texts.timeout_s * 1000);
  if (line.load.outstanding_max / line.load.clients > 32768) {
    return "--outstanding: more than 32768 per client; use more --clients";
  }
  if (line.questions.dnssec_ok && line.questions.edns_size == 0) return "-D needs --edns";
  return "";
}

}  // namespace

std::optional<CommandLine> parse_command_line(int count, const char* const* arguments,
                                              int& status) {
  CommandLine line;
  Texts texts;
  CLI::App app("Load tests for DNS servers: " + version_line("dotring-flood"), "dotring-flood");
  app.set_version_flag("--version", version_line("dotring-flood"));
  app.option_defaults()->always_capture_default();
  add_load_options(app, line, texts);
  add_question_options(app, line);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    status = app.exit(error) == 0 ? 0 : kStatusUsage;
    return std::nullopt;
  }
  const std::string problem = problem_with(line, texts);
  if (problem.empty()) return line;
  std::fprintf(stderr, "dotring-flood: %s\n", problem.c_str());
  status = kStatusUsage;
  return std::nullopt;
}

}  // namespace dotring::flood
