// Which names and clients a worker hears most of: a sample of its queries, counted.
//
// What it is: an observer of queries, one per worker, and the merge of all workers' lists for
// whoever asks. What it is not: a record. Counts fade with a half-life, nothing is written down,
// and only what is frequent is remembered at all.
//
// Cost: one decrement per query, and the counting of each sample-th query on average. The gaps are
// random: a client cannot time its queries to fall between the samples.

#pragma once

#include <optional>

#include "engine/base/random.h"
#include "engine/query/observer.h"
#include "tools/dotring/config/configuration.h"
#include "tools/dotring/control/heavy_hitters.h"

namespace dotring::appliance {

/// What was counted: by one worker, or by several together.
struct TopList {
  std::vector<HeavyHitters::Entry> entries;
  uint64_t counted = 0;  ///< queries, those of keys without a place included
  double seconds = 0;    ///< that this is as much as
};

/// Of the most frequent first, at most `count`; each list is of another worker in the same process.
TopList merge(const std::vector<TopList>& lists, size_t count);

/// A client as it is counted: an IPv4 address, or an IPv6 /64, which is one host or household.
std::string client_text(const std::string& key);

class TopLists final : public query::QueryObserver {
 public:
  enum class Kind : uint8_t { Names, Clients };

  /// `seed`: unpredictable.
  TopLists(const TopOptions& options, const HashKey& seed);

  void on_query_ended(const query::QueryAccount& account) override;

  bool keeps(Kind kind) const { return hitters(kind).has_value(); }
  /// `now_us`: on the clock of turns, as accounts have it.
  TopList list(Kind kind, uint64_t now_us);

  static bool any(const TopOptions& options) { return options.names || options.clients; }
  static size_t memory_max(const TopOptions& options);

 private:
  const std::optional<HeavyHitters>& hitters(Kind kind) const {
    return kind == Kind::Names ? names_ : clients_;
  }
  void count(const query::QueryAccount& account);
  void fade(uint64_t now_us);
  uint32_t gap() { return 1 + random_.below(2 * options_.sample - 1); }

  const TopOptions options_;
  Random random_;
  std::optional<HeavyHitters> names_;
  std::optional<HeavyHitters> clients_;
  uint32_t skip_;  ///< queries until the next one that is counted
  uint64_t counted_ = 0;
  uint64_t halved_us_ = 0;     ///< when counts were halved last; 0: nothing was counted yet
  double seconds_before_ = 0;  ///< what the counts of before that are as much as
};

}  // namespace dotring::appliance
