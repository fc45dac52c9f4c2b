// What a run looks like while it goes on: one line on a terminal, or dnsperf's line per interval.

#pragma once

#include "tools/flood/load/run.h"

namespace dotring::flood {

class LiveLine final : public RunWatcher {
 public:
  struct Options {
    bool terminal = false;  ///< rewrites a line on standard error
    bool print = false;     ///< "seconds.microseconds: queries per second" on standard output
  };

  explicit LiveLine(const Options& options) : options_(options) {}
  /// Leaves the terminal's line empty.
  void clear();

 private:
  void on_period(const Period& period) override;

  const Options options_;
  bool shown_ = false;
};

}  // namespace dotring::flood
