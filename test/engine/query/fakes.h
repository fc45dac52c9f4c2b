// Stand-ins for what surrounds the pipeline: they record calls and do what a test says.

#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "engine/dns/stored_answer.h"
#include "engine/query/pipeline.h"
#include "test/engine/query/messages.h"

namespace dotring::query {

/// One listener with any number of clients. The opaque octets hold the client's number.
class FakePort final : public ReplyPort {
 public:
  static ReplyTo reply_to(uint64_t client) {
    ReplyTo to{};
    std::memcpy(to.opaque.data(), &client, sizeof client);
    return to;
  }
  static uint64_t client_of(const ReplyTo& to) {
    uint64_t client;
    std::memcpy(&client, to.opaque.data(), sizeof client);
    return client;
  }

  MutableBytes reserve_reply(const ReplyTo& to, size_t size_max) override {
    rooms_asked.push_back(size_max);
    if (gone.contains(client_of(to))) return {};
    // A room of its own each time, so that ASan sees who uses an old one or writes behind it.
    room_ = std::make_unique<uint8_t[]>(size_max + extra_room);
    room_size_ = size_max + extra_room;
    return {room_.get(), room_size_};
  }
  void send_reply(const ReplyTo& to, size_t size) override {
    ASSERT_LE(size, room_size_);
    end(client_of(to));
    replies[client_of(to)] = Octets(room_.get(), room_.get() + size);
  }
  void drop_reply(const ReplyTo& to) override {
    end(client_of(to));
    dropped.insert(client_of(to));
  }

  std::map<uint64_t, Octets> replies;
  std::set<uint64_t> dropped;
  std::set<uint64_t> gone;  ///< these take no reply any more
  std::set<uint64_t> ended;
  size_t extra_room = 0;
  std::vector<size_t> rooms_asked;

 private:
  void end(uint64_t client) {
    EXPECT_TRUE(ended.insert(client).second) << "client " << client << " was answered twice";
  }

  std::unique_ptr<uint8_t[]> room_;
  size_t room_size_ = 0;
};

/// Keeps what it is given until told otherwise; nothing ages.
class FakeStore final : public AnswerStore {
 public:
  struct Entry {
    Freshness freshness = Freshness::Missing;
    Octets message;  ///< in stored form
    bool refresh_due = false;
    Failure failure{};
  };
  struct Stored {
    dns::QuestionKey key;
    uint16_t rcode = 0;
    bool failure = false;
  };

  void prefetch_place(uint64_t hash) override { places.push_back(hash); }
  void prefetch_answer(uint64_t hash) override { answers.push_back(hash); }

  Found find(const dns::QuestionKey& key, uint64_t, MutableBytes room) override {
    ++finds;
    keys_looked_for.push_back(key.hash());
    return look_up(key, room);
  }
  Found find_again(const dns::QuestionKey& key, uint64_t, MutableBytes room) override {
    ++finds_again;
    return look_up(key, room);
  }

  Found look_up(const dns::QuestionKey& key, MutableBytes room) {
    Found found;
    const auto it = entries.find(text_of_key(key));
    if (it == entries.end()) return found;
    Entry& entry = it->second;
    found.freshness = entry.freshness;
    found.flags = entry.message.empty() ? entry.failure.rcode : load_be16(entry.message.data() + 2);
    found.extended_error = entry.failure.extended_error;
    if (entry.freshness == Freshness::Failing) return found;
    found.extended_error = dns::stored_extended_error(entry.message);
    found.refresh_due = std::exchange(entry.refresh_due, false);
    found.too_large = entry.message.size() > room.size();
    if (found.too_large) return found;
    found.size = entry.message.size();
    std::memcpy(room.data(), entry.message.data(), found.size);
    return found;
  }

  void store(const dns::QuestionKey& key, Bytes message, const dns::AnswerView& view,
             uint64_t) override {
    stored.push_back({key, view.rcode, false});
    Entry& entry = entries[text_of_key(key)];
    if (view.rcode == dns::rcode::kNoError || view.rcode == dns::rcode::kNxDomain) {
      entry.message.resize(message.size());
      entry.message.resize(dns::to_stored_form(message, view, entry.message.data()));
      entry.freshness = Freshness::Fresh;
    } else if (entry.message.empty()) {
      entry.freshness = Freshness::Failing;
      entry.failure = {view.rcode, view.edns.extended_error};
    }
  }

  void store_failure(const dns::QuestionKey& key, const Failure& failure, uint64_t) override {
    stored.push_back({key, failure.rcode, true});
    Entry& entry = entries[text_of_key(key)];
    if (!entry.message.empty()) return;
    entry.freshness = Freshness::Failing;
    entry.failure = failure;
  }

