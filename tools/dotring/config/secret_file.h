// A secret of known size in a file: as it is, or as hexadecimal digits.

#pragma once

#include <optional>
#include <string>

#include "engine/base/bytes.h"

namespace dotring::appliance {

/// False: `content` is neither `secret.size()` octets nor twice as many digits and an end of line.
bool parse_secret(std::string_view content, MutableBytes secret);

/// Reads a file that holds `secret.size()` octets, or twice as many digits and an end of line. Not
/// null: why not. `exposed`: others than its owner may read it.
std::optional<std::string> read_secret_file(const std::string& path, MutableBytes secret,
                                            bool& exposed);

}  // namespace dotring::appliance
