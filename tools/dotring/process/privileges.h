// What this process may do: its user, its capabilities, and what it can no longer become.
//
// Called once, before any thread is started: capabilities are each thread's own, and threads get
// those of whoever starts them.

#pragma once

#include <optional>
#include <string>

namespace dotring::appliance {

struct PrivilegeOptions {
  /// Whom to become; empty: whoever started us.
  std::string user;
  /// Ports below 1024 are to be opened: CAP_NET_BIND_SERVICE stays, where there is any.
  bool low_ports = false;
};

/// Becomes that user, gives up all other capabilities in every set, cannot gain any by programs it
/// would start, and is not to be looked into (core dumps, ptrace) by its own user. Not null: what
/// failed.
std::optional<std::string> drop_privileges(const PrivilegeOptions& options);

}  // namespace dotring::appliance
