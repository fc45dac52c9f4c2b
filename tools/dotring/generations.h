// The pipelines of one worker: the one that takes queries, and earlier ones that still owe answers.
//
// A pipeline's limits are the sizes of its tables, so a reload that changes one makes another
// pipeline and leaves the earlier one to answer what it has taken, with the Redis it asked, within
// the deadline that it promised. They share their counters, so nobody sees the seam.
//
// Invariant: an earlier pipeline goes when it is idle, its Redis when no pipeline uses it and its
// last stream is closed; at most kEarlierMax of each wait for that.

#pragma once

#include <list>
#include <memory>

#include "cache/memory/memory_store.h"
#include "engine/query/pipeline.h"
#include "tools/dotring/in_force.h"
#include "tools/dotring/redis_parts.h"

namespace dotring::appliance {

class Generations {
 public:
  static constexpr size_t kEarlierMax = 4;

  /// What pipelines need of their worker; all of it outlives them.
  struct Surroundings {
    cache::MemoryStore& memory;
    query::Forwarder& forwarder;
    io::Loop& loop;
    Random& random;
    const HashKey& question_key;
    const std::function<void(const query::QuestionFailure&)>& on_question_failure;
    bool keeps_flushes;
  };

  explicit Generations(const Surroundings& surroundings) : surroundings_(surroundings) {}

  /// Only while there is room().
  void begin(const InForce& in_force, const InForce* before);
  /// Another generation may begin now.
  bool room() const { return earlier_.size() < kEarlierMax && redis_.size() <= kEarlierMax; }
  /// Octets of all that is kept of earlier ones at most, where they were as `configuration` is.
  static uint64_t earlier_memory_max(const Configuration& configuration);
  /// Lets go of those that are done. True: none is left but the one that takes queries.
  bool tidy();

  query::Pipeline& pipeline() { return *now_.pipeline; }
  const query::Statistics& statistics() const { return statistics_; }
  /// Null: no second level. Whoever holds it keeps it from being destroyed, and never is the last.
  std::shared_ptr<RedisParts> redis() const { return now_.redis; }

  void start_redis();
  void stop_redis();
  /// A Redis has open streams: nothing may be destroyed.
  bool redis_active() const;
  void drain();

 private:
  struct Generation {
    std::shared_ptr<RedisParts> redis;
    std::unique_ptr<query::Pipeline> pipeline;  ///< before its Redis in destruction
  };

  std::shared_ptr<RedisParts> redis_for(const InForce& in_force, const InForce* before);
  std::unique_ptr<query::Pipeline> pipeline_for(const InForce& in_force, RedisParts* redis);
  const Surroundings surroundings_;
  query::Statistics statistics_;
  std::list<std::shared_ptr<RedisParts>> redis_;  ///< all that have open streams
  std::list<Generation> earlier_;
  Generation now_;
};

}  // namespace dotring::appliance
