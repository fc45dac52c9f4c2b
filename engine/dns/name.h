// Domain names in wire form (RFC 1035, 3.1 and 4.1.4): checked walking, lower case, text.
//
// An uncompressed wire name is a run of length-prefixed labels that ends with the root's zero:
// 1 <= size <= 255, each label <= 63 octets. Labels may hold any octet, so a name is never a C
// string.

#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/cursor.h"
#include "engine/dns/constants.h"

namespace dotring::dns {

/// A name of its own, uncompressed, in the case it was given.
struct Name {
  std::array<uint8_t, kNameSizeMax> octets;
  uint8_t size = 0;

  Bytes wire() const { return {octets.data(), size}; }
};

/// No name has more labels than this, and no sane compressor points without adding a label. The
/// limit keeps a chain of bare pointers from costing more than the name it stands for.
inline constexpr int kPointersMax = 127;

// Compression pointers are followed only backwards, to labels that end before the run of labels
// with the pointer begins: so every walk ends. Never into the header, whose id and flags change on
// the way; at most kPointersMax times per name.

/// Moves `reader` past a name that may end in a compression pointer, without following it.
/// Fails the reader on a label over 63, a reserved label type, a pointer that does not go
/// backwards, or the end.
void skip_name(Reader& reader);

/// Moves `reader` past a name in `message` after following its pointers to the root. Fails the
/// reader when the name is malformed anywhere or longer than 255, or when an octet of it lies in
/// one of the TTLs at `ttl_offsets` (rising): these change while an answer is kept, and the name
/// with them.
void check_name(Bytes message, Reader& reader, std::span<const uint16_t> ttl_offsets = {});

/// Reads a name at `reader` in `message` and moves the reader past it. Nothing, and a failed
/// reader, where check_name() fails it.
std::optional<Name> read_name(Bytes message, Reader& reader);

/// The size of an uncompressed wire name at the start of `bytes`, its final zero included; 0 when
/// it is malformed, compressed, or does not end within `bytes`. For question sections: the hot
/// path.
size_t plain_name_size(Bytes bytes);

/// Copies an uncompressed wire name with A-Z folded to a-z (RFC 4343). Lengths are never in A-Z's
/// range (at most 63), so every octet can be folded alike. `to` has room for name.size().
void copy_lower(Bytes name, uint8_t* to);

/// Whether two wire names of equal size are the same, ignoring ASCII case.
bool equal_ignoring_case(Bytes a, Bytes b);

/// Whether `name` is `parent` or below it (both uncompressed, both lower case).
bool is_within(Bytes name, Bytes parent);

/// Presentation form with \DDD escapes and a final dot ("example.com.", "." for the root).
std::string name_to_text(Bytes wire);

/// From presentation form, with or without the final dot, \X and \DDD escapes understood.
/// Nothing when a label is empty or too long, or the name is.
std::optional<Name> name_from_text(std::string_view text);

}  // namespace dotring::dns
