#include "engine/protect/listener_access.h"

#include <algorithm>

namespace dotring::protect {

void ListenerAccess::restrict_to(uint16_t listener, std::span<const Network> networks) {
  std::vector<NetworkTable::Entry> entries;
  for (const Network& one : networks) entries.push_back({one, 1});
  if (listener >= lists_.size()) lists_.resize(size_t{listener} + 1);
  lists_[listener].emplace(entries, uint8_t{0});
}

bool ListenerAccess::restricts_all(size_t count) const {
  const auto has_list = [](const std::optional<NetworkTable>& list) { return list.has_value(); };
  return lists_.size() >= count && std::all_of(lists_.begin(), lists_.end(), has_list);
}

}  // namespace dotring::protect
