#include "tools/dotring/worker.h"

#include <pthread.h>

namespace dotring::appliance {

Worker::Worker(const SharedParts& shared, std::shared_ptr<const InForce> in_force, size_t index,
               const HashKey& seed)
    : thread_([this, &shared, in_force = std::move(in_force), index, seed]() mutable {
        work(shared, std::move(in_force), index, seed);
      }) {}

Worker::~Worker() {
  if (!gone_) go(false);
  left_.set_value();
  thread_.join();
}

void Worker::work(const SharedParts& shared, std::shared_ptr<const InForce> in_force, size_t index,
                  const HashKey& seed) {
  pthread_setname_np(pthread_self(), ("worker " + std::to_string(index)).c_str());
  parts_.emplace(shared, std::move(in_force), index, seed);
  const std::optional<std::string> failure = parts_->open();
  opened_.set_value(failure);
  const bool run = go_.get_future().get();
  if (!failure && run) {
    parts_->run();
  } else if (!failure) {
    parts_->close();
  }
  ended_.store(true, std::memory_order_release);
  // Metrics are read until the admin pages have ended, and main says so.
  left_.get_future().get();
  parts_.reset();
  tls::Library::leave_thread();
}

void Worker::go(bool run) {
  gone_ = true;
  go_.set_value(run);
}

void Worker::stop() {
  if (gone_) parts_->stop();
}

void Worker::hand_over(listen::ConnectionHeir& heir) {
  if (gone_) parts_->hand_over(heir);
}

void Worker::abort() {
  if (gone_) parts_->abort();
}

}  // namespace dotring::appliance
