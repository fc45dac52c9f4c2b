#include "engine/io/loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/io/kernel.h"

namespace dotring::io {

Loop::Loop(const Options& options, const Clock& clock)
    : options_(options),
      clock_(clock),
      ring_(options.ring),
      turn_clock_{clock.monotonic_us()},
      timers_(turn_clock_.now_ms()) {
  wakeup_.bind<&Loop::on_wakeup>(this);
}

Loop::~Loop() {
  if (wakeup_descriptor_ >= 0) close(wakeup_descriptor_);
}

std::optional<std::string> Loop::open() {
  if (auto failure = ring_.open()) return failure;
  const int descriptor = eventfd(0, EFD_CLOEXEC);
  if (descriptor < 0) return "eventfd: " + error_text(errno);
  wakeup_descriptor_ = descriptor;
  arm_wakeup();
  // Someone may have posted, or stopped us, before there was a descriptor to wake us by.
  wake();
  return std::nullopt;
}

void Loop::run() {
  while (!stopping_.load(std::memory_order_acquire)) turn(options_.wait_ms_max);
}

void Loop::turn(uint64_t wait_ms_max) {
  turn_within(wait_ms_max * 1000);
}

void Loop::turn_within(uint64_t wait_us_max) {
  ring_.submit_and_wait(wait_us(wait_us_max));
  refresh_now();
  statistics_.turns.add();
  run_resumables();
  statistics_.completions.add(ring_.run_completions());
  timers_.advance(now_ms());
  run_flushes();
}

// The wheel counts in whole milliseconds; a sleep that ends inside the due millisecond is never too
// early.
uint64_t Loop::wait_us(uint64_t wait_us_max) {
  if (!resumables_.empty()) return 0;
  const uint64_t wait_ms_max = (wait_us_max + 999) / 1000;
  const uint64_t due_us = (timers_.now_ms() + timers_.until_next_ms(wait_ms_max)) * 1000;
  const uint64_t now_us = clock_.monotonic_us();
  return due_us > now_us ? std::min(due_us - now_us, wait_us_max) : 0;
}

void Loop::refresh_now() {
  turn_clock_.now_us = clock_.monotonic_us();
}

void Loop::run_resumables() {
  List<Resumable, Resumable> now;
  now.splice_back(resumables_);
  while (Resumable* resumable = now.pop_front()) resumable->resume();
}

// A flush may schedule another (TLS records go into the TCP stream below), so this runs until none
// is left.
void Loop::run_flushes() {
  while (Flushable* flushable = flushables_.pop_front()) flushable->flush();
}

void Loop::schedule(Flushable& flushable) {
  if (!flushable.linked()) flushables_.push_back(flushable);
}

void Loop::send(int descriptor, Bytes bytes, Completion& completion) {
  statistics_.sends.add();
  ring_.send(descriptor, bytes, completion);
}

void Loop::continue_next_turn(Resumable& resumable) {
  if (!resumable.linked()) resumables_.push_back(resumable);
}

void Loop::post(std::function<void()> work) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(work));
  }
  wake();
}

void Loop::stop() {
  stopping_.store(true, std::memory_order_release);
  wake();
}

void Loop::wake() {
  const uint64_t one = 1;
  const int descriptor = wakeup_descriptor_.load();
  if (descriptor >= 0) (void)!write(descriptor, &one, sizeof one);
}

void Loop::arm_wakeup() {
  ring_.read(wakeup_descriptor_, &wakeup_value_, sizeof wakeup_value_, wakeup_);
}

void Loop::on_wakeup(int32_t, uint32_t) {
  arm_wakeup();
  run_posted();
}

void Loop::run_posted() {
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(posted_mutex_);
    work.swap(posted_);
  }
  for (auto& each : work) each();
  statistics_.posted.add(work.size());
}

}  // namespace dotring::io
