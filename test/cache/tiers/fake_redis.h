// A Redis that answers when the test says so, and a wall clock that stands still.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "cache/redis/key_value.h"
#include "engine/io/clock.h"

namespace dotring::cache::tiers {

class WallClock final : public io::Clock {
 public:
  uint64_t wall_s() const override { return now_s; }
  uint64_t now_s = 1'700'000'000;
};

class FakeRedis final : public redis::KeyValue {
 public:
  struct Stored {
    std::string value;
    uint64_t ttl_ms = 0;
  };
  struct Message {
    std::string channel;
    std::string octets;
  };

  bool get(redis::Get& get, Bytes key) override {
    if (refusing) return false;
    asked.push_back({&get, std::string(text_of(key))});
    return true;
  }
  void cancel_get(redis::Get& get) override {
    cancelled += std::erase_if(asked, [&](const auto& one) { return one.get == &get; });
  }
  bool set(Bytes key, Bytes value, uint64_t ttl_ms) override {
    if (refusing) return false;
    stored[std::string(text_of(key))] = {std::string(text_of(value)), ttl_ms};
    return true;
  }
  bool publish(std::string_view channel, Bytes message) override {
    if (refusing) return false;
    published.push_back({std::string(channel), std::string(text_of(message))});
    return true;
  }

  /// Answers what is asked, also what is asked meanwhile.
  void answer() {
    while (!asked.empty()) {
      const Asked one = asked.front();
      asked.erase(asked.begin());
      const auto found = stored.find(one.key);
      if (failing) {
        one.get->on_done(*one.get, redis::GetResult::Failed, {});
      } else if (found == stored.end()) {
        one.get->on_done(*one.get, redis::GetResult::Missing, {});
      } else {
        one.get->on_done(*one.get, redis::GetResult::Found, bytes_of(found->second.value));
      }
    }
  }

  struct Asked {
    redis::Get* get;
    std::string key;
  };
  bool refusing = false;
  bool failing = false;
  std::vector<Asked> asked;
  size_t cancelled = 0;
  std::map<std::string, Stored> stored;
  std::vector<Message> published;
};

}  // namespace dotring::cache::tiers
