// Reads a small file whole, with an error that says what the system said.

#pragma once

#include <optional>
#include <string>

namespace dotring::tls {

inline constexpr size_t kFileSizeMax = 16 << 20;  ///< octets

/// Not null: why `path` cannot be read. Larger files are refused.
std::optional<std::string> read_file(const std::string& path, std::string& content);

}  // namespace dotring::tls
