// What this kernel lets us do, and what to tell people when it does not.

#pragma once

#include <string>

namespace dotring::io {

/// One line for people: why the ring could not be opened and how to allow it. `error` is a positive
/// errno.
std::string explain_ring_failure(int error);

/// "Connection refused (111)".
std::string error_text(int error);

}  // namespace dotring::io
