// Recorded queries and their recorded answers: matched by client, server, transport, id and
// question.
//
// Queries come out in the order in which they were asked, each with its answer, or without one when
// the capture has none within `answer_wait_ns`. Pure: time is the capture's.
//
// Invariant: at most options.waiting_max queries and options.octets_max octets wait; the oldest
// goes without its answer when there are more.

#pragma once

#include <deque>
#include <functional>

#include "engine/base/keyed_hash.h"
#include "tools/capture/message.h"
#include "tools/replay/asked.h"

namespace dotring::replay {

class Pairing {
 public:
  struct Options {
    uint64_t answer_wait_ns = 5'000'000'000;
    size_t waiting_max = 131'072;
    size_t octets_max = 64 << 20;
    bool wanted = true;  ///< false: answers are not looked for, and nothing waits
  };
  struct Statistics {
    uint64_t paired = 0;
    uint64_t without_query = 0;  ///< answers to nothing that waits
  };
  using Give = std::function<void(Asked&&)>;

  Pairing(const Options& options, const HashKey& hash_key, Give give);

  void take(const capture::Message& message);
  /// Gives what has waited for long enough at that time.
  void advance(uint64_t time_ns);
  /// The capture is over: gives all.
  void finish();

  const Statistics& statistics() const { return statistics_; }

 private:
  struct Entry {
    Asked asked;
    Endpoint server;
    uint64_t hash;
    uint64_t older;  ///< number + 1 of the one before in the same bucket; 0: none
  };

  void take_query(const capture::Message& message);
  void take_answer(const capture::Message& message);
  Entry* find(const capture::Message& answer);
  uint64_t hash_of(const Endpoint& client, const Endpoint& server, bool tcp, uint16_t id) const;
  uint64_t& bucket_of(uint64_t hash) { return buckets_[hash % buckets_.size()]; }
  void give_first();
  void give_ready();

  const Options options_;
  const HashKey hash_key_;
  const Give give_;
  std::deque<Entry> waiting_;  ///< numbers first_ and up
  uint64_t first_ = 0;
  size_t octets_ = 0;
  std::vector<uint64_t> buckets_;  ///< number + 1 of the newest
  Statistics statistics_;
};

}  // namespace dotring::replay
