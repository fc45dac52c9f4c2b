#include "tools/replay/agenda.h"

namespace dotring::replay {

bool Agenda::read() {
  if (!reader_.pop(batch_)) return false;
  for (Asked& asked : batch_) {
    entries_.push_back({timeline_.next_due_ns(asked.time_ns), std::move(asked)});
  }
  return true;
}

Agenda::Entry* Agenda::first() {
  if (entries_.empty() && !read()) return nullptr;
  return &entries_.front();
}

void Agenda::drop_first() {
  entries_.pop_front();
  seen_ -= seen_ > 0;
}

bool Agenda::reaches(uint64_t until_ns) const {
  return entries_.size() >= entries_max_ ||
         (!entries_.empty() && entries_.back().due_ns >= until_ns);
}

const Agenda::Entry* Agenda::see(uint64_t until_ns) {
  if (seen_ == entries_.size() && (reaches(until_ns) || !read())) return nullptr;
  const Entry& entry = entries_[seen_];
  if (entry.due_ns >= until_ns) return nullptr;
  ++seen_;
  return &entry;
}

bool Agenda::all_seen(uint64_t until_ns) const {
  if (seen_ < entries_.size()) return entries_[seen_].due_ns >= until_ns;
  return reaches(until_ns) || reader_.finished();
}

}  // namespace dotring::replay
