// Which dotring this is, and which TLS library it runs on.

#pragma once

#include <string>
#include <string_view>

namespace dotring {

/// "0.1.0".
std::string_view version();

/// "dotring 0.1.0 (wolfSSL 5.5.4)": the TLS library as it was loaded, not as it was compiled
/// against.
std::string version_line(std::string_view program);

}  // namespace dotring
