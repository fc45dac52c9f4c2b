#include "tools/replay/capture_reader.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace dotring::replay {
namespace {

constexpr std::chrono::seconds kStopWait{1};
constexpr int kNice = 10;

// Where both share a core, a query that is due goes before what is read ahead. On Linux this is the
// calling thread's alone.
void yield_to_sender() {
  static_cast<void>(setpriority(PRIO_PROCESS, 0, kNice));
}

}  // namespace

CaptureReader::CaptureReader(const Options& options, const HashKey& seed,
                             std::function<void()> notify)
    : options_(options), seed_(seed), notify_(std::move(notify)) {}

CaptureReader::~CaptureReader() {
  stopping_ = true;
  room_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::optional<std::string> CaptureReader::open() {
  file_ = std::make_unique<capture::CaptureFile>();
  file_->before_waiting([this] {
    if (hungry_.load(std::memory_order_relaxed)) hand_over();
  });
  return file_->open(options_.path);
}

void CaptureReader::start() {
  thread_ = std::thread([this] { run(); });
}

bool CaptureReader::pop(std::vector<Asked>& batch) {
  const std::lock_guard lock(mutex_);
  hungry_ = batches_.empty() && !finished_;
  if (batches_.empty()) return false;
  batch = std::move(batches_.front());
  batches_.pop_front();
  room_.notify_one();
  return true;
}

bool CaptureReader::finished() {
  const std::lock_guard lock(mutex_);
  return finished_ && batches_.empty();
}

bool CaptureReader::stop() {
  stopping_ = true;
  room_.notify_all();
  std::unique_lock lock(mutex_);
  batches_.clear();
  return ended_.wait_for(lock, kStopWait, [this] { return finished_; });
}

void CaptureReader::run() {
  yield_to_sender();
  for (uint32_t loop = 0; loop < options_.loops && !stopping_; ++loop) {
    if (loop > 0 && open()) break;
    read_once(loop);
    // A loop that gave nothing will never give anything.
    if (given_ns_ == 0 || !findings_.failure.empty()) break;
  }
  hand_over();
  end();
}

void CaptureReader::read_once(uint32_t loop) {
  first_loop_ = loop == 0;
  if (!first_loop_) shift_ns_ = given_ns_ - findings_.first_ns;
  Pairing pairing(options_.pairing, seed_, [this](Asked&& asked) { give(std::move(asked)); });
  capture::Dissector dissector(options_.dissector, seed_,
                               [&](const capture::Message& message) { pairing.take(message); });
  capture::Packet packet;
  while (!stopping_ && file_->next(packet)) {
    dissector.take(packet);
    pairing.advance(packet.time_ns);
  }
  dissector.finish();
  pairing.finish();
  if (!first_loop_) return;
  findings_.account = dissector.account();
  findings_.pairing = pairing.statistics();
  findings_.failure = file_->failure();
}

void CaptureReader::give(Asked&& asked) {
  if (first_loop_) {
    if (findings_.first_ns == 0) findings_.first_ns = asked.time_ns;
    findings_.last_ns = std::max(findings_.last_ns, asked.time_ns);
  }
  asked.time_ns += shift_ns_;
  given_ns_ = std::max(given_ns_, asked.time_ns);
  batch_.push_back(std::move(asked));
  if (batch_.size() >= options_.batch_size) hand_over();
}

void CaptureReader::hand_over() {
  if (batch_.empty()) return;
  bool was_hungry = false;
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return stopping_ || batches_.size() < options_.batches_max; });
    if (stopping_) return;
    batches_.push_back(std::exchange(batch_, {}));
    was_hungry = hungry_.exchange(false);
  }
  batch_.reserve(options_.batch_size);
  if (was_hungry) notify_();
}

void CaptureReader::end() {
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  ended_.notify_all();
  notify_();
}

}  // namespace dotring::replay
