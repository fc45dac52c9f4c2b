// The questions in flight by key, so that equal questions join.
//
// A hash table of chains; the links live in the records, so nothing is allocated after
// construction. The hash is the key's own (keyed with a secret), so nobody can make long chains on
// purpose.
//
// Invariant: at most one record per key, and at least as many chains as there may be records.

#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <vector>

#include "engine/dns/question.h"

namespace dotring::query {

/// `Record` has `dns::QuestionKey key` and `Record* next_in_chain`, and belongs to the caller.
template <typename Record>
class ResolutionTable {
 public:
  /// Takes 8 to 16 octets per record.
  explicit ResolutionTable(uint32_t records_max)
      : chains_(std::bit_ceil(std::max(records_max, 1u)), nullptr) {}

  /// Null when there is none.
  Record* find(const dns::QuestionKey& key) {
    Record* record = chain_of(key);
    while (record && !(record->key == key)) record = record->next_in_chain;
    return record;
  }

  /// No record with this key is in the table.
  void insert(Record& record) {
    assert(!find(record.key));
    Record*& first = chain_of(record.key);
    record.next_in_chain = first;
    first = &record;
  }

  /// `record` is in the table.
  void remove(Record& record) {
    Record** link = &chain_of(record.key);
    while (*link != &record) {
      assert(*link);
      link = &(*link)->next_in_chain;
    }
    *link = record.next_in_chain;
  }

 private:
  Record*& chain_of(const dns::QuestionKey& key) {
    return chains_[key.hash() & (chains_.size() - 1)];
  }

  std::vector<Record*> chains_;
};

}  // namespace dotring::query
