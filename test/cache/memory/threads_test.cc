// Several workers on one store: to be run under TSan.

#include <atomic>
#include <barrier>
#include <thread>

#include "cache/memory/memory_store.h"
#include "engine/base/random.h"
#include "test/cache/answers.h"

namespace dotring::cache {
namespace {

using query::Freshness;

constexpr unsigned kWorkers = 4;

std::unique_ptr<MemoryStore> small_store() {
  MemoryOptions options;
  options.bytes_max = size_t{256} << 10;
  options.shards = 4;
  return MemoryStore::create(options);
}

template <typename Work>
void run_workers(Work&& work) {
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < kWorkers; ++i) workers.emplace_back([&work, i] { work(i); });
  for (auto& worker : workers) worker.join();
}

class Worker {
 public:
  Worker(MemoryStore& store, unsigned number) : store_(store), random_({number, 7}) {}

  void step(uint64_t now_s) {
    const std::string name = "name" + std::to_string(random_.below(1500)) + ".test";
    const dns::QuestionKey key = key_of(name, dns::type::kTxt);
    switch (random_.below(1000)) {
      case 0:
        store_.remove_subtree(wire_of("name1.test"));
        return;
      case 1:
        store_.clear();
        return;
      case 2:
        EXPECT_LE(store_.statistics().bytes_used, size_t{256} << 10);
        return;
      default:
        break;
    }
    const uint32_t choice = random_.below(10);
    if (choice == 0) return store_.store_failure(key, {}, now_s);
    if (choice < 5) return store(name, key, now_s);
    find(key, now_s);
  }
  size_t found() const { return found_; }

 private:
  void store(const std::string& name, const dns::QuestionKey& key, uint64_t now_s) {
    const Answer answer = Answer(name, dns::type::kTxt).text(5, random_.below(600));
    store_.store(key, answer.bytes(), answer.view(), now_s);
  }
  void find(const dns::QuestionKey& key, uint64_t now_s) {
    const query::Found found = store_.find(key, now_s, room_);
    if (found.size == 0) return;
    ++found_;
    const Bytes message = Bytes(room_).first(found.size);
    const dns::Question question{key.name(), key.type(), key.klass()};
    ASSERT_EQ(dns::view_answer(message, question).fault, dns::AnswerFault::None);
  }

  MemoryStore& store_;
  Random random_;
  std::array<uint8_t, 4096> room_;
  size_t found_ = 0;
};

TEST(Threads, EveryAnswerIsWholeAndForItsQuestion) {
  const auto store = small_store();
  std::atomic<size_t> found = 0;
  run_workers([&](unsigned number) {
    Worker worker(*store, number);
    for (uint64_t i = 0; i < 20000; ++i) worker.step(1000 + i / 1000);
    found += worker.found();
  });
  EXPECT_GT(found, 1000u);
}

TEST(Threads, OneWorkerRefreshes) {
  const auto store = small_store();
  const dns::QuestionKey key = key_of("a.test");
  const Answer answer = Answer("a.test").a(1);
  store->store(key, answer.bytes(), answer.view(), 0);
  std::atomic<unsigned> refreshes = 0;
  std::barrier all_ready(kWorkers);
  run_workers([&](unsigned) {
    std::array<uint8_t, 512> room;
    for (uint64_t round = 1; round <= 100; ++round) {
      all_ready.arrive_and_wait();
      if (store->find(key, 30 * round, room).refresh_due) ++refreshes;
    }
  });
  EXPECT_EQ(refreshes, 100u);
}

}  // namespace
}  // namespace dotring::cache
