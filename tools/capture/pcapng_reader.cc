#include "tools/capture/pcapng_reader.h"

#include <algorithm>

namespace dotring::capture {
namespace {

constexpr uint8_t kMagic[] = {0x0a, 0x0d, 0x0d, 0x0a};
constexpr uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr uint32_t kInterfaceDescription = 1;
constexpr uint32_t kObsoletePacket = 2;
constexpr uint32_t kSimplePacket = 3;
constexpr uint32_t kEnhancedPacket = 6;
constexpr uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr uint32_t kByteOrderMagicSwapped = 0x4d3c2b1a;
constexpr uint16_t kOptionResolution = 9;
constexpr uint16_t kOptionOffset = 14;
constexpr size_t kHeadSize = 8;     // type and length
constexpr size_t kTrailerSize = 4;  // length again

uint32_t swapped(uint32_t value) {
  return __builtin_bswap32(value);
}

size_t padded(size_t size) {
  return (size + 3) & ~size_t{3};
}

// The top bit tells powers of two from powers of ten; 0: no clock runs that fast.
uint64_t units_per_s(uint8_t resolution) {
  const int exponent = resolution & 0x7f;
  if (resolution & 0x80) return exponent < 64 ? uint64_t{1} << exponent : 0;
  if (exponent > 19) return 0;
  uint64_t units = 1;
  for (int i = 0; i < exponent; ++i) units *= 10;
  return units;
}

uint64_t nanoseconds(uint64_t time, uint64_t units, int64_t offset_s) {
  using Wide = __int128;
  const Wide value = static_cast<Wide>(time) * 1'000'000'000 / static_cast<Wide>(units) +
                     static_cast<Wide>(offset_s) * 1'000'000'000;
  if (value < 0) return 0;
  return value > INT64_MAX ? INT64_MAX : static_cast<uint64_t>(value);
}

}  // namespace

bool PcapngReader::is_magic(Bytes head) {
  return head.size() >= 4 && equal(head.first(4), kMagic);
}

uint16_t PcapngReader::u16(const uint8_t* at) const {
  const uint16_t value = load_be16(at);
  return little_endian_ ? static_cast<uint16_t>(value << 8 | value >> 8) : value;
}

uint32_t PcapngReader::u32(const uint8_t* at) const {
  return little_endian_ ? swapped(load_be32(at)) : load_be32(at);
}

bool PcapngReader::fail(std::string what) {
  if (failure_.empty()) failure_ = input_.failure().empty() ? std::move(what) : input_.failure();
  return false;
}

bool PcapngReader::next(Packet& packet) {
  Block block;
  while (failure_.empty() && read_block(block)) {
    if (block.type == kInterfaceDescription) {
      add_interface(block.body);
    } else if (block.type != kSectionHeader) {
      return read_packet(block, packet);
    }
  }
  return false;
}

// The next block that tells something, whole. The body is without the options of section headers.
bool PcapngReader::read_block(Block& block) {
  for (;;) {
    uint8_t head[kHeadSize];
    const size_t got = input_.read(head);
    if (got == 0) return input_.failure().empty() ? false : fail("");
    if (got < sizeof head) return fail("cut off inside a block's header");
    block.type = u32(head);
    if (load_be32(head) == kSectionHeader) {
      block.type = kSectionHeader;
      if (!begin_section()) return false;
    } else if (!in_section_) {
      return fail("it does not begin with a section header");
    }
    const uint32_t size = u32(head + 4);
    const size_t taken = kHeadSize + (block.type == kSectionHeader ? 4 : 0);
    if (size < taken + kTrailerSize || size % 4 != 0) {
      return fail("a block claims to have " + std::to_string(size) + " octets");
    }
    const bool wanted = block.type == kInterfaceDescription || block.type == kObsoletePacket ||
                        block.type == kSimplePacket || block.type == kEnhancedPacket;
    if (!wanted) {
      if (!step_over(size - taken)) return false;
      if (block.type == kSectionHeader) return true;
      continue;
    }
    if (!read_body(size)) return false;
    block.body = Bytes(body_).first(body_.size() - kTrailerSize);
    return true;
  }
}

bool PcapngReader::begin_section() {
  uint8_t magic[4];
  if (input_.read(magic) < sizeof magic) return fail("cut off inside a section header");
  const uint32_t value = load_be32(magic);
  if (value != kByteOrderMagic && value != kByteOrderMagicSwapped) {
    return fail("a section header without its byte order");
  }
  little_endian_ = value == kByteOrderMagicSwapped;
  in_section_ = true;
  interfaces_.clear();
  return true;
}

bool PcapngReader::read_body(uint32_t size) {
  if (size > kBlockSizeMax) {
    return fail("a packet's block claims to have " + std::to_string(size) + " octets");
  }
  body_.resize(size - kHeadSize);
  if (input_.read(body_) < body_.size()) return fail("cut off inside a block");
  if (u32(body_.data() + body_.size() - kTrailerSize) != size) {
    return fail("a block has two lengths");
  }
  return true;
}

bool PcapngReader::step_over(uint64_t size) {
  uint8_t scratch[4096];
  while (size > 0) {
    const size_t step = std::min<uint64_t>(size, sizeof scratch);
    if (input_.read({scratch, step}) < step) return fail("cut off inside a block");
    size -= step;
  }
  return true;
}

// Options are read as far as they are sound: what a wrong one hides has a default.
void PcapngReader::add_interface(Bytes body) {
  if (body.size() < 8) return void(fail("an interface description is too short"));
  if (interfaces_.size() == kInterfacesMax) return void(fail("more than 4096 interfaces"));
  Interface interface;
  interface.link = u16(body.data());
  interface.snap_length = u32(body.data() + 4);
  for (Bytes rest = body.subspan(8); rest.size() >= 4;) {
    const uint16_t code = u16(rest.data());
    const size_t size = u16(rest.data() + 2);
    rest = rest.subspan(4);
    if (code == 0 || size > rest.size()) break;
    read_option(interface, code, rest.first(size));
    rest = rest.subspan(std::min(padded(size), rest.size()));
  }
  if (interface.units_per_s == 0) return void(fail("an interface with an impossible clock"));
  interfaces_.push_back(interface);
}

void PcapngReader::read_option(Interface& interface, uint16_t code, Bytes value) {
  if (code == kOptionResolution && value.size() == 1) interface.units_per_s = units_per_s(value[0]);
  if (code == kOptionOffset && value.size() == 8) {
    const uint64_t first = u32(value.data());
    const uint64_t second = u32(value.data() + 4);
    interface.offset_s =
        static_cast<int64_t>(little_endian_ ? second << 32 | first : first << 32 | second);
  }
}

const PcapngReader::Interface* PcapngReader::interface_at(uint32_t index) const {
  return index < interfaces_.size() ? &interfaces_[index] : nullptr;
}

bool PcapngReader::read_packet(const Block& block, Packet& packet) {
  if (block.type == kEnhancedPacket) return read_enhanced(block.body, packet);
  if (block.type == kObsoletePacket) return read_obsolete(block.body, packet);
  return read_simple(block.body, packet);
}

bool PcapngReader::read_enhanced(Bytes body, Packet& packet) {
  if (body.size() < 20) return fail("a packet's block is too short");
  const uint8_t* at = body.data();
  const uint64_t time = uint64_t{u32(at + 4)} << 32 | u32(at + 8);
  return fill_packet(interface_at(u32(at)), time, body.subspan(20), u32(at + 12), u32(at + 16),
                     packet);
}

bool PcapngReader::read_obsolete(Bytes body, Packet& packet) {
  if (body.size() < 20) return fail("a packet's block is too short");
  const uint8_t* at = body.data();
  const uint64_t time = uint64_t{u32(at + 4)} << 32 | u32(at + 8);
  return fill_packet(interface_at(u16(at)), time, body.subspan(20), u32(at + 12), u32(at + 16),
                     packet);
}

bool PcapngReader::read_simple(Bytes body, Packet& packet) {
  if (body.size() < 4) return fail("a packet's block is too short");
  const Interface* interface = interface_at(0);
  const uint32_t size = u32(body.data());
  const uint32_t snap_length = interface ? interface->snap_length : 0;
  const uint32_t captured = snap_length > 0 ? std::min(size, snap_length) : size;
  const uint64_t last = last_time_ns_;
  if (!fill_packet(interface, 0, body.subspan(4), captured, size, packet)) return false;
  packet.time_ns = last_time_ns_ = last;
  return true;
}

bool PcapngReader::fill_packet(const Interface* interface, uint64_t time, Bytes rest,
                               uint32_t captured, uint32_t size, Packet& packet) {
  if (!interface) return fail("a packet of an interface that was not described");
  if (captured > rest.size()) {
    return fail("a packet claims to have " + std::to_string(captured) + " octets");
  }
  last_time_ns_ = nanoseconds(time, interface->units_per_s, interface->offset_s);
  packet = {last_time_ns_, interface->link, std::max(size, captured), rest.first(captured)};
  return true;
}

}  // namespace dotring::capture
