#include "engine/dns/rdata.h"

namespace dotring::dns {
namespace {

// One letter per field: n a name, s a character-string, S character-strings to the end, * whatever
// remains, 1 2 4 so many octets, 6 sixteen octets.
struct Shape {
  uint16_t type;
  const char* fields;
};

constexpr Shape kShapes[] = {
    {type::kA, "4"},        {type::kNs, "n"},
    {3 /* MD */, "n"},      {4 /* MF */, "n"},
    {type::kCname, "n"},    {type::kSoa, "nn44444"},
    {7 /* MB */, "n"},      {8 /* MG */, "n"},
    {9 /* MR */, "n"},      {type::kPtr, "n"},
    {type::kHinfo, "ss"},   {14 /* MINFO */, "nn"},
    {type::kMx, "2n"},      {type::kTxt, "S"},
    {17 /* RP */, "nn"},    {18 /* AFSDB */, "2n"},
    {21 /* RT */, "2n"},    {26 /* PX */, "2nn"},
    {type::kAaaa, "6"},     {30 /* NXT */, "n*"},
    {33 /* SRV */, "222n"}, {35 /* NAPTR */, "22sssn"},
    {36 /* KX */, "2n"},    {39 /* DNAME */, "n"},
};

// A of other classes than IN means something else (RFC 1035, 3.4 defines it for IN only).
const char* fields_of(const Record& record) {
  if (record.type == type::kA && record.klass != kClassIn) return "*";
  for (const Shape& shape : kShapes) {
    if (shape.type == record.type) return shape.fields;
  }
  return "*";
}

void skip_string(Reader& reader) {
  reader.skip(reader.u8());
}

void skip_field(Bytes message, Reader& reader, char field, std::span<const uint16_t> ttl_offsets) {
  switch (field) {
    case 'n':
      return check_name(message, reader, ttl_offsets);
    case 's':
      return skip_string(reader);
    case 'S':
      while (reader.ok() && reader.remaining() > 0) skip_string(reader);
      return;
    case '*':
      return reader.skip(reader.remaining());
    case '6':
      return reader.skip(16);
    default:
      return reader.skip(static_cast<size_t>(field - '0'));
  }
}

}  // namespace

bool rdata_is_sound(Bytes message, const Record& record, std::span<const uint16_t> ttl_offsets) {
  const char* fields = fields_of(record);
  if (*fields == '*') return true;
  const Bytes until_end = message.first(record.end());
  Reader reader(until_end, record.rdata_offset);
  for (; *fields != 0 && reader.ok(); ++fields) {
    skip_field(until_end, reader, *fields, ttl_offsets);
  }
  return reader.ok() && reader.remaining() == 0;
}

uint32_t soa_minimum(Bytes message, const Record& record) {
  return load_be32(message.data() + record.end() - 4);
}

}  // namespace dotring::dns
