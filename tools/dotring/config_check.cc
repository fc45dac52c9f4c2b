// What keys cannot say one by one.

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tools/dotring/config.h"

namespace dotring::appliance {
namespace {

using Refusal = std::optional<Contradiction>;

Refusal check_listen(const Configuration& configuration) {
  const std::vector<Endpoint>& listen = configuration.listen_dns;
  if (listen.empty()) return Contradiction{"listen.dns", "empty; give at least one address"};
  for (auto at = listen.begin(); at != listen.end(); ++at) {
    if (at->port != 0 && std::find(listen.begin(), at, *at) != at) {
      return Contradiction{"listen.dns", at->to_text() + " is there twice; leave one out"};
    }
  }
  return std::nullopt;
}

Refusal check_upstream(const Configuration& configuration) {
  if (configuration.upstream_servers.empty()) {
    return Contradiction{"upstream.servers", "empty; give at least one tls://ADDRESS#AUTH-NAME"};
  }
  const std::string& file = configuration.upstream_ca_file;
  if (!file.empty() && access(file.c_str(), R_OK) != 0) {
    return Contradiction{"upstream.ca_file",
                         std::string("cannot be read: ") + std::strerror(errno) +
                             "; give a PEM file, or leave it empty for the system's authorities"};
  }
  return std::nullopt;
}

}  // namespace

Refusal check(const Configuration& configuration) {
  if (Refusal refusal = check_listen(configuration)) return refusal;
  return check_upstream(configuration);
}

}  // namespace dotring::appliance
