// The one table of configuration keys, and setting a key from text.
//
// File, environment, command line, --print-config, --print-reference and error messages all come
// from this table, so they cannot disagree. A default is whatever a default-constructed
// Configuration holds.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/dotring/config/configuration.h"
#include "tools/dotring/config/value.h"

namespace dotring::appliance {

/// How TOML writes a value.
enum class Form : uint8_t { Bare, Quoted, List };

struct Key {
  /// "section.key".
  std::string_view name;
  /// One line: what it is, unit and special values included; no full stop at the end.
  std::string_view meaning;
  Limits limits;
  Form form;
  /// "a whole number from 1 to 64", "text", "true or false": for errors and the reference.
  std::string (*describe)(const Limits& limits);
  /// Lists take any number of items, everything else exactly one.
  Problem (*set)(Configuration& configuration, const Limits& limits,
                 std::span<const std::string> items);
  std::vector<std::string> (*get)(const Configuration& configuration, const Limits& limits);
  /// Compares what get() does not show too: the password of a URL.
  bool (*same)(const Configuration& one, const Configuration& other);
  /// A reload may change it; else a restart is needed.
  bool live = false;

  std::string_view section() const { return name.substr(0, name.find('.')); }
  std::string_view key() const { return name.substr(name.find('.') + 1); }
};

/// In the order in which people read them; keys of a section are neighbours.
std::span<const Key> keys();
/// Null when there is none.
const Key* find_key(std::string_view name);
/// The known key that looks most like `name`; null when none does.
const Key* nearest_key(std::string_view name);

/// The keys in which the two differ.
std::vector<const Key*> changed_keys(const Configuration& one, const Configuration& other);

/// "DOTRING_UPSTREAM_TIMEOUT_MS".
std::string environment_name(const Key& key);
/// The items of a value written as one text: for lists split at commas, blanks removed.
std::vector<std::string> split_items(const Key& key, std::string_view text);
/// The other way round.
std::string join_items(std::span<const std::string> items);

}  // namespace dotring::appliance
