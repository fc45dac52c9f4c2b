// Packets of any link type: a run of them from one input, so that fragments and segments meet.
//
// The input: link type (2 octets, as a number from the list below or as it is), then packets, each
// with its length (2 octets), cut off by how much (1 octet) and the time since the last one (1
// octet, in 100 ms). Limits are small, so that they are reached.

#include <algorithm>
#include <cassert>
#include <numeric>

#include "engine/base/cursor.h"
#include "tools/capture/dissector.h"

namespace dotring::capture {
namespace {

constexpr uint32_t kLinks[] = {1, 113, 276, 101, 12, 14, 228, 229, 0, 108};
constexpr uint64_t kTimeUnitNs = 100'000'000;

Dissector::Options small_limits() {
  Dissector::Options options;
  options.fragments.datagrams_max = 4;
  options.fragments.octets_max = 70'000;
  options.tcp.streams_max = 4;
  options.tcp.octets_max = 1000;
  options.tcp.held_segments_max = 3;
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader reader(Bytes(data, size));
  const uint16_t link = reader.u16();
  uint64_t messages = 0;
  Dissector dissector(small_limits(), {1, 2}, [&](const Message& message) {
    assert(message.octets.size() >= 12 && message.kind != MessageKind::Neither);
    ++messages;
  });
  Packet packet;
  packet.link = link < std::size(kLinks) ? kLinks[link] : link;
  uint64_t packets = 0;
  while (reader.ok() && reader.remaining() > 0) {
    const size_t wanted = reader.u16();
    const uint8_t cut_off = reader.u8();
    packet.time_ns += reader.u8() * kTimeUnitNs;
    packet.bytes = reader.bytes(std::min(wanted, reader.remaining()));
    packet.size = static_cast<uint32_t>(packet.bytes.size() + cut_off);
    if (!reader.ok()) break;
    dissector.take(packet);
    ++packets;
  }
  dissector.finish();
  const Account& account = dissector.account();
  const uint64_t sum = std::accumulate(account.fates.begin(), account.fates.end(), uint64_t{0});
  assert(account.packets == packets && sum == packets);
  assert(account.queries() + account.answers_udp + account.answers_tcp == messages);
  return 0;
}

}  // namespace dotring::capture
