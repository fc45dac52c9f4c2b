// DNS over a byte stream: a two-octet length before each message (RFC 1035, 4.2.2; RFC 7766, 8).
//
// Framing takes bytes as they arrive and gives whole messages. Messages that lie whole in the arrived bytes
// are given in place; only one that is split over arrivals is copied, into a buffer that grows to at most
// 2 + 65535 octets and is given back when the message is complete.
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
  /// Calls `take(Bytes message) -> bool` for each whole message in order; false from it stops at once
  /// (the owner is going away) and the rest of `bytes` is dropped. Returns what the last take() returned.
  template <typename Take>
  bool feed(Bytes bytes, Take&& take);

  /// Octets of an incomplete frame that wait for the rest: > 0 means a slow or broken writer.
  size_t bytes_waiting() const { return waiting_.size(); }
  void reset() { waiting_.clear(); }

 private:
  std::vector<uint8_t> waiting_;
};

template <typename Take>
bool Framing::feed(Bytes bytes, Take&& take) {
  while (!bytes.empty()) {
    if (waiting_.empty()) {
      const size_t size = bytes.size() < 2 ? 0 : load_be16(bytes.data());
      if (bytes.size() >= 2 && bytes.size() - 2 >= size) {
        if (!take(bytes.subspan(2, size))) return false;
        bytes = bytes.subspan(2 + size);
        continue;
      }
      waiting_.assign(bytes.begin(), bytes.end());
      return true;
    }
    const size_t wanted = waiting_.size() < 2 ? 2 : 2 + size_t{load_be16(waiting_.data())};
    const size_t taken = std::min(bytes.size(), wanted - waiting_.size());
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(taken));
    bytes = bytes.subspan(taken);
    if (waiting_.size() < 2 || waiting_.size() < 2 + size_t{load_be16(waiting_.data())}) continue;
    std::vector<uint8_t> whole;
    whole.swap(waiting_);
    if (!take(Bytes(whole).subspan(2))) return false;
  }
  return true;
}

}  // namespace dotring::dns
