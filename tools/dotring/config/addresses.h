// The addresses to listen on, made sure of before any worker opens them.
//
// Why: workers share an address by SO_REUSEPORT, and with it the kernel also lets a second dotring
// share it silently. Here each address is bound once without it, so a port that is taken is
// noticed; and port 0 becomes the port that all workers then use.

#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/address.h"

namespace dotring::appliance {

/// Why an address cannot be had, and what to do about it.
struct AddressFailure {
  Endpoint address;
  std::string problem;
  int error = 0;  ///< errno
};

/// Whether a socket of that kind (SOCK_DGRAM, SOCK_STREAM) for this address is there already.
using IsHeld = std::function<bool(const Endpoint& address, int type)>;

/// The same addresses with their ports, free for UDP and TCP a moment ago, or held by us.
std::variant<std::vector<Endpoint>, AddressFailure> settle_addresses(
    const std::vector<Endpoint>& addresses, const IsHeld& is_held = nullptr);

/// This machine has no such address, or none of its family.
bool is_missing(const AddressFailure& failure);

/// "bind: Address already in use (98); stop the program that listens there, or choose another
/// address". `error` is the errno that `failure` tells of.
std::string explain_bind_failure(const std::string& failure, int error, const Endpoint& address);

}  // namespace dotring::appliance
