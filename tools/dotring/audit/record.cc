#include "tools/dotring/audit/record.h"

#include <cassert>

namespace dotring::appliance {

static_assert(std::is_trivially_copyable_v<RecordFacts>);

size_t record_size(const query::QueryAccount& account) {
  return sizeof(RecordFacts) + account.query.size() + account.reply.size();
}

void write_record(const query::QueryAccount& account, MutableBytes room) {
  assert(room.size() == record_size(account));
  RecordFacts facts{};
  facts.received_us = account.received_us;
  facts.answered_us = account.answered_us;
  facts.client = account.client;
  facts.rcode = account.rcode;
  facts.query_size = static_cast<uint16_t>(account.query.size());
  facts.reply_size = static_cast<uint16_t>(account.reply.size());
  facts.transport = account.transport;
  facts.from = account.from;
  facts.is_dropped = account.dropped.has_value();
  facts.dropped = account.dropped.value_or(query::DropReason::Unanswerable);
  uint8_t* at = room.data();
  std::memcpy(at, &facts, sizeof facts);
  at += sizeof facts;
  if (!account.query.empty()) std::memcpy(at, account.query.data(), account.query.size());
  at += account.query.size();
  if (!account.reply.empty()) std::memcpy(at, account.reply.data(), account.reply.size());
}

Record read_record(Bytes octets) {
  Record record;
  std::memcpy(&record.facts, octets.data(), sizeof record.facts);
  const Bytes messages = octets.subspan(sizeof record.facts);
  record.query = messages.first(record.facts.query_size);
  record.reply = messages.subspan(record.facts.query_size, record.facts.reply_size);
  return record;
}

}  // namespace dotring::appliance
