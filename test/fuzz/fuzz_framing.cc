// Framing: however the bytes are split over arrivals, the same messages come out, and the buffer
// never holds a whole frame.
//
// The first octet says how the rest is split: into pieces of 1 to 16 octets that vary with each
// piece.

#include <cassert>
#include <cstdlib>
#include <vector>

#include "engine/dns/framing.h"

namespace dotring::dns {
namespace {

using Messages = std::vector<std::vector<uint8_t>>;

struct Taker {
  Messages messages;
  bool operator()(Bytes message) {
    messages.emplace_back(message.begin(), message.end());
    return true;
  }
};

void check_waiting(size_t waiting, size_t fed) {
  assert(waiting <= fed && waiting < 2 + kMessageSizeMax);
}

Messages feed_in_pieces(Bytes bytes, uint8_t pattern, size_t& waiting) {
  Framing framing;
  Taker taker;
  size_t step = pattern;
  for (size_t at = 0; at < bytes.size(); ++step) {
    const size_t size = std::min(bytes.size() - at, 1 + step * (pattern | 1) % 16);
    // A copy of its own: nothing may refer to a piece after its call.
    const std::vector<uint8_t> piece(bytes.begin() + static_cast<ptrdiff_t>(at),
                                     bytes.begin() + static_cast<ptrdiff_t>(at + size));
    assert(framing.feed(piece, taker));
    at += size;
    check_waiting(framing.bytes_waiting(), at);
  }
  waiting = framing.bytes_waiting();
  return taker.messages;
}

// Stops after each message and goes on with the rest.
Messages feed_with_pauses(Bytes bytes) {
  Framing framing;
  Messages messages;
  while (!bytes.empty()) {
    const size_t taken = framing.feed_until(bytes, [&messages](Bytes message) {
      messages.emplace_back(message.begin(), message.end());
      return false;
    });
    assert(taken > 0 && taken <= bytes.size());
    bytes = bytes.subspan(taken);
  }
  return messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes bytes(data + 1, size - 1);
  Framing framing;
  Taker whole;
  assert(framing.feed(bytes, whole));
  size_t octets = framing.bytes_waiting();
  for (const auto& message : whole.messages) octets += 2 + message.size();
  assert(octets == bytes.size());
  size_t waiting = 0;
  assert(feed_in_pieces(bytes, data[0], waiting) == whole.messages);
  assert(waiting == framing.bytes_waiting());
  assert(feed_with_pauses(bytes) == whole.messages);
  return 0;
}

}  // namespace dotring::dns
