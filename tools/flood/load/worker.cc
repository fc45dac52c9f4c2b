#include "tools/flood/load/worker.h"

#include <sys/prctl.h>

#include <algorithm>
#include <ctime>

#include "tls/context.h"
#include "tools/clients/nanoseconds.h"

namespace dotring::flood {

using clients::now_ns;

namespace {

constexpr uint64_t kPauseUsMax = 10'000;
constexpr uint64_t kTimeoutCheckMs = 10;
constexpr uint64_t kConnectTurnMs = 20;

uint64_t processor_time_ns() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace

Worker::Worker(const Options& options, const io::Clock& clock, std::function<void()> on_progress)
    : options_(options),
      on_progress_(std::move(on_progress)),
      loop_(options.loop, clock),
      sender_(*this) {
  timeout_check_.bind<&Worker::check_timeouts>(this);
  for (const LaneOptions& each : options.lanes) {
    auto& part = *parts_.emplace_back(std::make_unique<Part>(loop_, options.crowd));
    part.lane = std::make_unique<Lane>(part.crowd, each.lane, each.make_questions(), *part.tally,
                                       part.pacing);
  }
}

Worker::~Worker() {
  join();
}

void Worker::begin() {
  thread_ = std::thread([this] { run(); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::run() {
  // By default the kernel lets sleeps last 50 µs longer; queries are due more exactly than that.
  prctl(PR_SET_TIMERSLACK, 1000);
  if (open() && connect() && wait_for_start()) {
    drive();
    drain();
  }
  finish();
  tls::Library::leave_thread();
  done_.store(true, std::memory_order_release);
  on_progress_();
}

bool Worker::fail(size_t lane, const std::string& what) {
  failure_ = what;
  failed_lane_ = lane;
  return false;
}

bool Worker::open() {
  if (auto failure = loop_.open()) return fail(0, *failure);
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (auto failure = parts_[i]->lane->open()) return fail(i, *failure);
  }
  return true;
}

bool Worker::connect() {
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Lane& lane = *parts_[i]->lane;
    while (!lane.settled() && !stopping_) loop_.turn(kConnectTurnMs);
    if (!lane.failure().empty()) return fail(i, lane.failure());
  }
  ready_.store(true, std::memory_order_release);
  on_progress_();
  return true;
}

// The last stretch is not slept through, so that all threads begin on time.
bool Worker::wait_for_start() {
  while (start_ns_.load(std::memory_order_acquire) == 0) {
    if (stopping_) return false;
    loop_.turn(1);
  }
  while (now_ns() < start_ns_) loop_.turn_within(0);
  return true;
}

template <typename Predicate>
bool Worker::any_lane(Predicate predicate) const {
  return std::ranges::any_of(parts_, [&](const auto& part) { return predicate(*part->lane); });
}

void Worker::Sender::resume() {
  for (auto& part : worker.parts_) part->lane->send_due();
}

// What is due is sent from within a turn, so that it leaves with that turn's batch.
void Worker::drive() {
  started_ns_ = start_ns_;
  processor_started_ns_ = processor_time_ns();
  loop_.arm_in(timeout_check_, kTimeoutCheckMs);
  for (auto& part : parts_) part->lane->start(started_ns_);
  const auto unfinished = [&](Lane& lane) { return !lane.over(now_ns()); };
  while (!stopping_.load(std::memory_order_relaxed) && any_lane(unfinished)) {
    const uint64_t now = now_ns();
    if (any_lane([&](const Lane& lane) { return lane.is_due(now); })) {
      loop_.continue_next_turn(sender_);
    }
    loop_.turn_within(pause_us());
  }
  for (auto& part : parts_) part->lane->stop(now_ns());
}

uint64_t Worker::pause_us() const {
  if (options_.spin) return 0;
  const uint64_t now = now_ns();
  uint64_t pause_us = kPauseUsMax;
  for (const auto& part : parts_) {
    pause_us = std::min(pause_us, part->lane->until_next_ns(now) / 1000);
  }
  return pause_us;
}

void Worker::check_timeouts() {
  const uint64_t now = now_ns();
  for (auto& part : parts_) part->lane->check_timeouts(now);
  count_processor_time();
  loop_.arm_in(timeout_check_, kTimeoutCheckMs);
}

// Lanes share the thread's time evenly, since nobody can tell whose it was.
void Worker::count_processor_time() {
  for (auto& part : parts_) {
    Tally& tally = *part->tally;
    tally[Count::CpuNs].set((processor_time_ns() - processor_started_ns_) / parts_.size());
    tally[Count::ElapsedNs].set((now_ns() - started_ns_) / parts_.size());
  }
}

// The last answers have as much time as all others had.
void Worker::drain() {
  count_processor_time();
  const auto waiting = [](const Lane& lane) { return lane.waiting() > 0; };
  while (!stopping_ && any_lane(waiting)) loop_.turn_within(kPauseUsMax);
}

void Worker::finish() {
  timeout_check_.cancel();
  for (auto& part : parts_) {
    last_event_ns_ = std::max(last_event_ns_, part->lane->last_event_ns());
    part->answers_dropped = part->lane->answers_dropped();
    part->lane->close();
  }
  while (any_lane([](const Lane& lane) { return lane.active(); })) loop_.turn(kConnectTurnMs);
  for (auto& part : parts_) part->lane.reset();
}

}  // namespace dotring::flood
