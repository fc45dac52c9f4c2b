#include "cache/redis/slot_map.h"

#include "cache/redis/slot.h"

namespace dotring::cache::redis {
namespace {

// Since Redis 7: what the node prefers to be called, and further names of it as pairs.
std::optional<IpAddress> address_beside(const Reply& node) {
  if (node.size() < 4) return std::nullopt;
  const Reply names = node[3];
  for (size_t i = 0; i + 1 < names.size(); i += 2) {
    if (names[i].text() == "ip") return IpAddress::parse(names[i + 1].text());
  }
  return std::nullopt;
}

std::optional<Endpoint> endpoint_of(const Reply& node, const Endpoint& asked) {
  if (node.size() < 2 || !node[1].is(ReplyType::Integer)) return std::nullopt;
  const int64_t port = node[1].integer();
  if (port < 1 || port > UINT16_MAX) return std::nullopt;
  const std::string_view host = node[0].text();
  std::optional<IpAddress> address = IpAddress::parse(host);
  if (!address) address = address_beside(node);
  if (!address && (host.empty() || host == "?")) address = asked.address;
  if (!address) return std::nullopt;
  return Endpoint{*address, static_cast<uint16_t>(port)};
}

bool is_slot(const Reply& reply) {
  return reply.is(ReplyType::Integer) && reply.integer() >= 0 && reply.integer() < kSlots;
}

}  // namespace

std::optional<std::vector<SlotRange>> parse_slot_map(const Reply& reply, const Endpoint& asked) {
  if (!reply.is_array()) return std::nullopt;
  std::vector<SlotRange> ranges;
  for (size_t i = 0; i < reply.size(); ++i) {
    const Reply range = reply[i];
    if (range.size() < 3 || !is_slot(range[0]) || !is_slot(range[1])) return std::nullopt;
    const auto master = endpoint_of(range[2], asked);
    if (!master) continue;
    ranges.push_back({static_cast<uint16_t>(range[0].integer()),
                      static_cast<uint16_t>(range[1].integer()), *master});
  }
  return ranges;
}

}  // namespace dotring::cache::redis
