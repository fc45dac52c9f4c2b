// Tells other appliances of flushes, and hears of theirs: on one worker of the process.
//
// The rules of all appliances lie in one list in Redis, for those that start later; what is new is
// published. Every look at the list ends with all rules in both places, whoever lost a race: rules
// are merged, never undone. Looks come at the start, after a flush here, after news from others,
// after a gap in the subscription, and now and then.
//
// Invariant: a rule is in the log before its names leave memory, so that nothing old comes back.

#pragma once

#include <string>
#include <vector>

#include "cache/memory/memory_store.h"
#include "cache/redis/key_value.h"
#include "cache/tiers/envelope.h"
#include "cache/tiers/flush_log.h"
#include "cache/tiers/statistics.h"
#include "engine/base/turn_time.h"
#include "engine/io/clock.h"

namespace dotring::cache::tiers {

/// Forgets in memory what the rule says. From any thread. Gives how many entries that were.
size_t apply(const FlushRule& rule, MemoryStore& memory);

class FlushKeeper final : public redis::MessageHandler {
 public:
  struct Options {
    std::string prefix = "dotring:";
    std::string channel = "dotring:flush";
    uint64_t look_every_ms = 60'000;
    uint64_t look_after_news_ms = 1000;
    /// While Redis cannot be asked. Before the first look nothing from there is believed.
    uint64_t retry_ms = 50;
  };

  /// All references outlive it.
  FlushKeeper(const Options& options, MemoryStore& memory, redis::KeyValue& redis,
              Envelope envelope, FlushLog& log, TurnTime time, const io::Clock& wall);
  ~FlushKeeper();
  FlushKeeper(const FlushKeeper&) = delete;
  FlushKeeper& operator=(const FlushKeeper&) = delete;

  void start() { look(); }
  void stop();
  /// The log has something new (added by whoever flushed here): tells the others.
  void tell() { look_in(0); }

  // MessageHandler
  void on_message(Bytes message) override;
  void on_gap() override;

  const FlushStatistics& statistics() const { return statistics_; }
  /// Octets of the largest list.
  static size_t list_size_max(const FlushLog::Options& options);

 private:
  struct Look : redis::Get {
    FlushKeeper* keeper = nullptr;
  };

  std::string list_key() const { return options_.prefix + "flushes"; }
  void look();
  void look_in(uint64_t delay_ms);
  static void on_list(redis::Get& get, redis::GetResult result, Bytes value);
  void on_list(redis::GetResult result, Bytes value);
  std::vector<FlushRule> open(Bytes value, std::string_view context);
  bool merge(const std::vector<FlushRule>& rules);
  void apply_together(const std::vector<FlushRule>& rules);
  void write_list();
  Bytes seal(const std::vector<uint8_t>& body, std::string_view context);

  const Options options_;
  MemoryStore& memory_;
  redis::KeyValue& redis_;
  Envelope envelope_;
  FlushLog& log_;
  const TurnTime time_;
  const io::Clock& wall_;
  Look look_;
  bool looking_ = false;
  bool look_again_ = false;
  Timer timer_;
  std::vector<uint8_t> room_;
  FlushStatistics statistics_;
};

}  // namespace dotring::cache::tiers
