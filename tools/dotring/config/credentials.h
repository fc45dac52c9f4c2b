// Where secrets are found: a relative path in a key that names a file is one of the service
// manager's credentials (systemd's LoadCredential=), when there is one of that name.

#pragma once

#include <string>

#include "tools/dotring/config/configuration.h"

namespace dotring::appliance {

/// `directory`: CREDENTIALS_DIRECTORY of the environment; empty: nothing changes.
void find_credentials(Configuration& configuration, const std::string& directory);

}  // namespace dotring::appliance
