#include "tools/dotring/audit/sink.h"

#include <utility>

namespace dotring::appliance {

// Moved to the front now and then: a reader that is slow but reads would never empty it.
void Sink::on_sent(size_t size) {
  sent_ += size;
  while (!ends_.empty() && ends_.front() <= removed_ + sent_) {
    ends_.pop_front();
    statistics_.written.add();
  }
  if (sent_ == buffer_.size() || sent_ >= kBufferMax) remove(std::exchange(sent_, 0));
}

void Sink::drop_buffer() {
  statistics_.dropped.add(ends_.size());
  ends_.clear();
  sent_ = 0;
  remove(buffer_.size());
}

void Sink::remove(size_t size) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(size));
  removed_ += size;
}

void Sink::tell_failure(const std::string& cause) {
  statistics_.failures.add();
  if (failure_ == cause) return;
  failure_ = cause;
  if (teller_) teller_(failure_);
}

void Sink::tell_well() {
  if (!failure_) return;
  failure_.reset();
  if (teller_) teller_(failure_);
}

}  // namespace dotring::appliance