  bool fetch(Fetch& fetch) override {
    if (!has_slow_tier) return false;
    fetch.wait_us = slow_tier_wait_us;
    EXPECT_TRUE(fetches.insert(&fetch).second);
    return true;
  }
  void cancel_fetch(Fetch& fetch) override {
    EXPECT_EQ(fetches.erase(&fetch), 1u);
    ++fetches_cancelled;
  }
  Fetch* fetch_of(const std::string& key) {
    for (Fetch* fetch : fetches) {
      if (text_of_key(*fetch->key) == key) return fetch;
    }
    return nullptr;
  }

  static std::string text_of_key(const dns::QuestionKey& key) {
    return std::string(text_of(key.bytes()));
  }

  std::map<std::string, Entry> entries;
  std::vector<Stored> stored;
  std::vector<uint64_t> keys_looked_for;  ///< hashes
  std::vector<uint64_t> places;           ///< hashes of the first hint
  std::vector<uint64_t> answers;          ///< of the second
  std::set<Fetch*> fetches;
  bool has_slow_tier = false;
  uint64_t slow_tier_wait_us = 2000;
  int finds = 0;
  int finds_again = 0;
  int fetches_cancelled = 0;
};

class FakeForwarder final : public Forwarder {
 public:
  bool start(Forward& forward) override {
    if (full) return false;
    EXPECT_TRUE(under_way.insert(&forward).second);
    asked.push_back(*forward.key);
    deadlines_us.push_back(forward.deadline_us);
    return true;
  }
  void cancel(Forward& forward) override {
    EXPECT_EQ(under_way.erase(&forward), 1u);
    ++cancelled;
  }

  /// The question in flight with this key; null when there is none.
  Forward* find(const dns::QuestionKey& key) {
    for (Forward* forward : under_way) {
      if (*forward->key == key) return forward;
    }
    return nullptr;
  }
  void answer(Forward& forward, const Octets& message) {
    // A copy that ends exactly where the message does, gone after the call.
    const std::unique_ptr<uint8_t[]> copy = std::make_unique<uint8_t[]>(message.size());
    std::memcpy(copy.get(), message.data(), message.size());
    const Bytes bytes(copy.get(), message.size());
    const dns::QuestionKey key = *forward.key;
    const dns::AnswerView view = dns::view_answer(bytes, {key.name(), key.type(), key.klass()});
    ASSERT_EQ(view.fault, dns::AnswerFault::None);
    under_way.erase(&forward);
    forward.on_done(forward, ForwardResult::Answered, bytes, view);
  }
  void fail(Forward& forward, ForwardResult result) {
    under_way.erase(&forward);
    forward.on_done(forward, result, {}, {});
  }

  std::set<Forward*> under_way;
  std::vector<dns::QuestionKey> asked;
  std::vector<uint64_t> deadlines_us;
  bool full = false;
  int cancelled = 0;
};

/// Everything around one pipeline; `other_store` in place of the fake one.
struct World {
  explicit World(const Pipeline::Options& options = {}, AnswerStore* other_store = nullptr)
      : pipeline(std::make_unique<Pipeline>(options, other_store ? *other_store : store, forwarder,
                                            timers, clock, hash_key, statistics)) {}

  /// Millisecond by millisecond, as the loop would at its finest.
  void advance_ms(uint64_t duration_ms) {
    for (uint64_t i = 0; i < duration_ms; ++i) {
      clock.now_us += 1000;
      timers.advance(clock.now_ms());
    }
  }
  void handle(uint64_t client, Transport transport, const Octets& message) {
    const std::unique_ptr<uint8_t[]> copy = std::make_unique<uint8_t[]>(message.size());
    std::copy(message.begin(), message.end(), copy.get());
    ClientQuery query;
    query.message = {copy.get(), message.size()};
    query.transport = transport;
    query.client = client_of(client);
    query.reply_to = FakePort::reply_to(client);
    pipeline->handle(port, query);
  }
  static Endpoint client_of(uint64_t client) {
    return {*IpAddress::parse("192.0.2.1"), static_cast<uint16_t>(1024 + client)};
  }
  dns::QuestionKey key(const std::string& name, const std::string& type, uint8_t bits,
                       uint16_t klass = dns::kClassIn) const {
    const Octets wire = name_wire(name);
    return dns::QuestionKey({wire, type_number(type), klass}, bits, hash_key);
  }

  static constexpr uint64_t kStart_ms = 1'000'000;
  const HashKey hash_key{1, 2};
  TurnClock clock{kStart_ms * 1000};
  TimerWheel timers{kStart_ms};
  FakePort port;
  FakeStore store;
  FakeForwarder forwarder;
  Statistics statistics;
  std::unique_ptr<Pipeline> pipeline;
};

}  // namespace dotring::query
