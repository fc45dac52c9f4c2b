#include "tools/flood/load/run.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>

#include "tools/clients/nanoseconds.h"

namespace dotring::flood {

using clients::now_ns;

namespace {

// All threads have time to see the common start.
constexpr uint64_t kStartDelayNs = 5'000'000;

uint64_t wall_ns() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

int open_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

}  // namespace

Run::Run(const Options& options, const io::Clock& clock)
    : options_(options),
      progress_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      signals_(open_signals()) {
  const auto on_progress = [this] {
    const uint64_t one = 1;
    (void)!write(progress_, &one, sizeof one);
  };
  for (const Worker::Options& each : options.workers) {
    workers_.push_back(std::make_unique<Worker>(each, clock, on_progress));
  }
}

Run::~Run() {
  stop();
  workers_.clear();
  close(progress_);
  close(signals_);
}

bool Run::all(bool (Worker::*is)() const) const {
  return std::ranges::all_of(workers_, [&](const auto& worker) { return (*worker.*is)(); });
}

std::optional<std::string> Run::run(RunWatcher* watcher) {
  for (auto& worker : workers_) worker->begin();
  const auto any_done = [&] {
    return std::ranges::any_of(workers_, [](const auto& worker) { return worker->done(); });
  };
  while (!all(&Worker::ready) && !any_done()) wait(UINT64_MAX);
  if (any_done() || interrupted_) stop();
  start();
  while (!all(&Worker::done)) {
    wait(start_ns_ + next_mark_ns());
    const uint64_t now = now_ns();
    if (now >= start_ns_ + next_mark_ns()) end_period(watcher, now - start_ns_);
  }
  for (auto& worker : workers_) worker->join();
  finished_ = true;
  if (auto what = failure()) return what;
  uint64_t last_ns = start_ns_;
  for (const auto& worker : workers_) last_ns = std::max(last_ns, worker->last_event_ns());
  duration_ns_ = last_ns - start_ns_;
  end_period(watcher, std::max(now_ns() - start_ns_, period_begin_ns_));
  return std::nullopt;
}

void Run::start() {
  start_ns_ = now_ns() + kStartDelayNs;
  started_wall_ns_ = wall_ns() + kStartDelayNs;
  before_ = totals();
  for (auto& worker : workers_) worker->set_start(start_ns_);
}

void Run::stop() {
  for (auto& worker : workers_) worker->stop();
}

// Sleeps until something happens or `until_ns`.
void Run::wait(uint64_t until_ns) {
  const uint64_t now = now_ns();
  const uint64_t left_ms = until_ns > now ? (until_ns - now + 999'999) / 1'000'000 : 0;
  pollfd wanted[] = {{progress_, POLLIN, 0}, {signals_, POLLIN, 0}};
  poll(wanted, 2, static_cast<int>(std::min<uint64_t>(left_ms, 1000)));
  uint64_t count;
  (void)!read(progress_, &count, sizeof count);
  signalfd_siginfo signal;
  if (read(signals_, &signal, sizeof signal) != sizeof signal) return;
  interrupted_ = true;
  stop();
}

uint64_t Run::next_mark_ns() const {
  uint64_t next = options_.period_ns * (periods_ + 1);
  for (const uint64_t mark : options_.marks_ns) {
    if (mark > period_begin_ns_) next = std::min(next, mark);
  }
  return next;
}

void Run::end_period(RunWatcher* watcher, uint64_t now_ns) {
  Period period{period_begin_ns_, now_ns, totals()};
  std::vector<Totals> after = period.lanes;
  for (size_t i = 0; i < after.size(); ++i) period.lanes[i].subtract(before_[i]);
  before_ = std::move(after);
  period_begin_ns_ = now_ns;
  periods_ = now_ns / options_.period_ns;
  if (watcher) watcher->on_period(period);
}

std::vector<Totals> Run::totals() const {
  std::vector<Totals> totals(options_.lane_names.size());
  for (const auto& worker : workers_) {
    for (size_t i = 0; i < totals.size(); ++i) {
      totals[i].add(worker->tally(i));
      totals[i].add(worker->statistics(i));
      if (finished_) totals[i].answers_dropped += worker->answers_dropped(i);
    }
  }
  return totals;
}

Period Run::whole() const {
  return {0, duration_ns_, totals()};
}

Pacing Run::pacing(size_t lane) const {
  Pacing pacing;
  for (const auto& worker : workers_) pacing.merge(worker->pacing(lane));
  return pacing;
}

std::optional<std::string> Run::failure() const {
  for (const auto& worker : workers_) {
    if (worker->failure().empty()) continue;
    return options_.lane_names[worker->failed_lane()] + ": " + worker->failure();
  }
  return std::nullopt;
}

}  // namespace dotring::flood
