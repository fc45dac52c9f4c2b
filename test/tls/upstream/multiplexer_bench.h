// A multiplexer over scripted servers, with a clock that the test moves, and clients that write
// down what they get.

#pragma once

#include <gtest/gtest.h>

#include <deque>

#include "test/tls/upstream/fake_server.h"
#include "test/tls/upstream/fake_time.h"
#include "tls/upstream/multiplexer.h"

namespace dotring::upstream {

/// One question of a client.
struct Client : query::Forward {
  dns::QuestionKey question;
  bool done = false;
  query::ForwardResult result = query::ForwardResult::Cancelled;
  uint16_t rcode = 0;
  uint64_t started_ms = 0;
  uint64_t done_ms = 0;
  const FakeTime* time = nullptr;
  std::function<void()> then;  ///< from inside on_done

  bool answered() const { return done && result == query::ForwardResult::Answered; }
  uint64_t took_ms() const { return done_ms - started_ms; }

  static void take(query::Forward& forward, query::ForwardResult result, Bytes message,
                   const dns::AnswerView& view) {
    Client& client = static_cast<Client&>(forward);
    EXPECT_FALSE(client.done) << "on_done ran twice";
    EXPECT_EQ(message.empty(), result != query::ForwardResult::Answered);
    EXPECT_EQ(forward.forwarder_state, nullptr);
    client.done = true;
    client.result = result;
    client.rcode = view.rcode;
    client.done_ms = client.time->now_ms();
    if (client.then) client.then();
  }
};

class MultiplexerBench : public testing::Test {
 protected:
  static constexpr uint64_t kDeadlineMs = 5000;

  explicit MultiplexerBench(size_t server_count = 2) {
    options.servers.resize(server_count);
    options.policy = Policy::InOrder;
    options.on_event = [this](const Event& event) { events.push_back(event.kind); };
  }
  ~MultiplexerBench() override { end(); }

  /// With the options as they are now. The servers may be given faults before.
  void open() {
    std::vector<std::unique_ptr<Dialer>> dialers;
    while (servers.size() < options.servers.size()) add_server();
    for (auto& dialer : made_) dialers.push_back(std::move(dialer));
    made_.clear();
    multiplexer =
        std::make_unique<Multiplexer>(options, time.time, HashKey{5, 6}, std::move(dialers));
    multiplexer->open();
  }
  void end() {
    if (!multiplexer) return;
    multiplexer->abort();
    for (int i = 0; i < 10 && !multiplexer->closed(); ++i) run_ms(1);
    EXPECT_TRUE(multiplexer->closed());
    for (const Client& client : clients) EXPECT_TRUE(client.done);
    multiplexer.reset();
  }
  FakeServer& add_server() {
    made_.push_back(std::make_unique<FakeServer>());
    servers.push_back(static_cast<FakeServer*>(made_.back().get()));
    return *servers.back();
  }
  FakeServer& server(size_t index) {
    while (servers.size() <= index) add_server();
    return *servers[index];
  }
  const ServerStatistics& statistics(size_t index) const {
    return *multiplexer->server_statistics(index);
  }
  ServerState state(size_t index) const {
    return static_cast<ServerState>(statistics(index).state.value());
  }

  void run_ms(uint64_t duration_ms) {
    for (uint64_t i = 0; i < duration_ms; ++i) {
      time.clock.now_us += 1000;
      for (FakeServer* one : servers) one->turn(time.now_ms());
      time.timers.advance(time.now_ms());
    }
  }
  /// True when `done` became true within `limit_ms`.
  template <typename Condition>
  bool run_until(Condition&& done, uint64_t limit_ms = 20'000) {
    for (uint64_t i = 0; i < limit_ms && !done(); ++i) run_ms(1);
    return done();
  }

  Client& ask(const std::string& name = "www.example.", uint64_t deadline_ms = kDeadlineMs) {
    Client& client = clients.emplace_back();
    client.question = key_of(name.c_str());
    client.time = &time;
    client.started_ms = time.now_ms();
    client.key = &client.question;
    client.deadline_us = time.clock.now_us + deadline_ms * 1000;
    client.on_done = &Client::take;
    EXPECT_TRUE(multiplexer->start(client));
    EXPECT_FALSE(client.done) << "on_done ran inside start()";
    return client;
  }
  bool all_done() const {
    return std::all_of(clients.begin(), clients.end(), [](const Client& c) { return c.done; });
  }
  int count(query::ForwardResult result) const {
    return static_cast<int>(std::count_if(clients.begin(), clients.end(), [&](const Client& c) {
      return c.done && c.result == result;
    }));
  }
  int answered() const { return count(query::ForwardResult::Answered); }

  Options options;
  FakeTime time;
  std::vector<FakeServer*> servers;  ///< owned by the multiplexer once it is open
  std::vector<Event::Kind> events;
  std::deque<Client> clients;
  std::unique_ptr<Multiplexer> multiplexer;

 private:
  std::vector<std::unique_ptr<Dialer>> made_;
};

}  // namespace dotring::upstream
