#include "tools/replay/command_line.h"

#include <sys/stat.h>

#include <CLI/CLI.hpp>

#include "tools/common/program.h"
#include "tools/common/version.h"

namespace dotring::replay {
namespace {

constexpr uint16_t kPortPlain = 53;
constexpr uint16_t kPortTls = 853;
// A closed loop needs few in flight; an open one as many as a slow server makes of it.
constexpr uint32_t kOutstandingFast = 1000;
constexpr uint32_t kOutstandingPaced = 65'536;
// What a socket tells apart; a client that needs more gets more sockets. Thousands of sockets take
// turns, so what each remembers decides whether it is still near to the processor.
constexpr uint32_t kOutstandingPerSocket = 64;

/// Options as they are written, before they are looked at.
struct Texts {
  std::string server = "127.0.0.1";
  std::optional<uint16_t> port;
  std::string versus;
  std::string source;
  double factor = 1;
  double rate_per_s = 0;
  bool fast = false;
  bool no_compare = false;
  std::optional<uint32_t> outstanding;
  double timeout_s = 5;
  double idle_timeout_s = 10;
  double answer_wait_s = 5;
};

const std::map<std::string, Travel> kModes = {{"recorded", Travel::AsRecorded},
                                              {"udp", Travel::Udp},
                                              {"tcp", Travel::Tcp},
                                              {"dot", Travel::Tls},
                                              {"tls", Travel::Tls}};

void add_capture_options(CLI::App& app, CommandLine& line, Texts& texts) {
  app.add_option("FILE", line.capture,
                 "pcap or pcapng, also compressed by gzip, xz, zstd or lz4; - : standard input")
      ->required();
  app.add_option("--dns-port", line.reader.dissector.ports, "ports of recorded servers (53)")
      ->delimiter(',')
      ->check(CLI::Range(1, 65535));
  app.add_option("--loops", line.reader.loops, "how often the capture is replayed")
      ->check(CLI::Range(1u, 1'000'000'000u));
  app.add_option("--answer-wait", texts.answer_wait_s,
                 "seconds of the capture in which an answer may follow its query")
      ->check(CLI::Range(0.001, 3600.0));
  app.add_flag("--read-only", line.read_only, "send nothing: say what the capture holds");
}

void add_server_options(CLI::App& app, CommandLine& line, Texts& texts) {
  app.add_option("-s,--server", texts.server, "address of the server");
  app.add_option("-p,--port", texts.port, "its port (53, dot: 853)");
  app.add_option("-m,--mode", line.replay.travel, "recorded (UDP or TCP), udp, tcp or dot")
      ->transform(CLI::Transformer(kModes))
      ->default_str("recorded");
  app.add_option("--versus", texts.versus,
                 "compare with a second live server, not with what was recorded")
      ->type_name("ADDRESS[:PORT]");
  app.add_flag("--clients-by-port", line.replay.clients.by_port,
               "a client is a source address and port; otherwise an address");
  app.add_option("-a,--source-net", texts.source,
                 "where clients ask from: an address, or a network of which each has its own")
      ->type_name("ADDRESS[/BITS]");
  app.add_option("--idle-timeout", texts.idle_timeout_s,
                 "seconds after which a connection without queries is closed")
      ->check(CLI::Range(0.0, 86'400.0));
  app.add_option("--tls-name", line.tls_name,
                 "the name that the server's certificate must have, sent as SNI; without it "
                 "nothing is verified");
  app.add_option("--ca-file", line.ca_file, "PEM file to verify with (the system's)");
  app.add_flag("!--insecure", line.verify, "send --tls-name, verify nothing");
}

void add_pace_options(CLI::App& app, CommandLine& line, Texts& texts) {
  auto* factor =
      app.add_option("-f,--factor", texts.factor, "so many times as fast as recorded (1)")
          ->check(CLI::Range(1e-6, 1e6));
  auto* rate = app.add_option("-Q,--rate", texts.rate_per_s, "queries per second, evenly")
                   ->check(CLI::Range(0.001, 1e8))
                   ->excludes(factor);
  app.add_flag("--fast", texts.fast, "as fast as answers come")->excludes(factor)->excludes(rate);
  app.add_option("-q,--outstanding", texts.outstanding,
                 "queries in flight, at most (--fast: 1000; otherwise 65536)")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("-t,--timeout", texts.timeout_s, "seconds until a query is lost")
      ->check(CLI::Range(0.001, 600.0));
  app.add_flag("--spin", line.replay.spin, "never sleep: exact pacing where the core is ours");
}

void add_output_options(CLI::App& app, CommandLine& line, Texts& texts) {
  app.add_flag("--no-compare", texts.no_compare, "do not look at what the answers say");
  app.add_option("--differences", line.replay.judge.examples_max, "so many are shown")
      ->check(CLI::Range(0, 100'000));
  app.add_flag("--json", line.json, "report as JSON");
}

uint64_t nanoseconds(double seconds) {
  return static_cast<uint64_t>(seconds * 1e9);
}

std::string read_pace(const Texts& texts, CommandLine& line) {
  Timeline::Options& timeline = line.replay.timeline;
  timeline = {Pace::Recorded, texts.factor, texts.rate_per_s};
  if (texts.rate_per_s > 0) timeline.pace = Pace::Rate;
  if (texts.fast) timeline.pace = Pace::Fast;
  line.replay.outstanding_max =
      texts.outstanding.value_or(texts.fast ? kOutstandingFast : kOutstandingPaced);
  line.replay.timeout_ms = static_cast<uint64_t>(texts.timeout_s * 1000);
  line.reader.pairing.answer_wait_ns = nanoseconds(texts.answer_wait_s);
  return "";
}

std::string read_servers(const Texts& texts, CommandLine& line) {
  const auto address = IpAddress::parse(texts.server);
  if (!address) return "--server " + texts.server + ": not an IP address";
  const uint16_t port = texts.port.value_or(line.uses_tls() ? kPortTls : kPortPlain);
  line.server = {*address, port};
  if (!texts.versus.empty()) {
    line.versus = Endpoint::parse(texts.versus, port);
    if (!line.versus) return "--versus " + texts.versus + ": wanted ADDRESS[:PORT]";
  }
  if (!texts.source.empty()) {
    line.replay.clients.sources = clients::SourceNetwork::parse(texts.source);
    if (!line.replay.clients.sources) {
      return "--source-net " + texts.source + ": wanted ADDRESS or ADDRESS/BITS";
    }
  }
  return "";
}

void set_clients(const Texts& texts, CommandLine& line) {
  line.replay.lanes = line.versus ? 2 : 1;
  for (Lane lane = 0; lane < kLanesMax; ++lane) {
    clients::ClientOptions& options = line.replay.clients.servers[lane];
    options.server = lane == 0 ? line.server : line.versus.value_or(line.server);
    options.outstanding_max = std::min(kOutstandingPerSocket, line.replay.outstanding_max);
    options.idle_timeout_ms = static_cast<uint64_t>(texts.idle_timeout_s * 1000);
  }
}

std::string read_capture(CommandLine& line) {
  line.reader.path = line.capture;
  if (line.reader.loops == 1) return "";
  struct stat status {};
  const bool again = stat(line.capture.c_str(), &status) == 0 && S_ISREG(status.st_mode);
  return again ? "" : "--loops: " + line.capture + " can be read only once";
}

std::string read_texts(const Texts& texts, CommandLine& line) {
  line.replay.compare = !texts.no_compare;
  line.reader.pairing.wanted = line.read_only || (line.replay.compare && texts.versus.empty());
  std::string problem = read_pace(texts, line);
  if (problem.empty()) problem = read_servers(texts, line);
  if (problem.empty()) problem = read_capture(line);
  if (line.versus) {
    line.replay.judge.left = "there";
    line.replay.judge.right = "here";
  }
  set_clients(texts, line);
  return problem;
}

}  // namespace

std::optional<CommandLine> parse_command_line(int count, const char* const* arguments,
                                              int& status) {
  CommandLine line;
  Texts texts;
  CLI::App app("Replays the queries of a capture and compares the answers: " +
                   version_line("dotring-replay"),
               "dotring-replay");
  app.set_version_flag("--version", version_line("dotring-replay"));
  add_capture_options(app, line, texts);
  add_server_options(app, line, texts);
  add_pace_options(app, line, texts);
  add_output_options(app, line, texts);
  const auto read = [&] { return read_texts(texts, line); };
  if (!parse_arguments(app, count, arguments, status, read)) return std::nullopt;
  return line;
}

}  // namespace dotring::replay
