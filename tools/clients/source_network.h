// Source addresses for many clients: the addresses of a network, one after the other.

#pragma once

#include <optional>
#include <string_view>

#include "engine/base/address.h"

namespace dotring::clients {

class SourceNetwork {
 public:
  /// "127.0.0.0/8", "2001:db8::/64", or a single address; nothing for anything else.
  static std::optional<SourceNetwork> parse(std::string_view text);

  /// The address of client `index`: network + 1 and up, around when they are used up. The first and
  /// the last address of a network are left out where there are more than two.
  IpAddress address(uint64_t index) const;
  /// Different addresses, at most 2^63.
  uint64_t size() const { return size_; }

 private:
  IpAddress first_;
  uint64_t size_ = 1;
};

}  // namespace dotring::clients
