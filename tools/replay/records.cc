#include "tools/replay/records.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "engine/base/address.h"

namespace dotring::replay {
namespace {

using dns::Record;

/// RDATA as a run of parts, for the types whose names may be compressed.
enum class Part : uint8_t { Octets2, Octets4, Octets6, Octets20, Text, Name };
using Shape = std::span<const Part>;

constexpr Part kName[] = {Part::Name};
constexpr Part kTwoNames[] = {Part::Name, Part::Name};
constexpr Part kPreferenceName[] = {Part::Octets2, Part::Name};
constexpr Part kPreferenceTwoNames[] = {Part::Octets2, Part::Name, Part::Name};
constexpr Part kSoa[] = {Part::Name, Part::Name, Part::Octets20};
constexpr Part kSrv[] = {Part::Octets6, Part::Name};
constexpr Part kNaptr[] = {Part::Octets4, Part::Text, Part::Text, Part::Text, Part::Name};

// Empty: names in it, if any, are not compressed.
Shape shape_of(uint16_t type) {
  switch (type) {
    case 2:   // NS
    case 3:   // MD
    case 4:   // MF
    case 5:   // CNAME
    case 7:   // MB
    case 8:   // MG
    case 9:   // MR
    case 12:  // PTR
    case 39:  // DNAME
      return kName;
    case 14:  // MINFO
    case 17:  // RP
      return kTwoNames;
    case 15:  // MX
    case 18:  // AFSDB
    case 21:  // RT
    case 36:  // KX
      return kPreferenceName;
    case 26:  // PX
      return kPreferenceTwoNames;
    case 6:
      return kSoa;
    case 33:
      return kSrv;
    case 35:
      return kNaptr;
    default:
      return {};
  }
}

void append(std::vector<uint8_t>& to, Bytes bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

bool append_name(Bytes message, Reader& reader, std::vector<uint8_t>& to) {
  const auto name = dns::read_name(message, reader);
  if (!name) return false;
  const size_t at = to.size();
  to.resize(at + name->size);
  dns::copy_lower(name->wire(), to.data() + at);
  return true;
}

size_t size_of(Part part, Bytes rest) {
  switch (part) {
    case Part::Octets2:
      return 2;
    case Part::Octets4:
      return 4;
    case Part::Octets6:
      return 6;
    case Part::Octets20:
      return 20;
    default:
      return rest.empty() ? 1 : size_t{rest[0]} + 1;
  }
}

bool append_part(Bytes message, Part part, Reader& reader, std::vector<uint8_t>& to) {
  if (part == Part::Name) return append_name(message, reader, to);
  append(to, reader.bytes(size_of(part, message.subspan(reader.offset()))));
  return reader.ok();
}

// False: not of the shape; then `to` is as it was.
bool append_shaped(Bytes message, const Record& record, Shape shape, std::vector<uint8_t>& to) {
  const size_t before = to.size();
  const Bytes until_end = message.first(record.end());
  Reader reader(until_end, record.rdata_offset);
  for (const Part part : shape) {
    if (append_part(until_end, part, reader, to)) continue;
    to.resize(before);
    return false;
  }
  if (reader.remaining() == 0) return true;
  to.resize(before);
  return false;
}

bool equal_names(Bytes message, Reader& reader, Bytes other_message, Reader& other) {
  const auto one = dns::read_name(message, reader);
  const auto two = dns::read_name(other_message, other);
  return one && two && one->size == two->size && dns::equal_ignoring_case(one->wire(), two->wire());
}

bool equal_part(Part part, Bytes message, Reader& reader, Bytes other_message, Reader& other) {
  if (part == Part::Name) return equal_names(message, reader, other_message, other);
  const Bytes one = reader.bytes(size_of(part, message.subspan(reader.offset())));
  const Bytes two = other.bytes(size_of(part, other_message.subspan(other.offset())));
  return reader.ok() && other.ok() && one.size() == two.size() && equal(one, two);
}

bool equal_rdata(Bytes message, const Record& record, Bytes other_message, const Record& other) {
  const Shape shape = shape_of(record.type);
  if (shape.empty()) {
    return record.rdata_size == other.rdata_size &&
           equal(message.subspan(record.rdata_offset, record.rdata_size),
                 other_message.subspan(other.rdata_offset, other.rdata_size));
  }
  const Bytes until_end = message.first(record.end());
  const Bytes until_other_end = other_message.first(other.end());
  Reader reader(until_end, record.rdata_offset), other_reader(until_other_end, other.rdata_offset);
  for (const Part part : shape) {
    if (!equal_part(part, until_end, reader, until_other_end, other_reader)) return false;
  }
  return reader.remaining() == 0 && other_reader.remaining() == 0;
}

constexpr std::pair<uint16_t, const char*> kTypes[] = {
    {1, "A"},           {2, "NS"},     {5, "CNAME"},  {6, "SOA"},    {12, "PTR"},    {13, "HINFO"},
    {15, "MX"},         {16, "TXT"},   {28, "AAAA"},  {33, "SRV"},   {35, "NAPTR"},  {39, "DNAME"},
    {41, "OPT"},        {43, "DS"},    {46, "RRSIG"}, {47, "NSEC"},  {48, "DNSKEY"}, {50, "NSEC3"},
    {51, "NSEC3PARAM"}, {52, "TLSA"},  {64, "SVCB"},  {65, "HTTPS"}, {99, "SPF"},    {257, "CAA"},
    {252, "AXFR"},      {251, "IXFR"}, {255, "ANY"}};

constexpr const char* kRcodes[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                   "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                   "NXRRSET", "NOTAUTH", "NOTZONE"};

// RFC 3597, 5, but not to the end of signatures.
std::string hexadecimal(Bytes bytes) {
  constexpr size_t kShownMax = 32;
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text = "\\# " + std::to_string(bytes.size());
  if (!bytes.empty()) text += ' ';
  for (const uint8_t octet : bytes.first(std::min(bytes.size(), kShownMax))) {
    text += kDigits[octet >> 4];
    text += kDigits[octet & 15];
  }
  return bytes.size() > kShownMax ? text + "..." : text;
}

std::string numbers(Bytes bytes, size_t size) {
  std::string text;
  for (; bytes.size() >= size; bytes = bytes.subspan(size)) {
    if (!text.empty()) text += ' ';
    text += std::to_string(size == 2 ? load_be16(bytes.data()) : load_be32(bytes.data()));
  }
  return text;
}

std::string quoted(Bytes bytes) {
  std::string text = "\"";
  for (const uint8_t octet : bytes) {
    const bool plain = octet >= ' ' && octet < 127 && octet != '"' && octet != '\\';
    const std::string code = std::to_string(1000 + octet);
    text += plain ? std::string(1, static_cast<char>(octet)) : "\\" + code.substr(1);
  }
  return text + '"';
}

std::optional<std::string> part_text(Bytes message, Part part, Reader& reader) {
  if (part == Part::Name) {
    const auto name = dns::read_name(message, reader);
    return name ? std::optional(dns::name_to_text(name->wire())) : std::nullopt;
  }
  const Bytes bytes = reader.bytes(size_of(part, message.subspan(reader.offset())));
  if (!reader.ok()) return std::nullopt;
  if (part == Part::Text) return quoted(bytes.subspan(1));
  return numbers(bytes, part == Part::Octets20 ? 4 : 2);
}

std::string shaped_text(Bytes message, const Record& record, Shape shape) {
  const Bytes until_end = message.first(record.end());
  Reader reader(until_end, record.rdata_offset);
  std::string text;
  for (const Part part : shape) {
    const auto one = part_text(until_end, part, reader);
    if (!one) return hexadecimal(message.subspan(record.rdata_offset, record.rdata_size));
    text += (text.empty() ? "" : " ") + *one;
  }
  return text;
}

std::string texts_text(Bytes rdata) {
  std::string text;
  while (!rdata.empty() && size_t{rdata[0]} < rdata.size()) {
    text += (text.empty() ? "" : " ") + quoted(rdata.subspan(1, rdata[0]));
    rdata = rdata.subspan(size_t{rdata[0]} + 1);
  }
  return text;
}

std::string rdata_text(Bytes message, const Record& record) {
  const Bytes rdata = message.subspan(record.rdata_offset, record.rdata_size);
  if (record.type == dns::type::kA && rdata.size() == 4) {
    return IpAddress::from_ipv4(rdata.data()).to_text();
  }
  if (record.type == dns::type::kAaaa && rdata.size() == 16) {
    return IpAddress::from_ipv6(rdata.data()).to_text();
  }
  if (record.type == dns::type::kTxt) return texts_text(rdata);
  const Shape shape = shape_of(record.type);
  return shape.empty() ? hexadecimal(rdata) : shaped_text(message, record, shape);
}

}  // namespace

bool append_canonical(Bytes message, const Record& record, std::vector<uint8_t>& to) {
  Reader reader(message, record.offset);
  if (!append_name(message, reader, to)) return false;
  append(to, message.subspan(record.ttl_offset - 4, 4));
  const Shape shape = shape_of(record.type);
  if (!shape.empty() && append_shaped(message, record, shape, to)) return true;
  append(to, message.subspan(record.rdata_offset, record.rdata_size));
  return true;
}

bool surely_equal(Bytes message, const Record& record, Bytes other_message, const Record& other) {
  // Type and class together.
  if (!equal(message.subspan(record.ttl_offset - 4, 4),
             other_message.subspan(other.ttl_offset - 4, 4))) {
    return false;
  }
  Reader owner(message, record.offset), other_owner(other_message, other.offset);
  return equal_names(message, owner, other_message, other_owner) &&
         equal_rdata(message, record, other_message, other);
}

std::string record_text(Bytes message, const Record& record) {
  Reader reader(message, record.offset);
  const auto owner = dns::read_name(message, reader);
  return (owner ? dns::name_to_text(owner->wire()) : "?") + " " + type_text(record.type) + " " +
         rdata_text(message, record);
}

std::string type_text(uint16_t type) {
  const auto* found = std::ranges::find(kTypes, type, &std::pair<uint16_t, const char*>::first);
  return found != std::end(kTypes) ? found->second : "TYPE" + std::to_string(type);
}

std::string rcode_text(uint16_t rcode) {
  if (rcode == dns::rcode::kBadVers) return "BADVERS";
  if (rcode == dns::rcode::kBadCookie) return "BADCOOKIE";
  return rcode < std::size(kRcodes) ? kRcodes[rcode] : "RCODE" + std::to_string(rcode);
}

}  // namespace dotring::replay
