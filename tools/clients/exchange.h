// What one client has asked and not yet heard: ids, matching of answers, timeouts.
//
// Pure: takes bytes, knows no clock. An id is a place and how often that place was used. Places are
// used in turn and are at least twice as many as queries may wait, so a place remembers its last
// query for a while, and what comes once more, or too late, is told from what was never asked.
//
// An answer is a message with the id and the question of a query that waits: the question as it was
// sent, case included. Only a failure (rcode other than NOERROR) may come without a question.
//
// Invariant: waiting() <= outstanding_max; a waiting query is in waiting_, oldest first.

#pragma once

#include <vector>

#include "engine/base/keyed_hash.h"
#include "engine/base/list.h"
#include "engine/dns/constants.h"

namespace dotring::clients {

/// A query as its owner gave it to a client, and as the owner gets it back.
struct Query {
  uint64_t tag = 0;      ///< the owner's own
  uint64_t due_ns = 0;   ///< when it should have been sent
  uint64_t sent_ns = 0;  ///< when it was handed over
};

/// What a message is that a client received.
enum class Verdict : uint8_t {
  Answer,
  Duplicate,   ///< of a query that was answered already
  Late,        ///< of a query that was given up
  Unexpected,  ///< an id that nobody used lately, or hardly a message
  Mismatched,  ///< the id of a query that waits, but another question, or no response at all
};

class Exchange {
 public:
  struct Options {
    uint32_t outstanding_max = 100;  ///< 1 to 32768
    bool accept_queries = false;     ///< a message without QR counts as an answer (echo)
    uint16_t id_salt = 0;            ///< XORed into ids, so that clients do not all count alike
  };

  explicit Exchange(const Options& options);

  bool has_room() const { return waiting_count_ < options_.outstanding_max; }
  uint32_t waiting() const { return waiting_count_; }

  /// The id under which `message` (its id aside, at least a header) is asked; only when has_room().
  uint16_t begin(Bytes message, const Query& query);
  /// Judges a message. Answer: it waits no longer, and `query` is what was asked.
  Verdict take(Bytes message, Query& query);
  /// Gives up the oldest that waits, if it was sent before `sent_before_ns`. False: none was.
  bool give_up(uint64_t sent_before_ns, Query& query);

 private:
  enum class State : uint8_t { Unused, Waiting, Answered, GivenUp };

  struct Place : ListNode<> {
    Query query;
    uint64_t question_hash = 0;
    uint16_t question_size = 0;
    uint16_t uses = 0;
    State state = State::Unused;
  };

  Place& next_place();
  uint16_t id_of(const Place& place) const;
  bool matches(const Place& place, Bytes message) const;
  void settle(Place& place, State state);

  const Options options_;
  const int place_bits_;
  std::vector<Place> places_;
  uint32_t cursor_ = 0;
  uint32_t waiting_count_ = 0;
  List<Place> waiting_;
};

}  // namespace dotring::clients
