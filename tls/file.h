// Reads a small file whole, with an error that says what the system said.

#pragma once

#include <optional>
#include <string>

namespace dotring::tls {

/// Not null: why `path` cannot be read. Files above 16 MiB are refused.
std::optional<std::string> read_file(const std::string& path, std::string& content);

}  // namespace dotring::tls
