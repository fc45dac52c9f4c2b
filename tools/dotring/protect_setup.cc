#include "tools/dotring/protect_setup.h"

#include <algorithm>
#include <bit>

#include "tls/file.h"
#include "tools/dotring/config/secret_file.h"

namespace dotring::appliance {
namespace {

using protect::Network;
using protect::NetworkTable;
using protect::ServerCookies;

using Failure = std::optional<ConfigError>;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// One network a line; Problem: what is wrong with which line.
Problem read_networks(std::string_view content, std::vector<Network>& networks) {
  for (size_t number = 1; !content.empty(); ++number) {
    const std::string_view line = content.substr(0, content.find('\n'));
    content.remove_prefix(std::min(line.size() + 1, content.size()));
    const std::string_view text = trimmed(line.substr(0, line.find('#')));
    if (text.empty()) continue;
    Network network;
    if (Problem problem = parse_value(text, {}, network)) {
      return "line " + std::to_string(number) + ": " + *problem;
    }
    networks.push_back(network);
  }
  return std::nullopt;
}

Failure refuse_too_many(const std::string& key, size_t count) {
  if (count <= NetworkTable::kNetworksMax) return std::nullopt;
  return ConfigError{key, std::to_string(count) + " networks", "",
                     "too many; give at most " + std::to_string(NetworkTable::kNetworksMax) +
                         " in all lists and files together"};
}

ServerCookies::Secret random_secret(Random& random) {
  const std::array<uint64_t, 2> drawn = {random.next(), random.next()};
  return std::bit_cast<ServerCookies::Secret>(drawn);
}

bool has_limit(const ProtectOptions& options) {
  return options.rate.per_second[0] > 0 || options.rate.per_second[1] > 0;
}

bool limits_replies(const ProtectOptions& options) {
  return options.responses.per_second > 0 || options.responses.errors_per_second > 0;
}

/// What may be saved up, and who is a client, are the same for queries and replies.
protect::ResponseLimiter::Options response_options(const ProtectOptions& options) {
  protect::ResponseLimiter::Options responses = options.responses;
  responses.burst_ms = options.rate.burst_ms;
  responses.clients = options.rate.clients;
  return responses;
}

}  // namespace

Failure ProtectSetup::open(const Configuration& configuration, Random& random,
                           const ProtectSetup* before) {
  const ProtectOptions& options = configuration.protect;
  if (Failure failure = open_access(options)) return failure;
  if (Failure failure = open_listeners(configuration)) return failure;
  if (Failure failure = refuse_too_many("rate.exempt", options.rate.clients.exempt.size()))
    return failure;
  open_rate(options, random, before);
  open_responses(options, random, before);
  return open_cookies(options, random, before);
}

// The same limits go on with what they know of their clients.
void ProtectSetup::open_rate(const ProtectOptions& options, Random& random,
                             const ProtectSetup* before) {
  if (!has_limit(options)) return;
  const bool same = before && before->rate_ && before->rate_->options() == options.rate;
  rate_ =
      same ? before->rate_ : std::make_shared<protect::RateLimiter>(options.rate, random.fork());
}

void ProtectSetup::open_responses(const ProtectOptions& options, Random& random,
                                  const ProtectSetup* before) {
  if (!limits_replies(options)) return;
  const protect::ResponseLimiter::Options wanted = response_options(options);
  const bool same = before && before->responses_ && before->responses_->options() == wanted;
  responses_ =
      same ? before->responses_ : std::make_shared<protect::ResponseLimiter>(wanted, random.fork());
}

Failure ProtectSetup::add_file(const std::string& key, const std::string& path,
                               std::vector<Network>& networks) {
  if (path.empty()) return std::nullopt;
  std::string content;
  if (auto failure = tls::read_file(path, content)) {
    return ConfigError{key, path, "", "cannot be read: " + *failure + "; give a file of networks"};
  }
  contents_.note(key, content);
  if (Problem problem = read_networks(content, networks)) {
    return ConfigError{key, path, "", *problem};
  }
  return std::nullopt;
}

Failure ProtectSetup::open_access(const ProtectOptions& options) {
  protect::AccessList::Options access = options.access;
  for (auto failure : {add_file("access.allow_file", options.allow_file, access.allow),
                       add_file("access.refuse_file", options.refuse_file, access.refuse),
                       add_file("access.drop_file", options.drop_file, access.drop)}) {
    if (failure) return failure;
  }
  const size_t count = access.allow.size() + access.refuse.size() + access.drop.size();
  if (Failure failure = refuse_too_many("access.allow", count)) return failure;
  access_.emplace(access);
  if (access_->allows_all()) access_.reset();
  return std::nullopt;
}

Failure ProtectSetup::open_listeners(const Configuration& configuration) {
  addresses_ = configuration.listen_dns;
  for (const Endpoint& address : addresses_) {
    std::vector<Network> networks;
    for (const ListenerNetworks& one : configuration.protect.restricted) {
      if (one.listener != address) continue;
      networks.insert(networks.end(), one.networks.begin(), one.networks.end());
    }
    if (networks.empty()) continue;
    if (Failure failure = refuse_too_many("access.restrict", networks.size())) return failure;
    if (!listeners_) listeners_.emplace();
    listeners_->restrict_to(listener_number(address), networks);
  }
  return std::nullopt;
}

uint16_t ProtectSetup::listener_number(const Endpoint& address) const {
  const auto at = std::find(addresses_.begin(), addresses_.end(), address);
  return static_cast<uint16_t>(at - addresses_.begin());
}

Failure ProtectSetup::open_cookies(const ProtectOptions& options, Random& random,
                                   const ProtectSetup* before) {
  own_secret_ = before && before->own_secret_ ? *before->own_secret_ : random_secret(random);
  if (!options.cookies) {
    if (!options.guard.cookie_required) return std::nullopt;
    return ConfigError{"cookies.required", "true", "",
                       "nobody is given a cookie; make cookies.enabled true"};
  }
  const std::string& old = options.cookie_secret_file_old;
  if (options.cookie_secret_file.empty()) {
    if (!old.empty()) {
      return ConfigError{"cookies.secret_file_old", old, "",
                         "there is no new secret; give cookies.secret_file too"};
    }
    secrets_.push_back(*own_secret_);
  } else if (auto failure = read_secret("cookies.secret_file", options.cookie_secret_file)) {
    return failure;
  }
  if (!old.empty()) {
    if (auto failure = read_secret("cookies.secret_file_old", old)) return failure;
  }
  cookies_.emplace(ServerCookies::Options(), secrets_);
  return std::nullopt;
}

Failure ProtectSetup::read_secret(const std::string& key, const std::string& path) {
  std::string content;
  bool exposed = false;
  if (auto problem = read_secret_content(path, content, exposed)) {
    return ConfigError{key, path, "", *problem};
  }
  contents_.note(key, content);
  ServerCookies::Secret secret{};
  if (auto problem = parse_secret(content, secret)) {
    return ConfigError{key, path, "", *problem};
  }
  secrets_.push_back(secret);
  if (exposed) exposed_files_.push_back(path);
  return std::nullopt;
}

protect::Guard::Parts ProtectSetup::parts(const io::Clock& clock) const {
  protect::Guard::Parts parts;
  parts.access = access();
  parts.listeners = listeners_ ? &*listeners_ : nullptr;
  parts.responses = responses_.get();
  parts.rate = rate_.get();
  parts.cookies = cookies_ ? &*cookies_ : nullptr;
  parts.wall_s = [&clock] { return clock.wall_s(); };
  return parts;
}

uint64_t ProtectSetup::memory_max(const ProtectOptions& options) {
  const uint64_t rates = has_limit(options) ? std::bit_ceil(options.rate.table_bytes) : 0;
  const uint64_t replies =
      limits_replies(options) ? std::bit_ceil(options.responses.table_bytes) : 0;
  return rates + replies + protect::InFlightLimiter::memory_max(options.in_flight);
}

}  // namespace dotring::appliance
