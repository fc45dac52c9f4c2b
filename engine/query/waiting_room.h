// Clients that wait for answers: taken in under limits, answered together.
//
// Each question in flight has a queue of those who asked it; all queues share one bounded store of
// places.
//
// Invariant: whoever entered leaves with exactly one reply or drop, and a queue is empty after each
// send_ or drop method.

#pragma once

#include "engine/base/slab.h"
#include "engine/base/turn_clock.h"
#include "engine/protect/in_flight_limiter.h"
#include "engine/query/admission.h"
#include "engine/query/asker.h"
#include "engine/query/reply_sender.h"

namespace dotring::query {

struct Waiter : ListNode<> {
  Waiter(const Asker& who, uint64_t now_us) : asker(who), arrived_us(now_us) {}

  Asker asker;
  uint64_t arrived_us;
};

/// Those who asked one question, in the order they came.
struct WaiterQueue {
  List<Waiter> waiters;
  uint32_t count = 0;

  bool empty() const { return count == 0; }
};

class WaitingRoom {
 public:
  struct Options {
    Admission::Options admission;
    uint32_t per_question_max = 4096;
  };

  WaitingRoom(const Options& options, const TurnClock& clock, ReplySender& sender,
              Statistics& statistics);

  /// How many of one client may wait, in all rooms together; null: any number. Outlives the room,
  /// and is set before anybody enters.
  void set_client_limit(protect::InFlightLimiter* limit) { client_limit_ = limit; }

  /// Keeps a place for `asker`, or says which limit forbids it. `queue`: of the question asked,
  /// null when it is not in flight.
  std::optional<WaitLimit> keep_place(const WaiterQueue* queue, const Asker& asker);
  /// The place is not needed.
  void release_place(const Asker& asker);
  /// Takes the place that was kept.
  void enter(WaiterQueue& queue, const Asker& asker);

  /// `stored` is an answer to `key` in stored form; see ReplySender.
  void send_message(WaiterQueue& queue, const dns::QuestionKey& key, AnsweredFrom from,
                    Bytes stored, uint16_t flags, std::optional<ExtendedError> error);
  void send_error(WaiterQueue& queue, const dns::QuestionKey& key, AnsweredFrom from,
                  uint16_t rcode, std::optional<ExtendedError> error);
  void drop(WaiterQueue& queue, const dns::QuestionKey& key, DropReason reason);

  uint32_t waiting() const { return admission_.in_flight(); }
  /// Octets taken at most.
  static size_t memory_max(const Options& options);

 private:
  template <typename Send>
  void for_each(WaiterQueue& queue, const dns::QuestionKey& key, Send&& send);
  void leave(Waiter& waiter);

  const Options options_;
  const TurnClock& clock_;
  ReplySender& sender_;
  Statistics& statistics_;
  Admission admission_;
  protect::InFlightLimiter* client_limit_ = nullptr;
  Slab<Waiter> places_;
};

}  // namespace dotring::query
