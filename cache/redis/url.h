// Where Redis is, as people write it.
//
//   redis://[user:password@]host[:port][/database]           one server
//   unix:///path[?db=N]                                      one server, by its unix socket
//   redis+cluster://[user:password@]host[:port],host[:port]  a cluster: some of its nodes
//   redis+sentinel://[user:password@]host[:port],.../master-name[/database]
//                                                            the master that sentinels name
//   rediss:// rediss+cluster:// rediss+sentinel://           the same over TLS
//
// Hosts are addresses ("192.0.2.1", "[2001:db8::1]") or "localhost": a resolver cannot ask itself
// for its Redis. ":password@" is the default user. Octets of user, password and path may be written
// as %XX. Options after "?", separated by "&": db=N, user=, password= (for unix sockets), and for
// sentinels that ask for them sentinel_user=, sentinel_password=.

#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "cache/redis/options.h"

namespace dotring::cache::redis {

constexpr uint16_t kPort = 6379;
constexpr uint16_t kSentinelPort = 26379;
constexpr size_t kAddressesMax = 16;

/// The target, or what is wrong with `url` (without the password in it).
std::variant<Target, std::string> parse_url(std::string_view url);

}  // namespace dotring::cache::redis
