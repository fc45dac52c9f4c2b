// A connection to a peer that the test plays, and what it tells.

#pragma once

#include <gtest/gtest.h>

#include <deque>

#include "test/tls/upstream/fake_stream.h"
#include "test/tls/upstream/fake_time.h"
#include "tls/upstream/connection.h"

namespace dotring::upstream {

// Writes down what a connection tells.
struct Recorder final : ConnectionHandler {
  int opened = 0;
  int rooms = 0;
  int idles = 0;
  int freed = 0;
  std::vector<Attempt*> answered;
  std::vector<Attempt*> mismatched;
  std::vector<Attempt*> lost;
  std::vector<EndCause> ended;
  uint64_t idle_us = 0;

  void on_connection_open(Connection&) override { ++opened; }
  void on_answer(Connection&, Attempt& attempt, Bytes, const dns::AnswerView&) override {
    answered.push_back(&attempt);
  }
  void on_mismatch(Connection&, Attempt& attempt) override { mismatched.push_back(&attempt); }
  void on_room(Connection&) override { ++rooms; }
  void on_idle(Connection&) override { ++idles; }
  void on_ended(Connection&, const Ending& ending) override {
    ended.push_back(ending.cause);
    idle_us = ending.idle_us;
    while (Attempt* attempt = ending.lost.pop_front()) lost.push_back(attempt);
  }
  void on_free(Connection&) override { ++freed; }
};

class ConnectionTest : public testing::Test {
 protected:
  void SetUp() override { connection.connect(); }

  FakePeer& peer() { return *dialer.peers.back(); }
  Attempt& attempt_for(const char* name) {
    keys.push_back(key_of(name));
    Attempt& attempt = attempts.emplace_back();
    attempt.key = &keys.back();
    return attempt;
  }
  Attempt& ask(const char* name) {
    Attempt& attempt = attempt_for(name);
    EXPECT_TRUE(connection.can_ask(1000) && connection.ask(attempt));
    return attempt;
  }
  SeenQuery only_query() {
    auto queries = peer().take_queries();
    EXPECT_EQ(queries.size(), 1u);
    return queries.at(0);
  }
  void answer_all(const AnswerFields& fields = {}) {
    for (const SeenQuery& query : peer().take_queries()) {
      peer().send_message(answer_to(query, fields));
    }
  }

  FakeTime time;
  Random random{{1, 2}};
  FakeDialer dialer;
  IdleLimit idle_limit{{}};
  ServerStatistics statistics;
  Recorder recorder;
  std::deque<dns::QuestionKey> keys;
  std::deque<Attempt> attempts;
  Connection connection{{}, time.time, random, dialer, idle_limit, statistics, recorder};
};

}  // namespace dotring::upstream
