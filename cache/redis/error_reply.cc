#include "cache/redis/error_reply.h"

#include <charconv>

#include "cache/redis/slot.h"

namespace dotring::cache::redis {
namespace {

struct Known {
  std::string_view code;
  ErrorKind kind;
};

constexpr Known kKnown[] = {
    {"MOVED", ErrorKind::Moved},
    {"ASK", ErrorKind::Ask},
    {"OOM", ErrorKind::Full},
    {"MISCONF", ErrorKind::Full},
    {"NOREPLICAS", ErrorKind::Full},
    {"READONLY", ErrorKind::ReadOnly},
    {"LOADING", ErrorKind::Loading},
    {"MASTERDOWN", ErrorKind::Loading},
    {"BUSY", ErrorKind::Loading},
    {"NOAUTH", ErrorKind::Refused},
    {"WRONGPASS", ErrorKind::Refused},
    {"NOPERM", ErrorKind::Refused},
    {"CLUSTERDOWN", ErrorKind::Cluster},
    {"TRYAGAIN", ErrorKind::Cluster},
    {"CROSSSLOT", ErrorKind::Cluster},
};

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return number;
}

std::string_view next_word(std::string_view& text) {
  const size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  return word;
}

}  // namespace

ErrorKind kind_of(std::string_view error) {
  const std::string_view code = next_word(error);
  for (const Known& known : kKnown) {
    if (known.code == code) return known.kind;
  }
  return ErrorKind::Other;
}

// IPv6 addresses come without brackets: the port follows the last colon.
std::optional<Redirection> parse_redirection(std::string_view error, const Endpoint& asked) {
  Redirection redirection;
  const ErrorKind kind = kind_of(error);
  if (kind != ErrorKind::Moved && kind != ErrorKind::Ask) return std::nullopt;
  redirection.ask = kind == ErrorKind::Ask;
  next_word(error);
  const auto slot = number_of<uint16_t>(next_word(error));
  const std::string_view place = next_word(error);
  const size_t colon = place.rfind(':');
  if (!slot || *slot >= kSlots || colon == std::string_view::npos) return std::nullopt;
  const auto port = number_of<uint16_t>(place.substr(colon + 1));
  const std::string_view host = place.substr(0, colon);
  const auto address = host.empty() ? asked.address : IpAddress::parse(host);
  if (!port || *port == 0 || !address) return std::nullopt;
  redirection.slot = *slot;
  redirection.endpoint = {*address, *port};
  return redirection;
}

const char* to_text(ErrorKind kind) {
  static constexpr const char* kTexts[kErrorKinds] = {"full",    "read_only", "loading", "refused",
                                                      "cluster", "moved",     "ask",     "other"};
  return kTexts[static_cast<size_t>(kind)];
}

const char* to_text(Cause cause) {
  static constexpr const char* kTexts[kCauses] = {"none",    "gone",    "silent", "slow",
                                                  "loading", "refused", "full",   "read_only"};
  return kTexts[static_cast<size_t>(cause)];
}

}  // namespace dotring::cache::redis
