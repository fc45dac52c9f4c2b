#include "tools/flood/report/outcome.h"

#include "tools/flood/load/plan.h"

namespace dotring::flood {
namespace {

// Keeps every period, and passes them on.
class Keeper final : public RunWatcher {
 public:
  Keeper(RunWatcher* next, std::vector<Period>& periods) : next_(next), periods_(periods) {}

  void on_period(const Period& period) override {
    if (periods_.size() < kPeriodsMax) periods_.push_back(period);
    if (next_) next_->on_period(period);
  }

 private:
  static constexpr size_t kPeriodsMax = 2000;  // each takes 57 KB per server

  RunWatcher* next_;
  std::vector<Period>& periods_;
};

}  // namespace

std::optional<std::string> run_once(const Settings& settings, const Materials& materials,
                                    const std::vector<Stage>& stages, const io::Clock& clock,
                                    RunWatcher* watcher, Outcome& outcome) {
  Run run(plan_run(settings, materials, stages), clock);
  Keeper keeper(watcher, outcome.periods);
  if (auto failure = run.run(&keeper)) return failure;
  outcome.duration_ns = run.duration_ns();
  outcome.started_wall_ns = run.started_wall_ns();
  outcome.interrupted = run.interrupted();
  VerdictOptions options;
  options.open_loop = !stages.empty();
  options.spin = settings.spin;
  options.outstanding_max = outstanding_for(settings, stages);
  Period whole = run.whole();
  for (size_t i = 0; i < settings.servers.size(); ++i) {
    const Verdict verdict = judge(whole.lanes[i], options);
    outcome.servers.push_back(
        {settings.servers[i].to_text(), std::move(whole.lanes[i]), run.pacing(i), verdict});
  }
  return std::nullopt;
}

double per_second(uint64_t count, uint64_t duration_ns) {
  return duration_ns ? static_cast<double>(count) * 1e9 / static_cast<double>(duration_ns) : 0;
}

}  // namespace dotring::flood
