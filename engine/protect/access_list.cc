#include "engine/protect/access_list.h"

namespace dotring::protect {
namespace {

// The strictest one last: of equal networks the last one counts.
std::vector<NetworkTable::Entry> entries_of(const AccessList::Options& options) {
  std::vector<NetworkTable::Entry> entries;
  const auto add = [&](const std::vector<Network>& networks, Access access) {
    for (const Network& one : networks) entries.push_back({one, static_cast<uint8_t>(access)});
  };
  add(options.allow, Access::Allow);
  add(options.refuse, Access::Refuse);
  add(options.drop, Access::Drop);
  return entries;
}

}  // namespace

AccessList::AccessList(const Options& options)
    : table_(entries_of(options), static_cast<uint8_t>(Access::Refuse)) {}

std::vector<Network> AccessList::private_networks() {
  std::vector<Network> networks;
  for (const char* text : {"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                           "169.254.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7", "fe80::/10"}) {
    networks.push_back(*Network::parse(text));
  }
  return networks;
}

}  // namespace dotring::protect
