// Bytes of a hostile Redis: whatever arrives, the reader stays within its limits, what it gives can
// be walked, how the bytes were split makes no difference, and maps of slots and redirections name
// slots that there are.
//
// The first octet says how they are split.

#include <algorithm>
#include <cassert>
#include <string>
#include <vector>

#include "cache/redis/error_reply.h"
#include "cache/redis/reply_reader.h"
#include "cache/redis/slot.h"
#include "cache/redis/slot_map.h"

namespace dotring::cache::redis {
namespace {

const ReplyReader::Options kOptions{.size_max = 4096, .elements_max = 256};

void walk(const Reply& reply, int depth, std::string& seen) {
  assert(depth <= ReplyReader::kDepthMax);
  seen += static_cast<char>('0' + static_cast<int>(reply.type()));
  seen += reply.text();
  seen += std::to_string(reply.integer());
  assert(reply.size() <= kOptions.elements_max);
  for (size_t i = 0; i < reply.size(); ++i) walk(reply[i], depth + 1, seen);
}

// As an answer to CLUSTER SLOTS, and as an error: what is believed is possible.
void understand(const Reply& reply) {
  const Endpoint asked{*IpAddress::parse("127.0.0.1"), 6379};
  if (const auto map = parse_slot_map(reply, asked)) {
    assert(map->size() <= reply.size());
    for (const SlotRange& range : *map) assert(range.first < kSlots && range.last < kSlots);
  }
  if (!reply.is(ReplyType::Error)) return;
  assert(static_cast<size_t>(kind_of(reply.text())) < kErrorKinds);
  if (const auto to = parse_redirection(reply.text(), asked)) {
    assert(to->slot < kSlots && to->endpoint.port != 0);
  }
}

ReplyReader::Next take(ReplyReader& reader, std::string& seen) {
  ReplyReader::Next next;
  while ((next = reader.next()) == ReplyReader::Next::Reply) {
    walk(reader.reply(), 0, seen);
    understand(reader.reply());
  }
  if (next == ReplyReader::Next::Broken) assert(reader.what() != nullptr);
  return next;
}

std::string read_split(Bytes bytes, uint8_t pattern) {
  ReplyReader reader(kOptions);
  std::string seen;
  size_t step = pattern;
  for (size_t at = 0; at < bytes.size(); ++step) {
    const size_t size = std::min(bytes.size() - at, 1 + step * (pattern | 1u) % 512);
    // A copy of its own: nothing may refer to a piece after its call.
    const std::vector<uint8_t> piece(bytes.begin() + static_cast<ptrdiff_t>(at),
                                     bytes.begin() + static_cast<ptrdiff_t>(at + size));
    reader.feed(piece);
    if (take(reader, seen) == ReplyReader::Next::Broken) break;
    at += size;
  }
  return seen;
}

}  // namespace
}  // namespace dotring::cache::redis

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace dotring;
  using namespace dotring::cache::redis;
  if (size == 0 || size > kOptions.size_max) return 0;
  const Bytes bytes(data + 1, size - 1);
  ReplyReader reader(kOptions);
  std::string whole;
  reader.feed(bytes);
  take(reader, whole);
  const std::string split = read_split(bytes, data[0]);
  assert(split == whole);
  return 0;
}
