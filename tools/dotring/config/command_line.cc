#include "tools/dotring/config/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "tools/dotring/config/print.h"

namespace dotring::appliance {
namespace {

constexpr std::string_view kOrigin = "command line";

struct Flags {
  bool check_config = false;
  bool print_config = false;
  bool print_reference = false;
  bool help = false;
  bool version = false;

  Action action() const {
    if (help) return Action::Help;
    if (version) return Action::Version;
    if (print_reference) return Action::PrintReference;
    if (print_config) return Action::PrintConfig;
    return check_config ? Action::CheckConfig : Action::Run;
  }
};

void add_options(CLI::App& app, CommandLine& line, Flags& flags) {
  app.set_help_flag();
  app.add_flag("-h,--help", flags.help, "This text");
  app.add_flag("--version", flags.version, "The version");
  app.add_option("--config", line.config_file, "TOML file; also DOTRING_CONFIG in the environment");
  app.add_flag("--takeover", line.takeover,
               "Take over from the dotring that runs, at life.takeover_socket; alone: start");
  app.add_flag("--check-config", flags.check_config, "Only check the configuration");
  app.add_flag("--print-config", flags.print_config, "Print the configuration in force, as TOML");
  app.add_flag("--print-reference", flags.print_reference, "Print all keys, as Markdown");
}

/// The keys among the arguments, in the order in which they first came; the others stay for CLI11,
/// which cannot tell `--key=` from `--key`.
class KeyArguments {
 public:
  std::vector<std::string> others;
  std::vector<Setting> settings;
  std::optional<ConfigError> error;

  void take(std::span<const char* const> arguments) {
    for (size_t i = 0; i < arguments.size(); ++i) {
      const std::string_view argument = arguments[i];
      const size_t equals = argument.find('=');
      const Key* key =
          argument.starts_with("--") ? find_key(argument.substr(2, equals - 2)) : nullptr;
      if (!key) {
        others.emplace_back(argument);
      } else if (equals != std::string_view::npos) {
        set(*key, argument.substr(equals + 1));
      } else if (++i < arguments.size()) {
        set(*key, arguments[i]);
      } else {
        error = ConfigError{std::string(key->name), "", std::string(kOrigin),
                            "without a value; give " + key->describe(key->limits)};
      }
    }
  }

 private:
  void set(const Key& key, std::string_view text) {
    Setting* setting = nullptr;
    for (Setting& earlier : settings) {
      if (earlier.name == key.name) setting = &earlier;
    }
    if (!setting)
      setting = &settings.emplace_back(Setting{std::string(key.name), {}, std::string(kOrigin)});
    if (key.form != Form::List) setting->items.clear();
    for (std::string& item : split_items(key, text)) setting->items.push_back(std::move(item));
  }
};

/// "--log.levle=info" was not understood.
ConfigError refuse(std::string_view argument) {
  const std::string name(argument.substr(0, argument.find('=')));
  const size_t value = std::min(name.size() + 1, argument.size());
  const size_t dashes = std::min(name.find_first_not_of('-'), name.size());
  if (dashes == 0) return {name, "", std::string(kOrigin), "not an option; see --help"};
  return {name, std::string(argument.substr(value)), std::string(kOrigin),
          explain_unknown(std::string_view(name).substr(dashes))};
}

}  // namespace

std::variant<CommandLine, ConfigError> parse_command_line(int count, const char* const* texts) {
  KeyArguments arguments;
  arguments.take(std::span(texts + 1, texts + std::max(count, 1)));
  if (arguments.error) return *arguments.error;

  CLI::App app("dotring: DNS in over UDP and TCP, cached, forwarded over TLS", "dotring");
  CommandLine line;
  Flags flags;
  add_options(app, line, flags);
  app.allow_extras();
  try {
    std::reverse(arguments.others.begin(), arguments.others.end());  // as CLI11 wants them
    app.parse(arguments.others);
  } catch (const CLI::ParseError& error) {
    return ConfigError{"", "", std::string(kOrigin), error.what()};
  }
  if (const std::vector<std::string> unknown = app.remaining(); !unknown.empty()) {
    return refuse(unknown.front());
  }
  line.action = flags.action();
  line.settings = std::move(arguments.settings);
  if (flags.help) line.help = app.help() + "\nKeys, with their defaults:\n" + print_keys();
  return line;
}

}  // namespace dotring::appliance
