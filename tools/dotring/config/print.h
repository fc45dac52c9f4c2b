// A configuration as text: the file that --print-config writes, and the reference of all keys.
//
// What print_toml() writes, settings_of_toml() reads back as the same configuration.

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tools/dotring/config/configuration.h"

namespace dotring::appliance {

/// TOML with every key, its meaning as a comment and the value in force.
std::string print_toml(const Configuration& configuration);
/// What bounds dotring whatever its configuration says; there is no key for it.
struct FixedBound {
  std::string_view what;
  std::string value;  ///< with its unit
  std::string_view meaning;
};

/// Markdown: one table per section with key, default, accepted values and meaning; and one of
/// `bounds`.
std::string print_reference(std::span<const FixedBound> bounds);
/// For --help: one line per key.
std::string print_keys();

}  // namespace dotring::appliance
