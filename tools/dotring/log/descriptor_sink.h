// Where spdlog's lines go; included by log.cc alone.

#pragma once

#include <poll.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include "tools/dotring/log/log.h"

namespace dotring::appliance {

/// Writes to a descriptor and never waits longer than Log::kStallMs for a reader that has stalled.
/// Lines of up to PIPE_BUF octets are written whole or not at all: poll() says that a pipe takes as
/// much.
class DescriptorSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit DescriptorSink(int descriptor) : descriptor_(descriptor) {}

  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (!write_all({line.data(), line.size()})) dropped_.fetch_add(1, std::memory_order_relaxed);
  }
  void flush_() override {}

 private:
  bool wait_for_reader() {
    pollfd watched{descriptor_, POLLOUT, 0};
    const int ready = poll(&watched, 1, stalled_ ? 0 : Log::kStallMs);
    stalled_ = ready <= 0;
    return !stalled_;
  }

  bool write_all(std::string_view line) {
    constexpr size_t kPipeBuf = 4096;
    while (!line.empty()) {
      if (!wait_for_reader()) return false;
      const ssize_t size = write(descriptor_, line.data(), std::min(line.size(), kPipeBuf));
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return false;
      line.remove_prefix(static_cast<size_t>(size));
    }
    return true;
  }

  const int descriptor_;
  bool stalled_ = false;
  std::atomic<uint64_t> dropped_{0};
};

}  // namespace dotring::appliance
