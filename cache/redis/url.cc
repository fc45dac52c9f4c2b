#include "cache/redis/url.h"

#include <charconv>
#include <optional>

namespace dotring::cache::redis {
namespace {

using Failure = std::optional<std::string>;

struct Scheme {
  std::string_view text;
  Layout layout;
  bool tls;
};

constexpr Scheme kSchemes[] = {
    {"redis://", Layout::Single, false},
    {"rediss://", Layout::Single, true},
    {"redis+cluster://", Layout::Cluster, false},
    {"rediss+cluster://", Layout::Cluster, true},
    {"redis+sentinel://", Layout::Sentinel, false},
    {"rediss+sentinel://", Layout::Sentinel, true},
};
constexpr std::string_view kUnixScheme = "unix://";

/// Takes what stands before `separator` from the front of `text`; all of it when there is none.
std::string_view take_until(std::string_view& text, char separator) {
  const size_t end = text.find(separator);
  const std::string_view taken = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return taken;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    uint8_t octet = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), octet, 16);
    if (digits.size() != 2 || parsed.ptr != digits.data() + 2) return std::nullopt;
    result += static_cast<char>(octet);
    i += 2;
  }
  return result;
}

Failure parse_database(std::string_view text, Target& target) {
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, target.database);
  if (parsed.ec != std::errc() || parsed.ptr != end || target.database > INT32_MAX) {
    return "'" + std::string(text) + "' is no number of a database; give one as in /0";
  }
  if (target.layout == Layout::Cluster && target.database != 0) {
    return "a cluster has no database but 0; leave it out";
  }
  return std::nullopt;
}

Failure parse_credentials(std::string_view text, Credentials& credentials) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    return "before '@' is no password; give user:password or :password";
  const auto user = decoded(text.substr(0, colon));
  const auto password = decoded(text.substr(colon + 1));
  if (!user || !password)
    return "'%' in user or password is not followed by two digits; write % as %25";
  credentials = {*user, *password};
  return std::nullopt;
}

Failure parse_host(std::string_view text, Target& target) {
  const uint16_t port = target.layout == Layout::Sentinel ? kSentinelPort : kPort;
  std::string host(text);
  if (host == "localhost" || host.starts_with("localhost:")) host.replace(0, 9, "127.0.0.1");
  const auto endpoint = Endpoint::parse(host, port);
  if (!endpoint || endpoint->port == 0) {
    return "'" + std::string(text) +
           "' is no address: this resolver cannot ask itself for a name before it runs; give IP "
           "addresses or localhost";
  }
  target.addresses.push_back({*endpoint, ""});
  if (target.addresses.size() > kAddressesMax) return "more than 16 hosts; give fewer";
  return std::nullopt;
}

Failure parse_hosts(std::string_view text, Target& target) {
  do {
    if (auto failure = parse_host(take_until(text, ','), target)) return failure;
  } while (!text.empty());
  if (target.layout == Layout::Single && target.addresses.size() > 1) {
    return "several hosts are a cluster's or sentinels; give redis+cluster:// or redis+sentinel://";
  }
  return std::nullopt;
}

Failure parse_option(std::string_view text, Target& target) {
  const std::string_view name = take_until(text, '=');
  if (name == "db") return parse_database(text, target);
  const auto value = decoded(text);
  if (!value)
    return "'%' in " + std::string(name) + " is not followed by two digits; write % as %25";
  const bool sentinel = target.layout == Layout::Sentinel;
  if (name == "user") {
    target.credentials.user = *value;
  } else if (name == "password") {
    target.credentials.password = *value;
  } else if (name == "sentinel_user" && sentinel) {
    target.sentinel_credentials.user = *value;
  } else if (name == "sentinel_password" && sentinel) {
    target.sentinel_credentials.password = *value;
  } else {
    return "there is no option '" + std::string(name) + "'; give one of db, user, password" +
           (sentinel ? ", sentinel_user, sentinel_password" : "");
  }
  return std::nullopt;
}

Failure parse_options(std::string_view text, Target& target) {
  while (!text.empty()) {
    if (auto failure = parse_option(take_until(text, '&'), target)) return failure;
  }
  return std::nullopt;
}

Failure parse_path(std::string_view path, Target& target) {
  if (target.layout == Layout::Sentinel) {
    target.master_name = take_until(path, '/');
    if (target.master_name.empty())
      return "there is no name of the master; give it after the sentinels, as in /mymaster";
  }
  return path.empty() ? std::nullopt : parse_database(path, target);
}

Failure parse_servers(std::string_view rest, Target& target) {
  std::string_view place = take_until(rest, '?');
  const size_t at = place.rfind('@');
  if (at != std::string_view::npos) {
    if (auto failure = parse_credentials(place.substr(0, at), target.credentials)) return failure;
    place = place.substr(at + 1);
  }
  if (auto failure = parse_hosts(take_until(place, '/'), target)) return failure;
  if (auto failure = parse_path(place, target)) return failure;
  return parse_options(rest, target);
}

Failure parse_unix(std::string_view rest, Target& target) {
  const auto path = decoded(take_until(rest, '?'));
  if (!path || !path->starts_with('/'))
    return "the path is not absolute; give one as in unix:///run/redis.sock";
  if (path->size() > 107)
    return "the path of a unix socket has at most 107 octets; give a shorter one";
  target.addresses.push_back({{}, *path});
  return parse_options(rest, target);
}

Failure parse(std::string_view url, Target& target) {
  if (url.starts_with(kUnixScheme)) return parse_unix(url.substr(kUnixScheme.size()), target);
  for (const Scheme& scheme : kSchemes) {
    if (!url.starts_with(scheme.text)) continue;
    target.layout = scheme.layout;
    target.tls = scheme.tls;
    return parse_servers(url.substr(scheme.text.size()), target);
  }
  return "it has no scheme that is known; give redis://, rediss://, unix://, or redis+cluster://, "
         "rediss+cluster://, redis+sentinel://, rediss+sentinel://";
}

}  // namespace

std::variant<Target, std::string> parse_url(std::string_view url) {
  Target target;
  if (auto failure = parse(url, target)) return *failure;
  return target;
}

}  // namespace dotring::cache::redis
