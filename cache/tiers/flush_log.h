// Which names were flushed, and when: what was stored before that is a miss, wherever it lies.
//
// Why not delete: with hashed names nobody can tell which keys belong to a name, and a subtree
// cannot be listed without a scan of all of Redis. A rule with a time says the same for every key,
// and it is right for values that somebody is just about to write, too.
//
// Rules are merged, never undone: of two for the same names the later time counts. So it does not
// matter how often, in which order and by whom a rule is told, and appliances need no numbers.
// A rule counts for values stored up to kMarginS later, because clocks differ; and it is forgotten
// when nothing that old can be left in Redis. When there are too many rules, one that flushes all
// names takes their place.
//
// One for all workers of a process; every function may be called from any thread.
//
//   encoded: count (2) | at_s (8), subtree (1), name ...

#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/dns/name.h"

namespace dotring::cache::tiers {

struct FlushRule {
  dns::Name name;  ///< lower-case wire form; the root with `subtree`: all names
  bool subtree = false;
  uint64_t at_s = 0;  ///< seconds since 1970-01-01 UTC
};

class FlushLog {
 public:
  static constexpr uint64_t kMarginS = 10;
  /// Rules from farther ahead are not believed: they would hide everything for ever.
  static constexpr uint64_t kAheadMaxS = 60;

  struct Options {
    size_t rules_max = 512;
    /// The longest life of a value: rules that are older have nothing left to hide.
    uint64_t kept_s = 14 * 86'400;
  };

  explicit FlushLog(const Options& options) : options_(options) {}

  /// False when this was known already, or is from the future or the forgotten past.
  bool add(const FlushRule& rule, uint64_t wall_s);
  /// Whether what was stored at `stored_s` about `name` (lower-case wire form) is a miss.
  bool hides(Bytes name, uint64_t stored_s) const;
  /// Before the rules of others have been read once, nothing from Redis may be believed.
  bool known() const { return known_.load(std::memory_order_acquire); }
  void set_known() { known_.store(true, std::memory_order_release); }
  size_t size() const { return size_.load(std::memory_order_relaxed); }

  /// All rules that are not too old.
  std::vector<uint8_t> encode(uint64_t wall_s) const;
  static std::vector<uint8_t> encode(const FlushRule& rule);
  /// Nothing when it is malformed; `bytes` may go on with zeros.
  static std::optional<std::vector<FlushRule>> decode(Bytes bytes);
  /// Whether every rule of ours is among `rules`.
  bool all_in(const std::vector<FlushRule>& rules, uint64_t wall_s) const;

 private:
  struct Times {
    uint64_t exact_s = 0;
    uint64_t subtree_s = 0;  ///< 0: no such rule
  };
  // Lower-case names as text, for the hash table alone.
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Table = std::unordered_map<std::string, Times, Hash, std::equal_to<>>;

  void forget_old(uint64_t wall_s);
  void make_room();
  void update_size() { size_.store(times_.size(), std::memory_order_relaxed); }
  template <typename Visit>
  void for_each(uint64_t wall_s, Visit&& visit) const;

  const Options options_;
  mutable std::mutex mutex_;
  Table times_;
  std::atomic<bool> known_{false};
  std::atomic<size_t> size_{0};  ///< so that nobody takes the lock where nothing was flushed
};

}  // namespace dotring::cache::tiers
