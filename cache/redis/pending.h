// Commands without a reply on one link, in the order in which they were written: replies come in
// the same order.
//
// A ring of fixed places: a Get under way points at its place, and cancelling empties the place.

#pragma once

#include <cassert>
#include <memory>

#include "cache/redis/key_queue.h"
#include "cache/redis/key_value.h"

namespace dotring::cache::redis {

struct Pending {
  enum class Kind : uint8_t {
    Get,
    Set,
    SetProbe,  ///< a SET that tells whether SETs work again
    Publish,
    Asking,
    Ping,
    Role,
    Control,  ///< what the server's owner asked
  };
  Kind kind = Kind::Ping;
  uint8_t redirects = 0;  ///< Get: how often it was asked again
  uint64_t sent_us = 0;
  Get* get = nullptr;  ///< null: cancelled
  KeyQueue::Place key;
};

class PendingQueue {
 public:
  explicit PendingQueue(uint32_t capacity)
      : capacity_(capacity), places_(std::make_unique<Pending[]>(capacity)) {}

  uint32_t size() const { return size_; }
  uint32_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }

  /// There is room. The place stays where it is until it is popped.
  Pending& push(const Pending& pending) {
    assert(size_ < capacity_);
    Pending& place = places_[(head_ + size_) % capacity_];
    ++size_;
    place = pending;
    if (place.get) place.get->state = &place;
    return place;
  }
  const Pending& front() const { return places_[head_]; }
  Pending pop() {
    assert(size_ > 0);
    Pending popped = places_[head_];
    head_ = (head_ + 1) % capacity_;
    --size_;
    if (popped.get) popped.get->state = nullptr;
    return popped;
  }
  /// Its reply will be read and thrown away.
  static void cancel(Get& get) {
    if (!get.state) return;
    static_cast<Pending*>(get.state)->get = nullptr;
    get.state = nullptr;
  }

 private:
  const uint32_t capacity_;
  std::unique_ptr<Pending[]> places_;
  uint32_t head_ = 0;
  uint32_t size_ = 0;
};

}  // namespace dotring::cache::redis
