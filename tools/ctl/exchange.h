// One request to a running dotring over its control socket, and the reply.

#pragma once

#include <string>
#include <variant>

#include "tools/control/message.h"

namespace dotring::ctl {

/// The reply (which may be a refusal), or why there is none, in one line with what to do about it.
std::variant<control::Reply, std::string> ask(const std::string& socket, uint32_t timeout_s,
                                              const control::Request& request);

}  // namespace dotring::ctl
