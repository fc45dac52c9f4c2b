// What one client has asked and not yet heard: ids, matching of answers, timeouts.
//
// Pure: takes bytes and `now`. An id is a place and how often that place was used, so an answer
// that comes after its timeout is not taken for the next question's.
//
// Invariant: waiting() <= outstanding_max; a waiting query is in waiting_, oldest first.

#pragma once

#include "engine/base/list.h"
#include "engine/base/slab.h"
#include "tools/flood/question_source.h"
#include "tools/flood/tally.h"

namespace dotring::flood {

class Exchange {
 public:
  /// `outstanding_max` is 1 to 32768. `accept_queries`: a message without QR counts as an answer
  /// (echo).
  Exchange(QuestionSource& source, Tally& tally, uint32_t outstanding_max, bool accept_queries);

  bool has_room() const { return queries_.used() < queries_.capacity(); }
  uint32_t waiting() const { return queries_.used(); }
  size_t message_size() const { return source_.message_size(); }

  /// Writes the next query, message_size() octets, to `to`; only when has_room().
  void begin(uint64_t due_ns, uint64_t now_ns, uint8_t* to);
  /// True when a query is answered by it; everything else is counted.
  bool take_answer(Bytes message, uint64_t now_ns);
  /// Gives up what was sent before `sent_before_ns`. Returns how many.
  uint64_t give_up(uint64_t sent_before_ns);

 private:
  struct Query : ListNode<> {
    uint64_t due_ns;
    uint64_t sent_ns;
    uint64_t name;
  };

  Query* find(uint16_t id);
  uint16_t id_of(const Query* query) const;
  void count_answer(const Query& query, Bytes message, uint64_t now_ns);

  QuestionSource& source_;
  Tally& tally_;
  const bool accept_queries_;
  const int place_bits_;
  Slab<Query> queries_;
  List<Query> waiting_;
};

}  // namespace dotring::flood
