// The system calls that dotring makes once it runs; all others are refused by the kernel.
//
// What it is: an allow-list for all threads, by libseccomp. A call that is not in it fails with
// EPERM and is told in the kernel's log: a new C library that makes another call must not be an
// outage, and not being made is the protection. Starting a program or looking into a process is
// never a mistake: that ends the process.
//
// No rule looks at arguments: since Linux 5.11 the kernel then remembers which calls are allowed
// and does not run the filter for them. What remains is a slower way into the kernel.

#pragma once

#include <optional>
#include <string>

namespace dotring::appliance {

/// From here on, for every thread of the process. Not null: what failed.
std::optional<std::string> restrict_system_calls();

}  // namespace dotring::appliance
