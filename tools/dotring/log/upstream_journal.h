// What the log hears of upstream servers: one line per change, however many workers notice it.
//
// Every worker has a multiplexer of its own and tells the same story. Here a failing server is told
// once per back-off, and its return once.

#pragma once

#include <map>
#include <mutex>
#include <string>

#include "tls/upstream/options.h"
#include "tools/dotring/log/log.h"

namespace dotring::appliance {

class UpstreamJournal {
 public:
  explicit UpstreamJournal(Log& log) : log_(log) {}

  /// From any thread.
  void on_event(const upstream::Event& event, uint64_t now_ms);

 private:
  struct Told {
    upstream::Event::Kind kind = upstream::Event::Kind::ServerUp;
    uint64_t silent_until_ms = 0;
  };

  bool is_news(const upstream::Event& event, const std::string& server, uint64_t now_ms);

  Log& log_;
  std::mutex mutex_;
  std::map<std::string, Told> told_;  ///< by server; bounded
};

}  // namespace dotring::appliance
