// Where a server is: an address, or a name that the system resolves once, before anything is sent.

#pragma once

#include <string>

#include "engine/base/address.h"

namespace dotring::flood {

enum class Family : uint8_t { Any, Ipv4, Ipv6 };

/// "192.0.2.1", "192.0.2.1:53", "[2001:db8::1]:53" or "dns.example". Not empty: what is wrong.
std::string find_server(const std::string& text, uint16_t port, Family family, Endpoint& server);

}  // namespace dotring::flood
