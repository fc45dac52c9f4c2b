// DNS messages out of TCP segments: one direction of a connection is one stream.
//
// Segments may come twice, overlapping, out of order, or not at all; a message may lie in several
// of them and several in one. A stream whose beginning was not captured is joined at the first
// segment that looks like the beginning of a message. A hole is waited for, then given up: the
// message in front of it is lost, and the stream is joined again behind it.
//
// Pure, and bounded whatever the capture holds. Invariant: streams <= options.streams_max and
// octets held <= options.octets_max + one segment; a packet that is held, or part of a message that
// is not complete, is counted as Fate::SegmentUsed until it is given up.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/base/keyed_hash.h"
#include "engine/base/list.h"
#include "engine/dns/framing.h"
#include "tools/capture/account.h"
#include "tools/capture/message.h"

namespace dotring::capture {

struct TcpSegment {
  Endpoint source;
  Endpoint destination;
  uint32_t sequence = 0;
  bool syn = false;
  bool reset = false;
  Bytes payload;
};

class TcpStreams {
 public:
  struct Options {
    size_t streams_max = 65'536;
    size_t octets_max = 64 << 20;           ///< of incomplete messages and segments out of order
    size_t held_segments_max = 256;         ///< per stream, behind a hole
    uint64_t hole_wait_ns = 3'000'000'000;  ///< of the capture's time
  };

  /// Says what a message is, after having used it.
  using Take = std::function<MessageKind(const Message&)>;

  TcpStreams(const Options& options, const HashKey& hash_key, Account& account, Take take);
  ~TcpStreams();

  /// What became of the segment's packet.
  Fate take(const TcpSegment& segment, uint64_t time_ns);
  /// The capture is over: holes stay holes.
  void finish(uint64_t time_ns);

 private:
  struct Recent {};
  struct Holed {};
  using Key = std::array<uint8_t, 36>;
  struct KeyHash {
    HashKey key;
    size_t operator()(const Key& octets) const { return siphash13(key, octets); }
  };
  struct Stream : ListNode<Recent>, ListNode<Holed> {
    Key key;
    Endpoint source;
    Endpoint destination;
    bool joined = false;
    uint32_t next = 0;     ///< the sequence number of the next octet
    uint32_t initial = 0;  ///< the one behind SYN, if that was seen
    dns::Framing framing;
    size_t framing_octets = 0;                      ///< what it was last known to hold
    uint64_t parts = 0;                             ///< packets in it that completed nothing yet
    std::map<uint32_t, std::vector<uint8_t>> held;  ///< by distance from `held_from`
    uint32_t held_from = 0;
    uint64_t hole_since_ns = 0;
  };

  static Key key_of(const TcpSegment& segment);
  Stream& stream_of(const TcpSegment& segment);
  void begin(Stream& stream, uint32_t next);
  Fate place(Stream& stream, uint32_t sequence, Bytes payload, uint64_t time_ns);
  Fate join(Stream& stream, uint32_t sequence, Bytes payload, uint64_t time_ns);
  Fate hold(Stream& stream, uint32_t sequence, Bytes payload, uint64_t time_ns);
  Fate deliver(Stream& stream, Bytes payload, uint64_t time_ns);
  void deliver_held(Stream& stream, uint64_t time_ns);
  void give_up_hole(Stream& stream, uint64_t time_ns);
  void give_up_old_holes(uint64_t time_ns);
  void lose_parts(Stream& stream);
  void lose_held(Stream& stream);
  void forget(Stream& stream);
  void count_framing(Stream& stream);
  void make_room();

  const Options options_;
  Account& account_;
  const Take take_;
  std::unordered_map<Key, std::unique_ptr<Stream>, KeyHash> streams_;
  List<Stream, Recent> recent_;  ///< least recently seen first
  List<Stream, Holed> holed_;    ///< the oldest hole first
  size_t octets_ = 0;
};

}  // namespace dotring::capture
