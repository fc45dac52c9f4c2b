// What people write behind dotring-responder.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/responder/identity.h"
#include "tools/responder/worker.h"

namespace dotring::responder {

struct CommandLine {
  Addresses addresses;
  std::vector<Endpoint> plain;  ///< UDP and TCP on the same port
  IdentityChoice identity;
  Worker::Options worker;
  uint32_t workers = 1;
  Behaviour base;
  std::vector<std::string> rules;
  std::string rules_file;
  std::optional<uint64_t> seed;
};

/// Nothing when the program is to end with `status` (0 after --help, 2 after a mistake); what there
/// is to say has been printed.
std::optional<CommandLine> parse_command_line(int count, const char* const* arguments, int& status);

/// The rules of the command line, then those of the file as it is now. Not null: what is wrong with
/// them.
std::optional<std::string> load_rules(const CommandLine& line, std::shared_ptr<const Rules>& rules);

}  // namespace dotring::responder
