#include "tools/ctl/command_line.h"

#include <CLI/CLI.hpp>

#include "tools/common/program.h"
#include "tools/common/version.h"

namespace dotring::ctl {
namespace {

/// Arguments of the verbs.
struct Texts {
  std::string name;
  bool subtree = false;
  bool all = false;
  std::string level;
  std::string what;
  std::optional<uint32_t> count;
};

void add_options(CLI::App& app, CommandLine& line) {
  app.add_option("-s,--socket", line.socket, "dotring's control.socket")
      ->envname("DOTRING_CONTROL_SOCKET")
      ->capture_default_str();
  app.add_option("--timeout", line.timeout_s, "seconds to wait for dotring")
      ->check(CLI::Range(1u, 3600u))
      ->capture_default_str();
  app.add_flag("--json", line.json, "print the reply as JSON");
}

/// `request` is filled when the verb is read.
CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& what,
                   CommandLine& line) {
  CLI::App* verb = app.add_subcommand(name, what);
  verb->callback([&line, name] { line.request.verb = name; });
  return verb;
}

void add_flush(CLI::App& app, CommandLine& line, Texts& texts) {
  CLI::App* flush = add_verb(app, "flush", "forget what is cached about a name", line);
  auto* name = flush->add_option("NAME", texts.name, "the name, whatever the type");
  auto* subtree = flush->add_flag("--subtree", texts.subtree, "all names below it too");
  flush->add_flag("--all", texts.all, "all names")->excludes(name)->excludes(subtree);
}

void add_top(CLI::App& app, CommandLine& line, Texts& texts) {
  CLI::App* top = add_verb(app, "top", "who and what is asked for most", line);
  top->add_option("WHAT", texts.what, "names, clients or upstreams")
      ->required()
      ->check(CLI::IsMember({"names", "clients", "upstreams"}));
  top->add_option("-n", texts.count, "so many at most (10)")->check(CLI::Range(1u, 1'000'000u));
}

void add_verbs(CLI::App& app, CommandLine& line, Texts& texts) {
  add_verb(app, "status", "how dotring is", line);
  add_verb(app, "upstreams", "the servers that are asked", line);
  add_top(app, line, texts);
  add_verb(app, "config", "all keys with the values in force, without secrets", line)
      ->add_flag("--changed", line.changed, "only those that are not the default");
  add_flush(app, line, texts);
  add_verb(app, "log-level", "write less or more to the log, for now", line)
      ->add_option("LEVEL", texts.level, "debug, info, warning or error")
      ->required();
  add_verb(app, "reload", "read the configuration again, all of it or nothing", line);
  add_verb(app, "drain", "take no more queries, answer those in flight, and end", line);
  app.require_subcommand(1);
}

/// What is wrong with what was parsed; empty: nothing, and the request has its arguments.
std::string fill(CommandLine& line, const Texts& texts) {
  control::Json& arguments = line.request.arguments;
  if (line.request.verb == "flush" && texts.name.empty() && !texts.all) {
    return "flush: give a name, or --all";
  }
  if (!texts.name.empty()) arguments["name"] = texts.name;
  if (texts.subtree) arguments["subtree"] = true;
  if (texts.all) arguments["all"] = true;
  if (!texts.what.empty()) arguments["what"] = texts.what;
  if (texts.count) arguments["count"] = *texts.count;
  if (!texts.level.empty()) arguments["level"] = texts.level;
  const bool fits = control::to_line(line.request).size() <= control::kRequestMax;
  return fits ? "" : "the arguments are too long";
}

}  // namespace

std::optional<CommandLine> parse_command_line(int count, const char* const* arguments,
                                              int& status) {
  CLI::App app("dotring-ctl: asks and directs a running dotring", "dotring-ctl");
  app.set_version_flag("--version", [] { return version_line("dotring-ctl"); });
  CommandLine line;
  Texts texts;
  add_options(app, line);
  add_verbs(app, line, texts);
  const auto read = [&] { return fill(line, texts); };
  if (!parse_arguments(app, count, arguments, status, read)) return std::nullopt;
  return line;
}

}  // namespace dotring::ctl
