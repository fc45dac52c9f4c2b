// The TOML side of source.h; the only file that knows toml++.

#include "tools/dotring/config/source.h"

// Header-only and without exceptions: the same on every distribution, and no library to load.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace dotring::appliance {
namespace {

std::string place(const std::string& path, const toml::source_region& source) {
  return path + " line " + std::to_string(source.begin.line);
}

/// A value as people would write it on the command line; nothing for what no key takes.
std::optional<std::string> text_of_node(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* boolean = node.as_boolean()) return boolean->get() ? "true" : "false";
  return std::nullopt;
}

class Walk {
 public:
  explicit Walk(const std::string& path) : path_(path) {}

  Settings run(const toml::table& document) {
    for (const auto& [name, node] : document) {
      if (node.is_table()) {
        take_section(name.str(), *node.as_table());
      } else {
        refuse(std::string(name.str()), node, "outside a section; write it below [section]");
      }
      if (error_) return *error_;
    }
    return std::move(settings_);
  }

 private:
  void take_section(std::string_view section, const toml::table& table) {
    for (const auto& [name, node] : table) {
      if (!error_) take(std::string(section) + "." + std::string(name.str()), node);
    }
  }

  void take(const std::string& name, const toml::node& node) {
    const Key* key = find_key(name);
    if (!key) return refuse(name, node, explain_unknown(name));
    Setting setting{name, {}, place(path_, node.source())};
    if (const toml::array* items = node.as_array()) {
      for (const toml::node& item : *items) {
        const std::optional<std::string> text = text_of_node(item);
        if (!text)
          return refuse(name, node, "holds something that is no text; give " + expected(*key));
        setting.items.push_back(*text);
      }
    } else if (const std::optional<std::string> text = text_of_node(node)) {
      setting.items = split_items(*key, *text);
    } else {
      return refuse(name, node, "not a value of this kind; give " + expected(*key));
    }
    settings_.push_back(std::move(setting));
  }

  static std::string expected(const Key& key) { return key.describe(key.limits); }

  void refuse(const std::string& name, const toml::node& node, const std::string& problem) {
    const std::string value = text_of_node(node).value_or("...");
    error_ = ConfigError{name, value, place(path_, node.source()), problem};
  }

  const std::string& path_;
  std::vector<Setting> settings_;
  std::optional<ConfigError> error_;
};

}  // namespace

Settings settings_of_toml(std::string_view text, const std::string& path) {
  const toml::parse_result result = toml::parse(text, path);
  if (!result) {
    return ConfigError{"", "", place(path, result.error().source()),
                       "not TOML: " + std::string(result.error().description()) +
                           "; `dotring --print-config` shows the form"};
  }
  return Walk(path).run(result.table());
}

}  // namespace dotring::appliance
