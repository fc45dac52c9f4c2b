#include "tools/replay/agenda.h"

#include <gtest/gtest.h>

#include <semaphore>

#include "test/tools/replay/capture_on_disk.h"

namespace dotring::replay {
namespace {

constexpr uint64_t kGapNs = 10'000'000;

class AgendaTest : public testing::Test {
 protected:
  AgendaTest() {
    EXPECT_EQ(reader_.open(), std::nullopt);
    reader_.start();
  }
  /// Until the reader has given something, or the end.
  Agenda::Entry* first() {
    Agenda::Entry* entry = agenda_.first();
    while (!entry && !reader_.finished()) {
      ready_.acquire();
      entry = agenda_.first();
    }
    return entry;
  }
  /// Sees all that is due before.
  size_t see(uint64_t until_ns) {
    size_t count = 0;
    while (!agenda_.all_seen(until_ns)) count += agenda_.see(until_ns) != nullptr;
    return count;
  }

  static CaptureReader::Options options(const std::string& path) {
    CaptureReader::Options options;
    options.path = path;
    options.batch_size = 7;
    return options;
  }

  File file_{capture_of(100)};
  std::counting_semaphore<> ready_{0};
  CaptureReader reader_{options(file_.path()), {1, 2}, [this] { ready_.release(); }};
  Agenda agenda_{reader_, {Pace::Recorded, 2, 0}, 50};
};

TEST_F(AgendaTest, QueriesComeInOrderEachWithWhenItIsDue) {
  for (uint64_t i = 0; i < 100; ++i) {
    const Agenda::Entry* entry = first();
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->due_ns, i * kGapNs / 2);
    EXPECT_EQ(load_be16(entry->asked.query.data()), i);
    agenda_.drop_first();
  }
  EXPECT_EQ(first(), nullptr);
}

TEST_F(AgendaTest, EachQueryIsSeenOnceBeforeItIsDue) {
  EXPECT_EQ(see(10 * kGapNs / 2), 10u);
  EXPECT_EQ(see(10 * kGapNs / 2), 0u);
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(first());
    agenda_.drop_first();
  }
  // Two went unseen.
  EXPECT_EQ(see(15 * kGapNs / 2), 3u);
}

TEST_F(AgendaTest, LooksAheadNoFurtherThanAllowed) {
  const size_t seen = see(UINT64_MAX);
  EXPECT_GE(seen, 50u);
  EXPECT_LT(seen, 50u + 7u);
}

}  // namespace
}  // namespace dotring::replay
