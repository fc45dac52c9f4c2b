// What an error reply of a server means.

#pragma once

#include <optional>
#include <string_view>

#include "cache/redis/statistics.h"
#include "engine/base/address.h"

namespace dotring::cache::redis {

/// `error` is the text of the reply: "OOM command not allowed...".
ErrorKind kind_of(std::string_view error);

/// "MOVED 3999 127.0.0.1:6381" or "ASK ...": the node that has the slot.
struct Redirection {
  bool ask = false;  ///< for this command only, preceded by ASKING
  uint16_t slot = 0;
  Endpoint endpoint;
};

/// `asked` stands in for an address that the node does not know ("MOVED 3999 :6381"). Nothing when
/// the text is no redirection, or to a name instead of an address.
std::optional<Redirection> parse_redirection(std::string_view error, const Endpoint& asked);

}  // namespace dotring::cache::redis
