// A client on the test's own loop.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cache/redis/client.h"
#include "cache/redis/plain_dialer.h"
#include "cache/redis/url.h"
#include "test/engine/io/loop_fixture.h"

namespace dotring::cache::redis {

/// One GET and what became of it.
struct Question : Get {
  Question() {
    on_done = [](Get& get, GetResult what, Bytes bytes) {
      auto& self = static_cast<Question&>(get);
      EXPECT_FALSE(self.result) << "answered twice";
      self.result = what;
      self.value = text_of(bytes);
    };
  }
  std::optional<GetResult> result;
  std::string value;
};

struct Messages final : MessageHandler {
  void on_message(Bytes message) override { received.emplace_back(text_of(message)); }
  void on_gap() override { ++gaps; }
  std::vector<std::string> received;
  int gaps = 0;
};

class ClientTest : public io::LoopTest {
 protected:
  ClientTest() : dialer_(loop_, {}) {}

  void SetUp() override {
    io::LoopTest::SetUp();
    options_.connection.reconnect.longest_ms = 200;
    options_.on_event = [this](const Event& event) { events_.push_back(event); };
  }

  void TearDown() override {
    if (client_) end();
  }

  void end() {
    client_->stop();
    EXPECT_TRUE(turn_until([&] { return !client_->active(); }));
    EXPECT_EQ(statistics().servers.value(), 0u);
    EXPECT_EQ(statistics().servers_readable.value(), 0u);
    EXPECT_EQ(statistics().servers_writable.value(), 0u);
    EXPECT_EQ(statistics().pending.value(), 0u);
    client_.reset();
  }

  /// Client of `url`, with what options_ says; not started.
  void make(const std::string& url) {
    const auto target = parse_url(url);
    ASSERT_TRUE(std::holds_alternative<Target>(target)) << std::get<std::string>(target);
    options_.target = std::get<Target>(target);
    loop_.turn(0);  // starting servers took a while: what time is it now?
    client_ = std::make_unique<Client>(options_, loop_.turn_time(), HashKey{1, 2}, dialer_);
  }
  void open(const std::string& url) {
    make(url);
    client_->start();
    ASSERT_TRUE(turn_until([&] { return statistics().servers_writable.value() > 0; }));
  }

  KeyValue& redis() { return client_->key_value(); }
  const Statistics& statistics() { return client_->statistics(); }

  bool get(Question& question, const std::string& key) {
    return redis().get(question, bytes_of(key));
  }
  bool set(const std::string& key, const std::string& value, uint64_t ttl_ms = 60'000) {
    return redis().set(bytes_of(key), bytes_of(value), ttl_ms);
  }
  /// "(refused)", "(missing)", "(failed)", or the value.
  std::string ask(const std::string& key) {
    loop_.turn(0);  // the test may have been busy elsewhere
    Question question;
    if (!get(question, key)) return "(refused)";
    EXPECT_FALSE(question.result) << "answered from inside get()";
    EXPECT_TRUE(turn_until([&] { return question.result.has_value(); }));
    if (question.result == GetResult::Missing) return "(missing)";
    return question.result == GetResult::Found ? question.value : "(failed)";
  }
  bool told(Event::Kind kind) const {
    for (const Event& event : events_) {
      if (event.kind == kind) return true;
    }
    return false;
  }

  PlainDialer dialer_;
  Options options_;
  std::vector<Event> events_;
  std::unique_ptr<Client> client_;
};

}  // namespace dotring::cache::redis
