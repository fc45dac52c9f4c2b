// Records of any message in one form: to be compared, and to be read by people. Pure.

#pragma once

#include <string>
#include <vector>

#include "engine/dns/record.h"

namespace dotring::replay {

/// Appends owner, type, class and RDATA with all names in lower case and without compression (RFC
/// 4034, 6.2, for the types of RFC 3597, 4). RDATA that is not of its type's shape is taken as it
/// is. False: the owner cannot be read.
bool append_canonical(Bytes message, const dns::Record& record, std::vector<uint8_t>& to);

/// Whether append_canonical() would append the same for two records whose owners can be read, told
/// without making it. Only true is certain.
bool surely_equal(Bytes message, const dns::Record& record, Bytes other_message,
                  const dns::Record& other);

/// "www.example. A 192.0.2.1", or RFC 3597's form for types that are not known.
std::string record_text(Bytes message, const dns::Record& record);

/// "A", "TYPE65".
std::string type_text(uint16_t type);
/// "NOERROR", "RCODE11".
std::string rcode_text(uint16_t rcode);

}  // namespace dotring::replay
