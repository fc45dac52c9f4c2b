// Socket activation: the sockets that systemd opened before it started us (sd_listen_fds(3)).

#pragma once

#include <cstdint>
#include <vector>

namespace dotring::appliance {

/// Sockets at the most; a service manager gives one for each line of its unit.
inline constexpr uint32_t kActivatedMax = 1024;

/// The descriptors that are meant for this process, by LISTEN_PID and LISTEN_FDS; none without
/// them. The variables are unset: children of ours are not meant.
std::vector<int> sockets_of_manager();

/// What these variables say to the process `pid`; null where there is none.
std::vector<int> listen_descriptors(const char* listen_pid, const char* listen_fds, int pid);

}  // namespace dotring::appliance
