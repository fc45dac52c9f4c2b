// The queries that come next, read ahead, each with when it is due.
//
// Times are nanoseconds from the start of the run, which may lie later than the reading. Who looks
// ahead sees each query once, before it is taken.
//
// Invariant: seen_ <= entries_.size().

#pragma once

#include <deque>

#include "tools/replay/capture_reader.h"
#include "tools/replay/timeline.h"

namespace dotring::replay {

class Agenda {
 public:
  struct Entry {
    uint64_t due_ns;
    Asked asked;
  };

  /// Looks ahead no further than `entries_max` queries.
  Agenda(CaptureReader& reader, const Timeline::Options& timeline, size_t entries_max)
      : reader_(reader), entries_max_(entries_max), timeline_(timeline, 0) {}

  /// The next query; null: the reader has nothing now.
  Entry* first();
  void drop_first();
  /// The next query that nobody has seen, if it is due before `until_ns`; null: none now.
  const Entry* see(uint64_t until_ns);
  /// Whether see(until_ns) gives nothing more until queries are dropped.
  bool all_seen(uint64_t until_ns) const;

 private:
  bool read();
  bool reaches(uint64_t until_ns) const;

  CaptureReader& reader_;
  const size_t entries_max_;
  Timeline timeline_;
  std::deque<Entry> entries_;
  size_t seen_ = 0;
  std::vector<Asked> batch_;
};

}  // namespace dotring::replay
