// Whether a server's key belongs to its certificate: shown by a handshake with itself, in memory.
//
// wolfSSL 5.5's own check says yes to any key on the same curve; a server with the wrong key would
// start and then fail every client.

#pragma once

#include <optional>
#include <string>

#include "tls/context.h"

namespace dotring::tls {

/// Not null: why no client could finish a handshake with this server.
std::optional<std::string> check_identity(const ServerContext& server);

}  // namespace dotring::tls
