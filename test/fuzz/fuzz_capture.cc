// Files of any kind: whatever a capture holds, every packet has one fate, messages are messages,
// and limits hold.

#include <cassert>
#include <numeric>

#include "tools/capture/capture_file.h"
#include "tools/capture/dissector.h"

namespace dotring::capture {
namespace {

// A few hundred octets may unpack to gigabytes: enough is enough.
constexpr uint64_t kPacketsMax = 10'000;

uint64_t sum_of(const Account& account) {
  return std::accumulate(account.fates.begin(), account.fates.end(), uint64_t{0});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  CaptureFile file;
  if (file.open(Bytes(data, size))) return 0;
  uint64_t messages = 0;
  Dissector dissector({}, {1, 2}, [&](const Message& message) {
    assert(message.octets.size() >= 12 && message.kind != MessageKind::Neither);
    ++messages;
  });
  Packet packet;
  uint64_t packets = 0;
  while (packets < kPacketsMax && file.next(packet)) {
    assert(packet.bytes.size() <= (1 << 20));
    dissector.take(packet);
    ++packets;
  }
  dissector.finish();
  const Account& account = dissector.account();
  assert(account.packets == packets && sum_of(account) == packets);
  assert(account.queries() + account.answers_udp + account.answers_tcp == messages);
  return 0;
}

}  // namespace dotring::capture
