// A configuration as text: the file that --print-config writes, and the reference of all keys.
//
// What print_toml() writes, settings_of_toml() reads back as the same configuration.

#pragma once

#include <string>

#include "tools/dotring/config/configuration.h"

namespace dotring::appliance {

/// TOML with every key, its meaning as a comment and the value in force.
std::string print_toml(const Configuration& configuration);
/// Markdown: one table per section with key, default, accepted values and meaning; and one of the
/// limits that have no key.
std::string print_reference();
/// For --help: one line per key.
std::string print_keys();

}  // namespace dotring::appliance
