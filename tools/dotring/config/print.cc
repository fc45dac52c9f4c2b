#include "tools/dotring/config/print.h"

#include "tools/dotring/config/key.h"

namespace dotring::appliance {
namespace {

/// A basic string (TOML 1.0). Values hold no control characters: parse_value() refuses them.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char octet : text) {
    if (octet == '"' || octet == '\\') result += '\\';
    result += octet;
  }
  return result + "\"";
}

std::string as_toml(const Key& key, const std::vector<std::string>& items) {
  if (key.form == Form::Bare && !key.limits.bytes) return items[0];
  if (key.form != Form::List) return quoted(items[0]);
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + quoted(item);
  return "[" + text + "]";
}

std::string default_of(const Key& key) {
  const std::string text = join_items(key.get(Configuration(), key.limits));
  return text.empty() ? "(empty)" : text;
}

/// A cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string result;
  for (const char octet : text) {
    if (octet == '|') result += '\\';
    result += octet;
  }
  return result;
}

std::string print_fixed_bounds(std::span<const FixedBound> bounds) {
  std::string text = "\n### fixed bounds\n\n| bound | value | meaning |\n|---|---|---|\n";
  for (const FixedBound& bound : bounds) {
    text += "| " + cell(bound.what) + " | " + bound.value + " | " + cell(bound.meaning) + " |\n";
  }
  return text;
}

/// Calls `section` where one begins and `key` for each key.
template <typename OnSection, typename OnKey>
void for_each_key(OnSection on_section, OnKey on_key) {
  std::string_view section;
  for (const Key& key : keys()) {
    if (key.section() != section) on_section(section = key.section());
    on_key(key);
  }
}

}  // namespace

std::string print_toml(const Configuration& configuration) {
  std::string text =
      "# dotring: the configuration in force. Start with it: dotring --config FILE\n";
  for_each_key([&](std::string_view section) { text += "\n[" + std::string(section) + "]\n"; },
               [&](const Key& key) {
                 text += "# " + std::string(key.meaning) + ". Value: " + key.describe(key.limits) +
                         "\n";
                 text += std::string(key.key()) + " = " +
                         as_toml(key, key.get(configuration, key.limits)) + "\n";
               });
  return text;
}

std::string print_reference(std::span<const FixedBound> bounds) {
  std::string text;
  for_each_key(
      [&](std::string_view section) {
        text += (text.empty() ? "" : "\n") + std::string("### ") + std::string(section) +
                "\n\n| key | default | values | to change it | meaning |\n|---|---|---|---|---|\n";
      },
      [&](const Key& key) {
        text += "| `" + std::string(key.name) + "` | `" + cell(default_of(key)) + "` | " +
                cell(key.describe(key.limits)) + " | " + (key.live ? "reload" : "restart") + " | " +
                cell(key.meaning) + " |\n";
      });
  return text + print_fixed_bounds(bounds);
}

std::string print_keys() {
  std::string text;
  for_each_key([&](std::string_view) { text += "\n"; },
               [&](const Key& key) {
                 text += "  --" + std::string(key.name) + "=" + default_of(key) + "\n      " +
                         std::string(key.meaning) + "\n";
               });
  return text;
}

}  // namespace dotring::appliance
