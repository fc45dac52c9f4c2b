// Queries that are answered later: a bounded number of copies, each with a timer.

#pragma once

#include "engine/base/slab.h"
#include "engine/base/timer_wheel.h"
#include "engine/query/ports.h"

namespace dotring::responder {

class DelayedQueries {
 public:
  static constexpr size_t kQuerySizeMax = 512;

  /// A query whose time has come. `query` is valid during the call.
  using Due = void (*)(void* owner, query::ReplyPort& port, const query::ClientQuery& query);

  /// Memory: capacity * about 700 octets, touched when used.
  DelayedQueries(TimerWheel& timers, uint32_t capacity) : timers_(timers), held_(capacity) {}

  template <auto kMethod, typename Owner>
  void bind(Owner* owner) {
    owner_ = owner;
    due_ = [](void* self, query::ReplyPort& port, const query::ClientQuery& query) {
      (static_cast<Owner*>(self)->*kMethod)(port, query);
    };
  }

  /// Keeps a copy until `due_ms`. False when there is no place, or the query is larger than
  /// kQuerySizeMax.
  bool hold(query::ReplyPort& port, const query::ClientQuery& query, uint64_t due_ms);
  uint32_t size() const { return held_.used(); }

 private:
  struct Held {
    DelayedQueries* owner = nullptr;
    query::ReplyPort* port = nullptr;
    query::ClientQuery query;
    Timer timer;
    std::array<uint8_t, kQuerySizeMax> message;

    void on_due() { owner->run(*this); }
  };

  void run(Held& held);

  TimerWheel& timers_;
  Slab<Held> held_;
  void* owner_ = nullptr;
  Due due_ = nullptr;
};

}  // namespace dotring::responder
