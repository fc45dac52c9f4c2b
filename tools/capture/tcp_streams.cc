#include "tools/capture/tcp_streams.h"

#include <algorithm>

#include "engine/dns/header.h"

namespace dotring::capture {
namespace {

// No window of a DNS connection is that large: farther away is another connection.
constexpr int64_t kFarOctets = 4 << 20;

// Whether a message may begin here: a length, and a header as far as it is there. Strict on
// purpose, since being wrong costs the messages that follow.
bool looks_like_beginning(Bytes octets) {
  if (octets.size() < 2) return false;
  if (load_be16(octets.data()) < dns::kHeaderSize) return false;
  if (octets.size() < 2 + dns::kHeaderSize) return octets.size() == 2;
  const dns::Header header = dns::read_header(octets.subspan(2));
  if (header.opcode() == 3 || header.opcode() > 6 || header.question_count > 1) return false;
  return header.has(dns::kFlagQr) || (header.rcode() == 0 && header.answer_count == 0);
}

}  // namespace

TcpStreams::TcpStreams(const Options& options, const HashKey& hash_key, Account& account, Take take)
    : options_(options),
      account_(account),
      take_(std::move(take)),
      streams_(0, KeyHash{hash_key}) {}

TcpStreams::~TcpStreams() = default;

TcpStreams::Key TcpStreams::key_of(const TcpSegment& segment) {
  Key key;
  std::ranges::copy(segment.source.address.octets, key.begin());
  std::ranges::copy(segment.destination.address.octets, key.begin() + 16);
  store_be16(key.data() + 32, segment.source.port);
  store_be16(key.data() + 34, segment.destination.port);
  return key;
}

Fate TcpStreams::take(const TcpSegment& segment, uint64_t time_ns) {
  give_up_old_holes(time_ns);
  Stream& stream = stream_of(segment);
  if (segment.syn) begin(stream, segment.sequence + 1);
  if (segment.reset) give_up_hole(stream, time_ns);
  if (segment.reset || segment.payload.empty()) return Fate::NoPayload;
  const uint32_t sequence = segment.sequence + (segment.syn ? 1 : 0);
  const Fate fate = place(stream, sequence, segment.payload, time_ns);
  make_room();
  return fate;
}

TcpStreams::Stream& TcpStreams::stream_of(const TcpSegment& segment) {
  const Key key = key_of(segment);
  auto& stream = streams_[key];
  if (!stream) {
    stream = std::make_unique<Stream>();
    stream->key = key;
    stream->source = segment.source;
    stream->destination = segment.destination;
  }
  stream->ListNode<Recent>::unlink();
  recent_.push_back(*stream);
  return *stream;
}

// The same SYN again begins nothing.
void TcpStreams::begin(Stream& stream, uint32_t next) {
  if (stream.joined && stream.initial == next) return;
  lose_parts(stream);
  lose_held(stream);
  stream.joined = true;
  stream.initial = stream.next = next;
}

Fate TcpStreams::place(Stream& stream, uint32_t sequence, Bytes payload, uint64_t time_ns) {
  if (!stream.joined) return join(stream, sequence, payload, time_ns);
  const int64_t distance = static_cast<int32_t>(sequence - stream.next);
  if (distance > kFarOctets || distance < -kFarOctets) {
    lose_parts(stream);
    lose_held(stream);
    return join(stream, sequence, payload, time_ns);
  }
  if (distance > 0) return hold(stream, sequence, payload, time_ns);
  const auto overlap = static_cast<size_t>(-distance);
  if (overlap >= payload.size()) return Fate::Repeated;
  const Fate fate = deliver(stream, payload.subspan(overlap), time_ns);
  deliver_held(stream, time_ns);
  return fate;
}

Fate TcpStreams::join(Stream& stream, uint32_t sequence, Bytes payload, uint64_t time_ns) {
  if (!looks_like_beginning(payload)) return Fate::SegmentUnaligned;
  stream.joined = true;
  stream.initial = 0;
  stream.next = sequence;
  return deliver(stream, payload, time_ns);
}

Fate TcpStreams::hold(Stream& stream, uint32_t sequence, Bytes payload, uint64_t time_ns) {
  if (stream.held.empty()) {
    stream.held_from = stream.next;
    stream.hole_since_ns = time_ns;
    holed_.push_back(stream);
  }
  auto [place, fresh] = stream.held.try_emplace(sequence - stream.held_from);
  auto& octets = place->second;
  if (octets.size() < payload.size()) {
    octets_ += payload.size() - octets.size();
    octets.assign(payload.begin(), payload.end());
  }
  if (!fresh) return Fate::Repeated;
  if (stream.held.size() > options_.held_segments_max) give_up_hole(stream, time_ns);
  return Fate::SegmentUsed;
}

// A message that is none ends the trust in where messages begin: the stream is joined again.
Fate TcpStreams::deliver(Stream& stream, Bytes payload, uint64_t time_ns) {
  bool queries = false, answers = false, wrong = false;
  stream.next += static_cast<uint32_t>(payload.size());
  stream.framing.feed(payload, [&](Bytes octets) {
    MessageKind kind = MessageKind::Neither;
    if (octets.size() >= dns::kHeaderSize) {
      kind = take_({kind, true, time_ns, stream.source, stream.destination, octets});
    }
    queries |= kind == MessageKind::Query;
    answers |= kind == MessageKind::Answer;
    wrong = kind == MessageKind::Neither;
    return !wrong;
  });
  if (wrong) {
    stream.joined = false;
    stream.framing.reset();
  }
  count_framing(stream);
  if (!queries && !answers && !wrong) {
    ++stream.parts;
    return Fate::SegmentUsed;
  }
  stream.parts = 0;
  if (queries) return Fate::Queries;
  return answers ? Fate::Answers : Fate::NotDns;
}

void TcpStreams::deliver_held(Stream& stream, uint64_t time_ns) {
  while (stream.joined && !stream.held.empty()) {
    const auto first = stream.held.begin();
    const uint32_t at = stream.next - stream.held_from;
    if (first->first > at) return;
    const size_t overlap = at - first->first;
    const std::vector<uint8_t> octets = std::move(first->second);
    stream.held.erase(first);
    octets_ -= octets.size();
    const bool repeated = overlap >= octets.size();
    const Fate fate =
        repeated ? Fate::Repeated : deliver(stream, Bytes(octets).subspan(overlap), time_ns);
    account_.move(1, Fate::SegmentUsed, fate);
  }
  if (!stream.joined) lose_held(stream);
  stream.ListNode<Holed>::unlink();
}

// What lies behind the hole is taken as if the connection had been joined there.
void TcpStreams::give_up_hole(Stream& stream, uint64_t time_ns) {
  if (stream.held.empty()) return;
  lose_parts(stream);
  stream.joined = false;
  stream.ListNode<Holed>::unlink();
  const auto held = std::move(stream.held);
  const uint32_t held_from = stream.held_from;
  stream.held.clear();
  for (const auto& [distance, octets] : held) {
    octets_ -= octets.size();
    const Fate fate = place(stream, held_from + distance, octets, time_ns);
    account_.move(1, Fate::SegmentUsed, fate);
  }
}

void TcpStreams::give_up_old_holes(uint64_t time_ns) {
  for (Stream* oldest = holed_.front(); oldest; oldest = holed_.front()) {
    if (time_ns <= oldest->hole_since_ns + options_.hole_wait_ns) return;
    give_up_hole(*oldest, time_ns);
  }
}

void TcpStreams::lose_parts(Stream& stream) {
  account_.move(stream.parts, Fate::SegmentUsed, Fate::SegmentIncomplete);
  stream.parts = 0;
  stream.framing.reset();
  count_framing(stream);
}

void TcpStreams::lose_held(Stream& stream) {
  for (const auto& [distance, octets] : stream.held) octets_ -= octets.size();
  account_.move(stream.held.size(), Fate::SegmentUsed, Fate::SegmentIncomplete);
  stream.held.clear();
  stream.ListNode<Holed>::unlink();
}

void TcpStreams::count_framing(Stream& stream) {
  octets_ -= stream.framing_octets;
  stream.framing_octets = stream.framing.bytes_waiting();
  octets_ += stream.framing_octets;
}

void TcpStreams::forget(Stream& stream) {
  lose_parts(stream);
  lose_held(stream);
  streams_.erase(Key(stream.key));
}

// Never the stream that was used last.
void TcpStreams::make_room() {
  while (streams_.size() > 1 &&
         (streams_.size() > options_.streams_max || octets_ > options_.octets_max)) {
    forget(*recent_.front());
  }
}

void TcpStreams::finish(uint64_t time_ns) {
  while (Stream* holed = holed_.front()) give_up_hole(*holed, time_ns);
  while (Stream* stream = recent_.front()) forget(*stream);
}

}  // namespace dotring::capture
