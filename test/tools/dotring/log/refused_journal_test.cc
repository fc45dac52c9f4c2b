#include "tools/dotring/log/refused_journal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace dotring::appliance {
namespace {

/// All lines that a journal writes, two a second at the most, without time and level.
class RefusedJournalTest : public testing::Test {
 protected:
  RefusedJournalTest() {
    EXPECT_EQ(pipe2(ends_, O_CLOEXEC), 0);
    LogOptions options;
    options.format = LogFormat::Text;
    log_.emplace(options, ends_[1]);
    journal_.emplace(*log_);
    journal_->set_per_second(2);
  }
  ~RefusedJournalTest() override { close(ends_[0]); }

  void end(query::AnsweredFrom from, uint64_t now_ms,
           query::Transport transport = query::Transport::Udp) {
    const dns::QueryView view;
    const Endpoint client{*IpAddress::parse("192.0.2.1"), 4711};
    journal_->on_query_ended({{},
                              {},
                              view,
                              client,
                              transport,
                              from,
                              0,
                              query::DropReason::TurnedAway,
                              now_ms * 1000,
                              now_ms * 1000});
  }
  void refuse(listen::Refusal refusal, uint64_t now_ms) {
    const Endpoint client{*IpAddress::parse("2001:db8::1"), 4711};
    journal_->on_connection_refused(client, query::Transport::Tcp, refusal, now_ms * 1000);
  }
  std::vector<std::string> lines() {
    log_.reset();
    close(ends_[1]);
    std::vector<std::string> result(1);
    for (char octet; read(ends_[0], &octet, 1) == 1;) {
      if (octet != '\n') {
        result.back() += octet;
        continue;
      }
      result.back().erase(0, result.back().find(' ') + 1);
      result.emplace_back();
    }
    result.pop_back();
    return result;
  }

 private:
  int ends_[2];
  std::optional<Log> log_;
  std::optional<RefusedJournal> journal_;
};

TEST_F(RefusedJournalTest, OnlyRefusedAndLimitedClientsAreTold) {
  for (size_t from = 0; from < query::kAnsweredFrom; ++from) {
    end(static_cast<query::AnsweredFrom>(from), 1000, query::Transport::Tcp);
  }
  const std::vector<std::string> expected = {
      "warning client_refused client=192.0.2.1 transport=tcp cause=refused left_out=0",
      "warning client_refused client=192.0.2.1 transport=tcp cause=limited left_out=0"};
  EXPECT_EQ(lines(), expected);
}

TEST_F(RefusedJournalTest, SoAreConnectionsThatWereRefused) {
  refuse(listen::Refusal::Access, 1000);
  refuse(listen::Refusal::Client, 1000);
  refuse(listen::Refusal::Access, 1000);
  refuse(listen::Refusal::Full, 2000);
  const std::vector<std::string> expected = {
      "warning client_refused client=2001:db8::1 transport=tcp cause=refused left_out=0",
      "warning client_refused client=2001:db8::1 transport=tcp cause=limited left_out=0",
      "warning client_refused client=2001:db8::1 transport=tcp cause=full left_out=1"};
  EXPECT_EQ(lines(), expected);
}

TEST_F(RefusedJournalTest, WhatIsLeftOutIsCountedInTheNextLine) {
  for (int i = 0; i < 10; ++i) end(query::AnsweredFrom::Limited, 1999);
  end(query::AnsweredFrom::Limited, 2000);
  end(query::AnsweredFrom::Limited, 2001);
  const std::vector<std::string> all = lines();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_TRUE(all[1].ends_with("left_out=0"));
  EXPECT_TRUE(all[2].ends_with("left_out=8"));
  EXPECT_TRUE(all[3].ends_with("left_out=0"));
}

}  // namespace
}  // namespace dotring::appliance
