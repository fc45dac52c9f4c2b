#include "tools/replay/capture_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <semaphore>

#include "test/tools/replay/capture_on_disk.h"

namespace dotring::replay {
namespace {

using capture::Captured;
using capture::kSecond;
using capture::kStart;
using capture::Octets;

/// All that a CaptureReader gives.
std::vector<Asked> read_all(CaptureReader::Options options, Findings& findings) {
  std::counting_semaphore<> ready{0};
  CaptureReader reader(options, {1, 2}, [&] { ready.release(); });
  EXPECT_EQ(reader.open(), std::nullopt);
  reader.start();
  std::vector<Asked> all, batch;
  while (!reader.finished()) {
    if (!reader.pop(batch)) {
      ready.acquire();
      continue;
    }
    for (Asked& asked : batch) all.push_back(std::move(asked));
  }
  findings = reader.findings();
  return all;
}

TEST(CaptureReaderTest, GivesAllQueriesInOrder) {
  const File file(capture_of(3000));
  CaptureReader::Options options;
  options.path = file.path();
  options.batch_size = 16;
  options.batches_max = 2;
  Findings findings;
  const auto all = read_all(options, findings);
  ASSERT_EQ(all.size(), 3000u);
  for (uint16_t id = 0; id < 3000; ++id) {
    EXPECT_EQ(all[id].query, capture::query(id));
    EXPECT_TRUE(all[id].answered);
  }
  EXPECT_EQ(findings.account.packets, 6000u);
  EXPECT_EQ(findings.pairing.paired, 3000u);
  EXPECT_EQ(findings.first_ns, kStart);
  EXPECT_EQ(findings.last_ns, kStart + 2999 * kSecond / 100);
  EXPECT_EQ(findings.failure, "");
}

TEST(CaptureReaderTest, LoopsFollowEachOtherInTime) {
  const File file(capture_of(3));
  CaptureReader::Options options;
  options.path = file.path();
  options.loops = 3;
  Findings findings;
  const auto all = read_all(options, findings);
  ASSERT_EQ(all.size(), 9u);
  for (size_t i = 1; i < all.size(); ++i) {
    const bool first_of_loop = i % 3 == 0;
    EXPECT_EQ(all[i].time_ns - all[i - 1].time_ns, first_of_loop ? 0 : kSecond / 100);
  }
  EXPECT_EQ(findings.account.packets, 6u);  // of one loop
}

TEST(CaptureReaderTest, GivesWhatItHasWhileAPipeSaysNothing) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const Octets octets = capture_of(3);
  ASSERT_EQ(::write(pipe[1], octets.data(), octets.size()), static_cast<ssize_t>(octets.size()));
  std::counting_semaphore<> ready{0};
  CaptureReader::Options options;
  options.path = "/proc/self/fd/" + std::to_string(pipe[0]);
  CaptureReader reader(options, {1, 2}, [&] { ready.release(); });
  EXPECT_EQ(reader.open(), std::nullopt);
  std::vector<Asked> all, batch;
  EXPECT_FALSE(reader.pop(batch));
  reader.start();
  while (all.size() < 3) {
    ASSERT_TRUE(ready.try_acquire_for(std::chrono::seconds(10)));
    while (reader.pop(batch)) {
      for (Asked& asked : batch) all.push_back(std::move(asked));
    }
  }
  EXPECT_FALSE(reader.finished());
  ::close(pipe[1]);
  ::close(pipe[0]);
}

TEST(CaptureReaderTest, UsesWhatComesBeforeAFailure) {
  Octets octets = capture_of(3);
  octets.resize(octets.size() - 5);
  const File file(octets);
  CaptureReader::Options options;
  options.path = file.path();
  options.loops = 3;
  Findings findings;
  const auto all = read_all(options, findings);
  EXPECT_EQ(all.size(), 3u);
  EXPECT_FALSE(all[2].answered);
  EXPECT_NE(findings.failure, "");
}

TEST(CaptureReaderTest, EndsWhileMoreIsToBeRead) {
  const File file(capture_of(1000));
  CaptureReader::Options options;
  options.path = file.path();
  options.loops = 1'000'000;
  options.batch_size = 1;
  options.batches_max = 1;
  CaptureReader reader(options, {1, 2}, [] {});
  EXPECT_EQ(reader.open(), std::nullopt);
  reader.start();
  EXPECT_TRUE(reader.stop());
}

TEST(CaptureReaderTest, SaysWhyACaptureCannotBeRead) {
  CaptureReader::Options options;
  options.path = "/nonexistent/capture";
  EXPECT_TRUE(CaptureReader(options, {1, 2}, [] {}).open().has_value());
  const File file(Octets(100, 'x'));
  options.path = file.path();
  EXPECT_TRUE(CaptureReader(options, {1, 2}, [] {}).open().has_value());
}

}  // namespace
}  // namespace dotring::replay
