// dotring-flood: load tests. Exit status: 0 it ran, 1 it could not, 2 the arguments are wrong.

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>

#include "tools/common/program.h"
#include "tools/flood/command_line.h"
#include "tools/flood/load/plan.h"
#include "tools/flood/load/search.h"
#include "tools/flood/report/live_line.h"
#include "tools/flood/report/plot.h"
#include "tools/flood/report/report_json.h"
#include "tools/flood/report/report_text.h"

namespace dotring::flood {
namespace {

int fail(int status, const std::string& what) {
  return dotring::fail("dotring-flood", status, what);
}

std::string trust_of(const Settings& settings, tls::ClientContext& context, tls::Trust& trust) {
  const bool verified = settings.verify && !settings.tls_name.empty();
  trust.authentication_name = settings.tls_name;
  trust.opportunistic = !verified;
  if (auto wrong = trust.check()) return "--tls-name " + settings.tls_name + ": " + *wrong;
  tls::ClientOptions options;
  options.ca_file = settings.ca_file;
  options.trust_anchors = verified;
  if (auto failure = context.open(options)) return failure->text();
  return "";
}

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  return file.good();
}

int write_reports(const Outcome& outcome, const Settings& settings) {
  const bool json_only = settings.json == "-";
  if (json_only) {
    std::fputs(report_json(outcome, settings).c_str(), stdout);
  } else {
    if (settings.steps) std::fputs(steps_text(outcome, settings.stages).c_str(), stdout);
    if (settings.servers.size() > 1) std::fputs(versus_text(outcome).c_str(), stdout);
    std::fputs(report_text(outcome, settings).c_str(), stdout);
  }
  if (settings.json && !json_only && !write_file(*settings.json, report_json(outcome, settings))) {
    return fail(1, *settings.json + ": cannot be written");
  }
  if (!settings.plot.empty() &&
      !write_file(settings.plot, plot(outcome, settings, settings.plot))) {
    return fail(1, settings.plot + ": cannot be written");
  }
  return std::fflush(stdout) == 0 ? 0 : fail(1, "standard output: cannot be written");
}

// Runs the trials of a search and shows how each went.
class Trials {
 public:
  Trials(const Settings& settings, const Materials& materials, const io::Clock& clock)
      : settings_(settings), materials_(materials), clock_(clock) {}

  std::optional<Trial> run(double rate_per_s) {
    Outcome outcome;
    const auto stages = std::vector{Stage::constant(rate_per_s, settings_.duration_ns)};
    auto problem = run_once(settings_, materials_, stages, clock_, nullptr, outcome);
    if (!problem && outcome.interrupted) problem = "interrupted";
    if (problem) failure = *problem;
    if (problem) return std::nullopt;
    const Outcome::Server& server = outcome.servers[0];
    Trial trial{rate_per_s, server.totals.loss(), server.totals.from_due.percentile(0.99),
                server.verdict.generator_limited, false};
    trial.passed = Search::passes(trial, settings_.search);
    if (settings_.json != "-") show(trial);
    if (trial.passed) best = std::move(outcome);
    return trial;
  }

  std::string failure;
  Outcome best;

 private:
  static void show(const Trial& trial) {
    const char* word = trial.passed              ? "kept up"
                       : trial.generator_limited ? "the generator was too slow"
                                                 : "too much";
    std::printf("%12.0f queries/s  lost %.3f%%  p99 %.3f ms  %s\n", trial.rate_per_s,
                100 * trial.loss, static_cast<double>(trial.p99_ns) / 1e6, word);
    std::fflush(stdout);
  }

  const Settings& settings_;
  const Materials& materials_;
  const io::Clock& clock_;
};

int run_search(const Settings& settings, const Materials& materials, const io::Clock& clock) {
  constexpr double kRateFirst = 1000;
  Trials trials(settings, materials, clock);
  Search search(settings.search, [&](double rate) { return trials.run(rate); });
  const auto best = search.find(settings.rate_per_s > 0 ? settings.rate_per_s : kRateFirst);
  if (!trials.failure.empty()) return fail(1, trials.failure);
  if (!best) return fail(1, "the server kept up with no rate that was tried");
  if (search.generator_limited()) {
    Verdict& verdict = trials.best.servers[0].verdict;
    verdict.generator_limited = true;
    verdict.remarks.push_back(
        "the generator was the bottleneck of the search: the server may keep up with more; use "
        "more --threads or another machine");
  }
  if (settings.json != "-") std::printf("\nHighest rate (queries/s): %.0f\n\n", best->rate_per_s);
  return write_reports(trials.best, settings);
}

int run(const Settings& settings, const Materials& materials) {
  const io::Clock clock;
  Outcome outcome;
  if (settings.search.wanted) return run_search(settings, materials, clock);
  const bool json_only = settings.json == "-";
  LiveLine line({isatty(STDERR_FILENO) == 1, settings.print_periods && !json_only});
  const auto failure = run_once(settings, materials, stages_of(settings), clock, &line, outcome);
  line.clear();
  if (failure) return fail(1, *failure);
  return write_reports(outcome, settings);
}

int prepare_and_run(const Settings& settings) {
  std::string failure;
  const auto questions = Questions::load(settings.questions, failure);
  if (!questions) return fail(settings.questions.file.empty() ? 2 : 1, failure);
  if (questions->skipped() > 0) {
    std::fprintf(stderr, "dotring-flood: %s: skipped %llu, the first at %s\n",
                 settings.questions.file.c_str(),
                 static_cast<unsigned long long>(questions->skipped()),
                 questions->first_skipped().c_str());
  }
  // Only now, so that reading can be ended. The run takes them from a descriptor.
  block_signals({SIGINT, SIGTERM});
  const tls::Library library;
  tls::ClientContext context;
  tls::Trust trust;
  Materials materials{questions.get(), nullptr, nullptr};
  if (settings.transport == clients::Transport::Tls) {
    failure = trust_of(settings, context, trust);
    if (!failure.empty()) return fail(2, failure);
    materials.context = &context;
    materials.trust = &trust;
  }
  return run(settings, materials);
}

}  // namespace
}  // namespace dotring::flood

int main(int count, char** arguments) {
  int status = 0;
  const auto settings = dotring::flood::parse_command_line(count, arguments, status);
  if (!settings) return status;
  const uint64_t needed = settings->clients * settings->servers.size() + 64;
  if (dotring::clients::raise_descriptor_limit() < needed) {
    return dotring::flood::fail(1,
                                "--clients: this process may not open so many sockets; see "
                                "ulimit -n");
  }
  return dotring::flood::prepare_and_run(*settings);
}
