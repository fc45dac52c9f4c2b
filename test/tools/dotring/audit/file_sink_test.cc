#include "tools/dotring/audit/file_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "test/engine/base/folder.h"

namespace dotring::appliance {
namespace {

namespace fs = std::filesystem;

class FileSinkTest : public testing::Test {
 protected:
  void SetUp() override {
    signal(SIGPIPE, SIG_IGN);  // as main does
  }

  std::unique_ptr<FileSink> sink(FileSink::Options options = {}) {
    options.path = path_;
    return std::make_unique<FileSink>(
        std::move(options),
        [this](const std::optional<std::string>& failure) {
          told_.push_back(failure.value_or("well"));
        },
        statistics_);
  }
  static void add(FileSink& sink, std::string_view line) {
    sink.buffer().insert(sink.buffer().end(), line.begin(), line.end());
    sink.count_added();
  }
  static std::string content(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  static std::vector<uint8_t> octets(std::string_view text) { return {text.begin(), text.end()}; }

  const Folder folder_;
  const std::string path_ = folder_.path("log");
  std::vector<std::string> told_;
  OutputStatistics statistics_;
};

TEST_F(FileSinkTest, AppendsAndCounts) {
  std::ofstream(path_) << "before\n";
  auto file = sink();
  EXPECT_EQ(file->open(), std::nullopt);
  add(*file, "one\n");
  add(*file, "two\n");
  EXPECT_EQ(file->statistics().written.value(), 0u);
  file->work(0);
  EXPECT_EQ(content(path_), "before\none\ntwo\n");
  EXPECT_EQ(file->statistics().written.value(), 2u);
  EXPECT_EQ(file->statistics().dropped.value(), 0u);
}

TEST_F(FileSinkTest, NobodyElseMayReadIt) {
  auto file = sink();
  EXPECT_EQ(file->open(), std::nullopt);
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & S_IRWXO, 0u);
}

TEST_F(FileSinkTest, IsMovedAwayBeforeItIsTooLargeAndTheOldestGoes) {
  auto file = sink({.path = {}, .size_max = 10, .files_kept = 2, .head = {}, .tail = {}});
  EXPECT_EQ(file->open(), std::nullopt);
  for (const char* line : {"1111111\n", "2222222\n", "3333333\n", "4444444\n"}) {
    add(*file, line);
    file->work(0);
  }
  EXPECT_EQ(content(path_), "4444444\n");
  EXPECT_EQ(content(path_ + ".1"), "3333333\n");
  EXPECT_EQ(content(path_ + ".2"), "2222222\n");
  EXPECT_FALSE(fs::exists(path_ + ".3"));
  EXPECT_EQ(file->statistics().rotations.value(), 3u);
}

TEST_F(FileSinkTest, OneThatCannotBeMovedAwayDoesNotGrow) {
  fs::create_directories(path_ + ".1/in the way");
  auto file = sink({.path = {}, .size_max = 10, .files_kept = 1, .head = {}, .tail = {}});
  EXPECT_EQ(file->open(), std::nullopt);
  for (int i = 0; i < 5; ++i) {
    add(*file, "1234567\n");
    file->work(0);
  }
  EXPECT_EQ(content(path_), "1234567\n");
  EXPECT_EQ(statistics_.rotations.value(), 0u);
  ASSERT_FALSE(told_.empty());
  EXPECT_NE(told_.back().find("cannot be renamed to " + path_ + ".1"), std::string::npos);
  fs::remove_all(path_ + ".1");
  file->work(60'000);
  EXPECT_EQ(content(path_ + ".1"), "1234567\n");
  EXPECT_EQ(statistics_.rotations.value(), 1u);
  EXPECT_EQ(told_.back(), "well");
}

TEST_F(FileSinkTest, TakesNoMoreThanTheFileHasRoomForBeforeItHasWritten) {
  auto file = sink({.path = {}, .size_max = 20, .files_kept = 9, .head = {}, .tail = {}});
  EXPECT_EQ(file->open(), std::nullopt);
  for (int i = 0; i < 10; ++i) {
    if (!file->takes()) file->work(0);
    ASSERT_TRUE(file->takes());
    add(*file, "1234567\n");
  }
  file->finish();
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_.path())) {
    EXPECT_LT(entry.file_size(), 20u + 8u);
  }
  EXPECT_EQ(file->statistics().written.value(), 10u);
}

TEST_F(FileSinkTest, WithoutFilesToKeepItBeginsAnew) {
  auto file = sink({.path = {}, .size_max = 10, .files_kept = 0, .head = {}, .tail = {}});
  EXPECT_EQ(file->open(), std::nullopt);
  add(*file, "1111111\n");
  file->work(0);
  add(*file, "2222222\n");
  file->work(0);
  EXPECT_EQ(content(path_), "2222222\n");
  EXPECT_FALSE(fs::exists(path_ + ".1"));
}

TEST_F(FileSinkTest, ReopenGoesOnInANewFileWhenTheOldOneWasMoved) {
  auto file = sink();
  EXPECT_EQ(file->open(), std::nullopt);
  add(*file, "one\n");
  file->work(0);
  fs::rename(path_, path_ + "-moved");
  add(*file, "two\n");
  file->reopen();
  add(*file, "three\n");
  file->work(0);
  EXPECT_EQ(content(path_ + "-moved"), "one\ntwo\n");
  EXPECT_EQ(content(path_), "three\n");
}

TEST_F(FileSinkTest, EachFileBeginsWithItsHeadAndEndsWithItsTail) {
  const FileSink::Options options{
      .path = {}, .size_max = 14, .files_kept = 3, .head = octets("<"), .tail = octets(">")};
  std::ofstream(path_) << "of another run";
  auto file = sink(options);
  EXPECT_EQ(file->open(), std::nullopt);
  EXPECT_EQ(content(path_ + ".1"), "of another run");
  add(*file, "11111111");
  file->work(0);
  add(*file, "22222222");
  file->work(0);
  EXPECT_EQ(content(path_ + ".1"), "<11111111>");
  file->finish();
  EXPECT_EQ(content(path_), "<22222222>");
}

TEST_F(FileSinkTest, APipeThatNobodyReadsDropsWithoutWaiting) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  auto file = sink();
  EXPECT_NE(file->open(), std::nullopt);
  EXPECT_FALSE(file->takes());
  file->work(1000);
  ASSERT_EQ(told_.size(), 1u);
  const int reader = open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  file->work(1500);
  EXPECT_FALSE(file->takes()) << "it is tried once a second";
  file->work(2000);
  EXPECT_TRUE(file->takes());
  EXPECT_EQ(told_.back(), "well");
  // The reader is there but does not read: the pipe fills, then the buffer, then it takes no more.
  uint64_t added = 0;
  for (; file->takes(); file->work(2000)) {
    add(*file, std::string(1000, 'x'));
    ++added;
  }
  EXPECT_LE(file->buffer().size(), Sink::kBufferMax + 65'536 + 2000);
  // It reads a little: what has gone makes room, and is counted.
  const uint64_t before = file->statistics().written.value();
  std::vector<char> some(20'000);
  for (int i = 0; i < 200; ++i) {
    ASSERT_GT(read(reader, some.data(), some.size()), 0);
    for (file->work(2000); file->takes(); ++added) add(*file, std::string(1000, 'x'));
    ASSERT_LE(file->buffer().size(), 2 * Sink::kBufferMax + 2000);
  }
  EXPECT_GT(file->statistics().written.value(), before + 3000);
  close(reader);
  file->work(2000);
  EXPECT_EQ(file->statistics().dropped.value() + file->statistics().written.value(), added);
  EXPECT_FALSE(file->takes());
}

TEST_F(FileSinkTest, SaysWhyAPathCannotBeWritten) {
  EXPECT_EQ(FileSink::problem_of(path_, 1), std::nullopt);
  EXPECT_FALSE(fs::exists(path_)) << "looking does not create it";
  EXPECT_EQ(FileSink::problem_of(folder_.path(), 1), "is a directory");
  EXPECT_EQ(FileSink::problem_of(path_ + "/below", 1), "No such file or directory");
}

}  // namespace
}  // namespace dotring::appliance
