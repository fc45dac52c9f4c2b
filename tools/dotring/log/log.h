// The log: events as lines on a descriptor, written by a thread of its own.
//
// What it is: spdlog's asynchronous logger with a bounded queue. Whoever writes never waits: when
// the queue is full the oldest line goes, when the reader stalls lines go; both are counted. What
// it is not: on the hot path (nothing per query is logged here), or an audit log.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "tools/dotring/log/line.h"

namespace dotring::appliance {

class Log {
 public:
  /// How long a line waits for its reader, once per stall.
  static constexpr int kStallMs = 200;

  /// Lines go to `descriptor`, which stays open until the Log is gone.
  Log(const LogOptions& options, int descriptor);
  /// Writes what is queued, as far as the reader takes it within a fifth of a second.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool enabled(LogLevel level) const { return level >= this->level(); }
  /// From any thread, as everything below.
  LogLevel level() const { return level_.load(std::memory_order_relaxed); }
  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }
  /// Lines already written keep their form.
  void set_form(LogFormat format, bool names_allowed) {
    format_.store(format, std::memory_order_relaxed);
    names_.store(names_allowed, std::memory_order_relaxed);
  }
  void write(LogLevel level, std::string_view event, const Fields& fields = {});

  void debug(std::string_view event, const Fields& fields = {}) {
    write(LogLevel::Debug, event, fields);
  }
  void info(std::string_view event, const Fields& fields = {}) {
    write(LogLevel::Info, event, fields);
  }
  void warning(std::string_view event, const Fields& fields = {}) {
    write(LogLevel::Warning, event, fields);
  }
  void error(std::string_view event, const Fields& fields = {}) {
    write(LogLevel::Error, event, fields);
  }

  /// Names that clients ask for may be given as fields.
  bool names_allowed() const { return names_.load(std::memory_order_relaxed); }
  /// Lines that nobody will read, for any reason.
  uint64_t lines_dropped() const;

 private:
  struct Backend;

  std::atomic<LogLevel> level_;
  std::atomic<LogFormat> format_;
  std::atomic<bool> names_;
  std::unique_ptr<Backend> backend_;
};

}  // namespace dotring::appliance
