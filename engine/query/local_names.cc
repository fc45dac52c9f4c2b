#include "engine/query/local_names.h"

#include <cassert>

#include "engine/dns/header.h"

namespace dotring::query {
namespace {

enum class Kind : uint8_t {
  Localhost,
  Absent,    ///< neither the name nor anything below exists
  Empty,     ///< the name exists, nothing below does
  NoData,    ///< all names exist and have nothing
  Loopback,  ///< reverse of the loopback addresses
};

struct Zone {
  std::string_view wire;  ///< the name in lower case
  Kind kind;
  bool LocalNames::Options::*forwarded;

  Bytes name() const { return bytes_of(wire); }
};

// A string literal's final zero is the root.
template <size_t kSize>
constexpr std::string_view wire(const char (&name)[kSize]) {
  return {name, kSize};
}

constexpr char kLoopback4Name[] = "\0011\0010\0010\003127\7in-addr\4arpa";
constexpr char kLoopback6Name[] =
    "\0011\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010"
    "\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010"
    "\3ip6\4arpa";

using Options = LocalNames::Options;
constexpr std::array<Zone, 9> kZones = {{
    {wire("\11localhost"), Kind::Localhost, &Options::forward_localhost},
    {wire("\7invalid"), Kind::Absent, &Options::forward_invalid},
    {wire("\4test"), Kind::Absent, &Options::forward_test},
    {wire("\5local"), Kind::Absent, &Options::forward_local},
    {wire("\5onion"), Kind::Absent, &Options::forward_onion},
    {wire("\4home\4arpa"), Kind::Empty, &Options::forward_home_arpa},
    {wire("\10resolver\4arpa"), Kind::NoData, &Options::forward_resolver_arpa},
    {wire("\003127\7in-addr\4arpa"), Kind::Loopback, &Options::forward_loopback_reverse},
    {wire(kLoopback6Name), Kind::Loopback, &Options::forward_loopback_reverse},
}};

// Almost every name fails the comparison of its last octets; only then are labels walked.
bool is_in_zone(Bytes name, Bytes zone) {
  return name.size() >= zone.size() && equal(name.last(zone.size()), zone) &&
         dns::is_within(name, zone);
}

const Zone* zone_of(Bytes name) {
  for (const Zone& zone : kZones) {
    if (is_in_zone(name, zone.name())) return &zone;
  }
  return nullptr;
}

// RFC 6303, 3: the SOA of an empty zone.
constexpr uint32_t kTtl_s = 10800;
constexpr uint8_t kNobody[] = "\6nobody\7invalid";
constexpr std::array<uint32_t, 5> kSoaNumbers = {1, 3600, 1200, 604800, kTtl_s};
constexpr uint16_t kPointer = 0xc000;
constexpr uint16_t kTypeDs = 43;

struct RecordStart {
  size_t owner_offset;
  uint16_t type;
  uint16_t klass;
};

void write_record(Writer& writer, const RecordStart& start, size_t rdata_size) {
  writer.u16(static_cast<uint16_t>(kPointer | start.owner_offset));
  writer.u16(start.type);
  writer.u16(start.klass);
  writer.u32(kTtl_s);
  writer.u16(static_cast<uint16_t>(rdata_size));
}

void write_soa(Writer& writer, const dns::QuestionKey& key, const Zone& zone) {
  const size_t apex = dns::kHeaderSize + key.name().size() - zone.wire.size();
  write_record(writer, {apex, dns::type::kSoa, key.klass()}, 2 + sizeof kNobody + 20);
  writer.u16(static_cast<uint16_t>(kPointer | apex));
  writer.bytes(kNobody);
  for (const uint32_t number : kSoaNumbers) writer.u32(number);
}

void write_start(Writer& writer, const dns::QuestionKey& key, uint16_t rcode, bool positive) {
  dns::Header header;
  header.flags = static_cast<uint16_t>(dns::kFlagQr | dns::kFlagAa | rcode);
  header.question_count = 1;
  header.answer_count = positive ? 1 : 0;
  header.authority_count = positive ? 0 : 1;
  uint8_t octets[dns::kHeaderSize];
  dns::write_header(header, octets);
  writer.bytes(octets);
  writer.bytes(key.question_wire());
}

size_t write_negative(const dns::QuestionKey& key, const Zone& zone, uint16_t rcode,
                      MutableBytes room) {
  Writer writer(room);
  write_start(writer, key, rcode, false);
  write_soa(writer, key, zone);
  assert(writer.ok());
  return writer.offset();
}

size_t write_positive(const dns::QuestionKey& key, Bytes rdata, MutableBytes room) {
  Writer writer(room);
  write_start(writer, key, dns::rcode::kNoError, true);
  write_record(writer, {dns::kHeaderSize, key.type(), dns::kClassIn}, rdata.size());
  writer.bytes(rdata);
  assert(writer.ok());
  return writer.offset();
}

size_t answer_localhost(const dns::QuestionKey& key, const Zone& zone, MutableBytes room) {
  static constexpr uint8_t kIpv4[] = {127, 0, 0, 1};
  static constexpr uint8_t kIpv6[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  if (key.klass() == dns::kClassIn) {
    if (key.type() == dns::type::kA) return write_positive(key, kIpv4, room);
    if (key.type() == dns::type::kAaaa) return write_positive(key, kIpv6, room);
  }
  return write_negative(key, zone, dns::rcode::kNoError, room);
}

// The names on the way to a PTR record exist too (RFC 8020).
size_t answer_loopback(const dns::QuestionKey& key, const Zone& zone, MutableBytes room) {
  const bool ipv4 = zone.wire.size() < sizeof kLoopback6Name;
  const Bytes owner = bytes_of(ipv4 ? wire(kLoopback4Name) : wire(kLoopback6Name));
  if (!dns::is_within(owner, key.name())) {
    return write_negative(key, zone, dns::rcode::kNxDomain, room);
  }
  const bool asked = key.type() == dns::type::kPtr && key.klass() == dns::kClassIn;
  if (asked && equal(key.name(), owner)) return write_positive(key, kZones[0].name(), room);
  return write_negative(key, zone, dns::rcode::kNoError, room);
}

bool is_apex(const dns::QuestionKey& key, const Zone& zone) {
  return key.name().size() == zone.wire.size();
}

}  // namespace

std::vector<Bytes> LocalNames::no_longer_forwarded(const Options& before, const Options& now) {
  std::vector<Bytes> names;
  for (const Zone& zone : kZones) {
    if (before.*zone.forwarded && !(now.*zone.forwarded)) names.push_back(zone.name());
  }
  return names;
}

size_t LocalNames::answer(const dns::QuestionKey& key, MutableBytes room) const {
  assert(room.size() >= dns::kUdpSizeWithoutEdns);
  const Zone* zone = zone_of(key.name());
  if (!zone || options_.*(zone->forwarded)) return 0;
  switch (zone->kind) {
    case Kind::Localhost:
      return answer_localhost(key, *zone, room);
    case Kind::Loopback:
      return answer_loopback(key, *zone, room);
    case Kind::NoData:
      return write_negative(key, *zone, dns::rcode::kNoError, room);
    case Kind::Absent:
      return write_negative(key, *zone, dns::rcode::kNxDomain, room);
    case Kind::Empty:
      break;
  }
  // The DS of a zone belongs to its parent, which says that there is none: the proof that a
  // validator needs.
  if (is_apex(key, *zone) && key.type() == kTypeDs) return 0;
  return write_negative(key, *zone,
                        is_apex(key, *zone) ? dns::rcode::kNoError : dns::rcode::kNxDomain, room);
}

}  // namespace dotring::query
