#include "engine/query/resolution_table.h"

#include <gtest/gtest.h>

#include <memory>

#include "test/engine/query/messages.h"

namespace dotring::query {
namespace {

struct Record {
  dns::QuestionKey key;
  Record* next_in_chain = nullptr;
};

Record make_record(int number, const HashKey& hash_key = {1, 2}) {
  const Octets name = name_wire("n" + std::to_string(number) + ".example");
  return {dns::QuestionKey({name, 1, 1}, dns::QuestionKey::kRd, hash_key), nullptr};
}

TEST(ResolutionTable, FindsWhatWasInsertedUntilItIsRemoved) {
  ResolutionTable<Record> table(64);
  std::vector<std::unique_ptr<Record>> records;
  // Twice as many as chains, so that there are chains of several.
  for (int i = 0; i < 128; ++i) records.push_back(std::make_unique<Record>(make_record(i)));
  for (auto& record : records) {
    EXPECT_EQ(table.find(record->key), nullptr);
    table.insert(*record);
  }
  for (auto& record : records) EXPECT_EQ(table.find(record->key), record.get());
  for (size_t i = 0; i < records.size(); i += 3) table.remove(*records[i]);
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(table.find(records[i]->key), i % 3 == 0 ? nullptr : records[i].get());
  }
}

TEST(ResolutionTable, KeysDifferInEachPart) {
  ResolutionTable<Record> table(1);
  const Octets name = name_wire("a.example"), other = name_wire("b.example");
  const HashKey hash_key{1, 2};
  Record record{dns::QuestionKey({name, 1, 1}, 4, hash_key), nullptr};
  table.insert(record);
  EXPECT_EQ(table.find(dns::QuestionKey({name, 1, 1}, 4, hash_key)), &record);
  EXPECT_EQ(table.find(dns::QuestionKey({other, 1, 1}, 4, hash_key)), nullptr);
  EXPECT_EQ(table.find(dns::QuestionKey({name, 28, 1}, 4, hash_key)), nullptr);
  EXPECT_EQ(table.find(dns::QuestionKey({name, 1, 3}, 4, hash_key)), nullptr);
  EXPECT_EQ(table.find(dns::QuestionKey({name, 1, 1}, 5, hash_key)), nullptr);
}

}  // namespace
}  // namespace dotring::query
