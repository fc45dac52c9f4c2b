#include "tools/dotring/audit/recorder.h"

#include "tools/dotring/audit/record.h"

namespace dotring::appliance {

void Recorder::on_query_ended(const query::QueryAccount& account) {
  if (sample_ > 1 && random_.below(sample_) != 0) return;
  const MutableBytes room = queue_.reserve(record_size(account));
  if (room.empty()) return statistics_.dropped.add();
  write_record(account, room);
  queue_.push();
  doorbell_.ring();
}

}  // namespace dotring::appliance
