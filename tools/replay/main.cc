// dotring-replay: replays the queries of a capture. Exit status: 0 it ran, 1 it could not, 2 the
// arguments are wrong.

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <semaphore>

#include "tools/clients/nanoseconds.h"
#include "tools/common/entropy.h"
#include "tools/common/program.h"
#include "tools/replay/command_line.h"
#include "tools/replay/progress.h"
#include "tools/replay/report.h"

namespace dotring::replay {
namespace {

constexpr uint64_t kDescriptorsOfOthers = 64;

int fail(int status, const std::string& what) {
  return dotring::fail("dotring-replay", status, what);
}

int print(const CommandLine& line, const Report& report) {
  const auto to_text = line.json ? report_json : report_text;
  std::fputs(to_text(report).c_str(), stdout);
  return std::fflush(stdout) == 0 ? 0 : fail(1, "standard output: cannot be written");
}

// What was read before the failure is used, and said besides.
void tell_failure(const CommandLine& line, const Findings& findings) {
  if (!findings.failure.empty()) fail(0, line.capture + ": " + findings.failure);
}

int only_read(const CommandLine& line, const HashKey& seed) {
  std::counting_semaphore<> ready{0};
  CaptureReader reader(line.reader, seed, [&] { ready.release(); });
  if (auto failure = reader.open()) return fail(1, line.capture + ": " + *failure);
  reader.start();
  std::unordered_map<std::string, uint64_t> askers;
  std::vector<Asked> batch;
  while (!reader.finished()) {
    if (!reader.pop(batch)) {
      ready.acquire();
      continue;
    }
    for (const Asked& asked : batch) {
      ++askers[line.replay.clients.by_port ? asked.client.to_text()
                                           : asked.client.address.to_text()];
    }
  }
  tell_failure(line, reader.findings());
  Report report;
  report.capture = line.capture;
  report.findings = &reader.findings();
  report.clients = askers.size();
  return print(line, report);
}

std::string open_trust(const CommandLine& line, tls::ClientContext& context, tls::Trust& trust) {
  const bool verified = line.verify && !line.tls_name.empty();
  trust.authentication_name = line.tls_name;
  trust.opportunistic = !verified;
  if (auto wrong = trust.check()) return "--tls-name " + line.tls_name + ": " + *wrong;
  tls::ClientOptions options;
  options.ca_file = line.ca_file;
  options.trust_anchors = verified;
  const auto failure = context.open(options);
  return failure ? failure->text() : "";
}

// Not empty: nothing could be asked at all, and why.
std::string why_nobody_was_asked(const Tally& tally, const ClientTable& clients) {
  const ServerTally& server = tally.servers[0];
  if (server.answered > 0) return "";
  if (tally.not_sent > 0) return clients.failure();
  return server.connections_failed > 0 ? server.connection_failure : "";
}

int run(CommandLine line, const HashKey& seed) {
  const tls::Library library;
  tls::ClientContext context;
  tls::Trust trust;
  if (line.uses_tls()) {
    const std::string failure = open_trust(line, context, trust);
    if (!failure.empty()) return fail(2, failure);
    for (auto& server : line.replay.clients.servers) {
      server.context = &context;
      server.trust = &trust;
    }
  }
  const io::Clock clock;
  io::Loop loop(
      {.ring = {.receive_buffers = 1024, .receive_buffer_size = clients::kReceiveBufferSize}},
      clock);
  if (auto failure = loop.open()) return fail(1, *failure);
  CaptureReader reader(line.reader, seed, [&] { loop.post([] {}); });
  if (auto failure = reader.open()) return fail(1, line.capture + ": " + *failure);
  auto tally = std::make_unique<Tally>();
  Progress progress(isatty(STDERR_FILENO) == 1);
  Replay replay(loop, line.replay, reader, seed, *tally, [&] {
    progress.show(*tally, clients::now_ns());
    return take_signal({SIGINT, SIGTERM});
  });
  reader.start();
  replay.run();
  progress.clear();
  const bool ended = reader.stop();
  if (ended) tell_failure(line, reader.findings());
  const std::string nobody = why_nobody_was_asked(*tally, replay.clients());
  if (!nobody.empty()) fail(0, line.server.to_text() + ": " + nobody);
  Report report;
  report.capture = line.capture;
  report.findings = ended ? &reader.findings() : nullptr;
  report.tally = tally.get();
  report.clients = replay.clients().askers();
  report.server = line.server.to_text();
  report.versus = line.versus ? line.versus->to_text() : "";
  report.compare = line.replay.compare;
  report.paced = line.replay.timeline.pace != Pace::Fast;
  report.sockets = replay.clients().sockets();
  report.socket_failure = replay.clients().failure();
  report.shared = replay.clients().shared();
  report.answers_dropped = replay.clients().answers_dropped();
  const int status = print(line, report);
  // A pipe that gives nothing holds the thread that reads it: there is nothing more to wait for.
  if (!ended) _exit(status);
  return nobody.empty() ? status : 1;
}

}  // namespace
}  // namespace dotring::replay

int main(int count, char** arguments) {
  using namespace dotring;
  int status = 0;
  auto line = replay::parse_command_line(count, arguments, status);
  if (!line) return status;
  const HashKey seed = entropy_from_kernel();
  if (line->read_only) return replay::only_read(*line, seed);
  block_signals({SIGINT, SIGTERM});
  // By default the kernel lets sleeps last 50 µs longer; queries are due more exactly than that.
  prctl(PR_SET_TIMERSLACK, 1000);
  const uint64_t limit = clients::raise_descriptor_limit();
  const uint64_t spare = limit - std::min(limit, replay::kDescriptorsOfOthers);
  auto& sockets_max = line->replay.clients.sockets_max;
  sockets_max = std::min(sockets_max, spare);
  return replay::run(std::move(*line), seed);
}
