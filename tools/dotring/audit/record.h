// A query that ended, as it goes from a worker to the thread that writes it down.
//
// Invariant: the octets of a record are its fixed part, the query and the reply, nothing else.

#pragma once

#include "engine/query/observer.h"

namespace dotring::appliance {

/// What is known without looking into the messages. Times as the account has them.
struct RecordFacts {
  uint64_t received_us;
  uint64_t answered_us;
  Endpoint client;
  uint16_t rcode;
  uint16_t query_size;
  uint16_t reply_size;
  query::Transport transport;
  query::AnsweredFrom from;
  bool is_dropped;
  query::DropReason dropped;  ///< of meaning where is_dropped
};

struct Record {
  RecordFacts facts;
  Bytes query;
  Bytes reply;
};

size_t record_size(const query::QueryAccount& account);
/// `room` is of that size.
void write_record(const query::QueryAccount& account, MutableBytes room);
/// Views into `octets`, which write_record() wrote.
Record read_record(Bytes octets);

}  // namespace dotring::appliance
