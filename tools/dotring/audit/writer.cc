#include "tools/dotring/audit/writer.h"

#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace dotring::appliance {
namespace {

constexpr int kNice = 15;
constexpr int kGatherMs = 10;              ///< after work: what comes meanwhile is taken together
constexpr size_t kRecordsPerRound = 4096;  ///< of one queue, before the outputs' turn

uint64_t wall_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

}  // namespace

Writer::Writer(std::vector<Output>& outputs, std::vector<std::unique_ptr<Recorder>>& recorders,
               Doorbell& doorbell, const io::Clock& clock)
    : outputs_(outputs), recorders_(recorders), doorbell_(doorbell), clock_(clock), thread_([this] {
        run();
      }) {}

Writer::~Writer() {
  ending_ = true;
  doorbell_.ring();
  thread_.join();
}

void Writer::reopen() {
  reopen_ = true;
  doorbell_.ring();
}

void Writer::run() {
  pthread_setname_np(pthread_self(), "audit");
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
  while (!ending_) {
    if (reopen_.exchange(false)) {
      for (Output& output : outputs_) output.sink->reopen();
    }
    const bool busy = drain();
    work();
    rest(busy);
  }
  while (drain()) work();
  for (Output& output : outputs_) output.sink->finish();
}

bool Writer::drain() {
  bool busy = false;
  const WallTime time(clock_.monotonic_us(), wall_us());
  for (Output& output : outputs_) output.full = false;
  for (const auto& recorder : recorders_) {
    RecordQueue& queue = recorder->queue();
    for (size_t i = 0; i < kRecordsPerRound; ++i) {
      const Bytes octets = queue.front();
      if (octets.empty()) break;
      write(read_record(octets), time);
      queue.pop();
      busy = true;
    }
  }
  return busy;
}

// A full output is tried once a round: it is not asked for each record whether it takes more.
void Writer::write(const Record& record, const WallTime& time) {
  for (Output& output : outputs_) {
    if (!output.full && !output.sink->takes()) {
      output.sink->work(now_ms());
      output.full = !output.sink->takes();
    }
    if (output.full) {
      output.sink->count_dropped();
      continue;
    }
    output.format->append(record, time, output.sink->buffer());
    output.sink->count_added();
  }
}

void Writer::work() {
  for (Output& output : outputs_) output.sink->work(now_ms());
}

bool Writer::has_records() const {
  return std::any_of(recorders_.begin(), recorders_.end(),
                     [](const auto& recorder) { return !recorder->queue().empty(); });
}

void Writer::rest(bool busy) {
  if (busy) return sleep(false, kGatherMs);
  const bool restless = std::any_of(outputs_.begin(), outputs_.end(),
                                    [](const Output& output) { return output.sink->restless(); });
  doorbell_.lie_down();
  const bool work_after_all = has_records() || ending_ || reopen_;
  if (!work_after_all) sleep(true, restless ? static_cast<int>(Sink::kRetryMs) : -1);
  doorbell_.get_up();
}

void Writer::sleep(bool with_doorbell, int wait_ms) {
  std::array<pollfd, 4> watched;
  nfds_t count = 0;
  if (with_doorbell) watched[count++] = {doorbell_.descriptor(), POLLIN, 0};
  for (const Output& output : outputs_) {
    const Wanted wanted = output.sink->wanted();
    if (wanted.descriptor >= 0) watched[count++] = {wanted.descriptor, wanted.events, 0};
  }
  poll(watched.data(), count, wait_ms);
}

}  // namespace dotring::appliance
