#include "engine/dns/name.h"

#include <algorithm>

namespace dotring::dns {
namespace {

constexpr uint8_t kPointerBits = 0xc0;

bool is_pointer(uint8_t octet) {
  return (octet & kPointerBits) == kPointerBits;
}

// The target of a pointer at `at`, a run of labels that began at `run_start`; 0 when it may not be
// followed. Targets inside the header are refused because its id and flags change on the way, and
// the name with them.
size_t pointer_target(Bytes message, size_t at, size_t run_start) {
  if (message.size() - at < 2) return 0;
  const size_t target = load_be16(message.data() + at) & 0x3fffu;
  return target >= kHeaderSize && target < run_start ? target : 0;
}

// Calls `take(label with its length octet)` for each label, the root's included, and returns the
// offset behind the name where it stands; 0 when it is malformed.
//
// Each run of labels ends before the run that pointed to it begins, as names written earlier do. So
// every walk ends, and no owner is made of octets of its own record, which may be cut off (OPT).
template <typename Take>
size_t walk_name(Bytes message, size_t at, Take&& take) {
  size_t run_start = at;
  size_t end = 0;
  size_t size = 0;
  for (int pointers = 0; at < message.size();) {
    const uint8_t octet = message[at];
    if (is_pointer(octet)) {
      const size_t target = pointer_target(message, at, run_start);
      if (target == 0 || ++pointers > kPointersMax) return 0;
      if (end == 0) end = at + 2;
      message = message.first(run_start);
      at = run_start = target;
      continue;
    }
    const size_t label_size = size_t{octet} + 1;
    size += label_size;
    if (octet > kLabelSizeMax || label_size > message.size() - at || size > kNameSizeMax) return 0;
    take(message.subspan(at, label_size));
    at += label_size;
    if (octet == 0) return end == 0 ? at : end;
  }
  return 0;
}

// Whether [begin, end) has an octet of a TTL. Most names lie before the first: in the question.
bool touches_ttl(size_t begin, size_t end, std::span<const uint16_t> ttl_offsets) {
  if (ttl_offsets.empty() || end <= ttl_offsets.front()) return false;
  const auto before_end = [](size_t at, uint16_t offset) { return at < size_t{offset} + 4; };
  const auto ttl = std::upper_bound(ttl_offsets.begin(), ttl_offsets.end(), begin, before_end);
  return ttl != ttl_offsets.end() && *ttl < end;
}

void move_to(Reader& reader, size_t end) {
  if (end == 0) {
    reader.fail();
  } else {
    reader.skip(end - reader.offset());
  }
}

}  // namespace

void skip_name(Reader& reader) {
  const size_t start = reader.offset();
  while (reader.ok()) {
    const uint8_t octet = reader.u8();
    if (is_pointer(octet)) {
      const size_t target = (octet & 0x3fu) << 8 | reader.u8();
      if (target < kHeaderSize || target >= start) reader.fail();
      return;
    }
    if (octet > kLabelSizeMax) reader.fail();
    if (octet == 0) break;
    reader.skip(octet);
  }
  if (reader.offset() - start > kNameSizeMax) reader.fail();
}

void check_name(Bytes message, Reader& reader, std::span<const uint16_t> ttl_offsets) {
  if (!reader.ok()) return;
  bool steady = true;
  const size_t end = walk_name(message, reader.offset(), [&](Bytes label) {
    const size_t at = static_cast<size_t>(label.data() - message.data());
    if (touches_ttl(at, at + label.size(), ttl_offsets)) steady = false;
  });
  move_to(reader, steady ? end : 0);
}

std::optional<Name> read_name(Bytes message, Reader& reader) {
  if (!reader.ok()) return std::nullopt;
  std::optional<Name> name(std::in_place);
  const size_t end = walk_name(message, reader.offset(), [&name](Bytes label) {
    std::memcpy(name->octets.data() + name->size, label.data(), label.size());
    name->size = static_cast<uint8_t>(name->size + label.size());
  });
  move_to(reader, end);
  if (!reader.ok()) name.reset();
  return name;
}

size_t plain_name_size(Bytes bytes) {
  const size_t limit = bytes.size() < kNameSizeMax ? bytes.size() : kNameSizeMax;
  size_t at = 0;
  while (at < limit) {
    const uint8_t octet = bytes[at];
    if (octet == 0) return at + 1;
    if (octet > kLabelSizeMax) return 0;
    at += size_t{octet} + 1;
  }
  return 0;
}

}  // namespace dotring::dns
