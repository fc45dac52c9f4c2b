// Query types and response codes in words, both ways.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dotring {

/// "AAAA", "aaaa", "TYPE28" (RFC 3597) or "28".
std::optional<uint16_t> type_from_text(std::string_view text);
/// "AAAA"; "TYPE65280" when it has no name here.
std::string type_to_text(uint16_t type);
/// "NOERROR"; "RCODE42" when it has no name here.
std::string rcode_to_text(uint16_t rcode);

}  // namespace dotring
