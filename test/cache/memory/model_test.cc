// Random stores, failures and removals in a small store: what is found is what was stored last, or
// nothing.

#include <map>
#include <string>

#include "engine/base/random.h"
#include "test/cache/memory/store_fixture.h"

namespace dotring::cache {
namespace {

using query::Freshness;

class Model {
 public:
  void step() {
    const uint32_t number = random_.below(2) ? random_.below(20) : random_.below(1000);
    switch (random_.below(100)) {
      case 0:
        return remove(number);
      case 1:
        return store_.pass(random_.below(2) ? 1 : 50000);
      case 2:
        return store_.fail(key(number));
      default:
        return random_.below(2) ? store(number) : find(number);
    }
  }
  Statistics statistics() const { return store_.statistics(); }

 private:
  static MemoryOptions tiny() {
    MemoryOptions options;
    options.bytes_max = 64 << 10;
    return options;
  }
  static std::string name(uint32_t number) { return "name" + std::to_string(number) + ".test"; }
  static dns::QuestionKey key(uint32_t number) { return key_of(name(number), dns::type::kTxt); }
  static Answer answer(uint32_t number, size_t size) {
    return Answer(name(number), dns::type::kTxt).text(100, size);
  }

  void store(uint32_t number) {
    const size_t size = random_.below(8) ? random_.below(300) : random_.below(3500);
    store_.store(key(number), answer(number, size));
    size_of_[number] = size;
  }
  void remove(uint32_t number) {
    store_->remove(wire_of(name(number)));
    size_of_.erase(number);
  }
  void find(uint32_t number) {
    const Freshness freshness = store_.freshness(key(number));
    if (freshness == Freshness::Missing || freshness == Freshness::Failing) return;
    ASSERT_TRUE(size_of_.contains(number));
    const Answer expected = answer(number, size_of_[number]);
    ASSERT_EQ(store_.message().size(), expected.bytes().size());
    const size_t rdata = dns::kHeaderSize + key(number).question_wire().size() + 12;
    ASSERT_TRUE(equal(store_.message().subspan(rdata), expected.bytes().subspan(rdata)));
    ++found_;
  }

  StoreFixture store_{tiny()};
  std::map<uint32_t, size_t> size_of_;
  Random random_{{5, 5}};
  size_t found_ = 0;
};

TEST(MemoryStoreModel, FindsWhatWasStoredLast) {
  Model model;
  for (int i = 0; i < 100000; ++i) {
    model.step();
    if (testing::Test::HasFatalFailure()) return;
  }
  const Statistics statistics = model.statistics();
  EXPECT_GT(statistics.hits_fresh + statistics.hits_stale, 10000u);
  EXPECT_GT(statistics.evictions, 1000u);
  EXPECT_GT(statistics.expirations, 10u);
  EXPECT_GT(statistics.removals, 10u);
}

}  // namespace
}  // namespace dotring::cache
