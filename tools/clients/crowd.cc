#include "tools/clients/crowd.h"

#include <sys/resource.h>

#include "tools/clients/stream_client.h"
#include "tools/clients/udp_client.h"

namespace dotring::clients {

std::unique_ptr<Client> Crowd::make(const ClientOptions& options, ClientOwner& owner) {
  if (options.transport == Transport::Udp) {
    return std::make_unique<UdpClient>(loop_, UdpClient::Shared{sender_, receiver_, statistics_},
                                       options, owner);
  }
  return std::make_unique<StreamClient>(loop_, pacer_, statistics_, options, owner);
}

uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace dotring::clients
