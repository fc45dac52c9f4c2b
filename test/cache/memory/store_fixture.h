// A store with time in hand, for tests.

#pragma once

#include "cache/memory/memory_store.h"
#include "test/cache/answers.h"

namespace dotring::cache {

class StoreFixture {
 public:
  explicit StoreFixture(const MemoryOptions& options = small())
      : store_(MemoryStore::create(options)) {}

  static MemoryOptions small() {
    MemoryOptions options;
    options.bytes_max = size_t{1} << 20;
    return options;
  }

  MemoryStore& operator*() { return *store_; }
  MemoryStore* operator->() { return store_.get(); }
  void pass(uint64_t seconds) { now_s_ += seconds; }
  void go_to(uint64_t seconds) { now_s_ = kStart + seconds; }

  void store(const dns::QuestionKey& key, const Answer& answer) {
    store_->store(key, answer.bytes(), answer.view(), now_s_);
  }
  void fail(const dns::QuestionKey& key) { store_->store_failure(key, {}, now_s_); }
  query::Found find(const dns::QuestionKey& key, size_t room = sizeof room_) {
    found_ = store_->find(key, now_s_, MutableBytes(room_).first(room));
    return found_;
  }
  query::Found find_again(const dns::QuestionKey& key) {
    found_ = store_->find_again(key, now_s_, room_);
    return found_;
  }
  query::Freshness freshness(const dns::QuestionKey& key) { return find(key).freshness; }
  /// What the last find() or find_again() copied.
  Bytes message() const { return Bytes(room_).first(found_.size); }
  Statistics statistics() const { return store_->statistics(); }

 private:
  static constexpr uint64_t kStart = 1000;

  std::unique_ptr<MemoryStore> store_;
  uint64_t now_s_ = kStart;
  query::Found found_;
  std::array<uint8_t, dns::kMessageSizeMax> room_;
};

}  // namespace dotring::cache
