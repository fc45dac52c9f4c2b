// DNS over a byte stream: a two-octet length before each message (RFC 1035, 4.2.2; RFC 7766, 8).
//
// Framing takes bytes as they arrive and gives whole messages. Messages that lie whole in the
// arrived bytes are given in place; only one that is split over arrivals is copied, into a buffer
// that grows to at most 2 + 65535 octets and is given back when the message is complete.
//
// Invariant: after feed() returns, the buffer holds less than one whole frame.

#pragma once

#include <algorithm>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/dns/constants.h"

namespace dotring::dns {

class Framing {
 public:
  /// Calls `take(Bytes message) -> bool` for each whole message in order; false from it stops at
  /// once (the owner is going away) and the rest of `bytes` is dropped. Returns what the last
  /// take() returned.
  template <typename Take>
  bool feed(Bytes bytes, Take&& take);

  /// Like feed(), for an owner that may pause: returns the octets taken. Fewer than bytes.size()
  /// after false from take(); the rest can be fed later.
  template <typename Take>
  size_t feed_until(Bytes bytes, Take&& take);

  /// Octets of an incomplete frame that wait for the rest: > 0 means a slow or broken writer.
  size_t bytes_waiting() const { return waiting_.size(); }
  /// These octets; valid until the next call.
  Bytes waiting() const { return waiting_; }
  /// Memory held for it: at most 2 + 65535, and at most twice what has arrived.
  size_t bytes_reserved() const { return waiting_.capacity(); }
  void reset() { std::vector<uint8_t>().swap(waiting_); }

 private:
  // Doubles like the vector would by itself, but never beyond the frame: memory follows what has
  // arrived, not what a length promises, and stays within the bound above.
  void append_waiting(Bytes bytes, size_t frame_size) {
    const size_t before = waiting_.size();
    const size_t size = before + bytes.size();
    if (size > waiting_.capacity()) {
      waiting_.reserve(std::min(std::max(size, 2 * waiting_.capacity()), frame_size));
    }
    waiting_.resize(size);
    std::memcpy(waiting_.data() + before, bytes.data(), bytes.size());
  }

  std::vector<uint8_t> waiting_;
};

template <typename Take>
bool Framing::feed(Bytes bytes, Take&& take) {
  bool more = true;
  feed_until(bytes, [&](Bytes message) { return more = take(message); });
  return more;
}

template <typename Take>
size_t Framing::feed_until(const Bytes bytes, Take&& take) {
  Bytes left = bytes;
  while (!left.empty()) {
    if (waiting_.empty()) {
      const size_t size = left.size() < 2 ? 0 : load_be16(left.data());
      if (left.size() >= 2 && left.size() - 2 >= size) {
        const Bytes message = left.subspan(2, size);
        left = left.subspan(2 + size);
        if (!take(message)) break;
        continue;
      }
      waiting_.assign(left.begin(), left.end());
      return bytes.size();
    }
    const size_t wanted = waiting_.size() < 2 ? 2 : 2 + size_t{load_be16(waiting_.data())};
    const size_t taken = std::min(left.size(), wanted - waiting_.size());
    append_waiting(left.first(taken), wanted);
    left = left.subspan(taken);
    if (waiting_.size() < 2 || waiting_.size() < 2 + size_t{load_be16(waiting_.data())}) continue;
    std::vector<uint8_t> whole;
    whole.swap(waiting_);
    if (!take(Bytes(whole).subspan(2))) break;
  }
  return bytes.size() - left.size();
}

}  // namespace dotring::dns
