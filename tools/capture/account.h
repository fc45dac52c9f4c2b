// What became of each packet of a capture.
//
// Invariant: the counts of all fates add up to the packets taken.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace dotring::capture {

enum class Fate : uint8_t {
  // What the messages are made of.
  Queries,       ///< it completed one query or more
  Answers,       ///< it completed answers, and no query
  FragmentUsed,  ///< part of a datagram that was put together, and not the one that completed it
  SegmentUsed,   ///< part of a message that another segment completed
  // What cannot hold a message.
  NotIp,
  UnknownLink,
  OtherProtocol,  ///< neither UDP nor TCP
  OtherPort,
  NoPayload,  ///< TCP: handshakes, acknowledgements, ends
  Repeated,   ///< TCP segments and fragments that were there before
  // What is lost.
  CutOff,              ///< by the snap length
  Malformed,           ///< headers that contradict themselves
  NotDns,              ///< on the port, but no query to it and no answer from it
  FragmentIncomplete,  ///< the rest of the datagram never came
  FragmentOverlap,     ///< fragments that contradict each other
  SegmentIncomplete,   ///< the rest of the message never came: a hole, or the end of the capture
  SegmentUnaligned,    ///< joined in the middle of a message
  Count,
};

inline constexpr size_t kFates = static_cast<size_t>(Fate::Count);

/// For people, e.g. "cut off by the snap length".
const char* to_text(Fate fate);
/// For programs, e.g. "cut_off".
const char* to_key(Fate fate);
/// Whether packets of this fate are missing from what is replayed.
bool is_loss(Fate fate);

struct Account {
  uint64_t packets = 0;
  std::array<uint64_t, kFates> fates{};
  uint64_t queries_udp = 0;
  uint64_t queries_tcp = 0;
  uint64_t answers_udp = 0;
  uint64_t answers_tcp = 0;
  uint64_t time_went_back = 0;  ///< packets with an earlier time than the one before

  uint64_t& operator[](Fate fate) { return fates[static_cast<size_t>(fate)]; }
  uint64_t operator[](Fate fate) const { return fates[static_cast<size_t>(fate)]; }
  void move(uint64_t count, Fate from, Fate to) {
    (*this)[from] -= count;
    (*this)[to] += count;
  }
  uint64_t queries() const { return queries_udp + queries_tcp; }
};

}  // namespace dotring::capture
