// A secret of known size in a file: as it is, or as hexadecimal digits.

#pragma once

#include <optional>
#include <string>

#include "engine/base/bytes.h"

namespace dotring::appliance {

/// The octets of such a file. Not null: why they cannot be read. `exposed`: others than its owner
/// may read it.
std::optional<std::string> read_secret_content(const std::string& path, std::string& content,
                                               bool& exposed);

/// Not null: `content` is neither `secret.size()` octets nor twice as many digits and an end of
/// line.
std::optional<std::string> parse_secret(std::string_view content, MutableBytes secret);

/// Both.
std::optional<std::string> read_secret_file(const std::string& path, MutableBytes secret,
                                            bool& exposed);

}  // namespace dotring::appliance
