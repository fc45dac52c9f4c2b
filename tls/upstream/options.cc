#include "tls/upstream/options.h"

namespace dotring::upstream {

std::string ServerOptions::name() const {
  const std::string address = endpoint.to_text();
  if (trust.authentication_name.empty()) return address;
  return address + "#" + trust.authentication_name;
}

}  // namespace dotring::upstream
