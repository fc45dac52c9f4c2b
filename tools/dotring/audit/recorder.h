// A worker's side of the audit: one query in so many is copied into the worker's queue.
//
// Never waits: what does not fit is counted and forgotten. Addresses are whole in the queue; the
// outputs treat them.

#pragma once

#include "engine/base/random.h"
#include "engine/query/observer.h"
#include "tools/dotring/audit/doorbell.h"
#include "tools/dotring/audit/record_queue.h"
#include "tools/dotring/audit/statistics.h"

namespace dotring::appliance {

class Recorder final : public query::QueryObserver {
 public:
  /// `sample`: one query in so many, drawn at random. `doorbell` and `statistics` outlive it.
  Recorder(size_t queue_bytes, uint32_t sample, const HashKey& seed, Doorbell& doorbell,
           RecorderStatistics& statistics)
      : queue_(queue_bytes),
        sample_(sample),
        random_(seed),
        doorbell_(doorbell),
        statistics_(statistics) {}

  void on_query_ended(const query::QueryAccount& account) override;

  RecordQueue& queue() { return queue_; }

 private:
  RecordQueue queue_;
  const uint32_t sample_;
  Random random_;
  Doorbell& doorbell_;
  RecorderStatistics& statistics_;
};

}  // namespace dotring::appliance
