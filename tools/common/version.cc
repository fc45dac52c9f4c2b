#include "tools/common/version.h"

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

namespace dotring {

std::string_view version() {
  return DOTRING_VERSION;
}

std::string version_line(std::string_view program) {
  return std::string(program) + " " + std::string(version()) + " (wolfSSL " +
         wolfSSL_lib_version() + ")";
}

}  // namespace dotring
