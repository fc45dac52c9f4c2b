// Query types drawn by weight: "A", or "A:70,AAAA:25,HTTPS:5".

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/random.h"

namespace dotring::flood {

class TypeMix {
 public:
  explicit TypeMix(uint16_t type) : entries_{{type, 1}}, first_type_(type) {}
  /// Nothing for anything else than the above; weights are positive, 1 when they are left out.
  static std::optional<TypeMix> parse(std::string_view text);

  bool mixed() const { return entries_.size() > 1; }
  uint16_t first() const { return first_type_; }
  uint16_t draw(Random& random) const;

 private:
  struct Entry {
    uint16_t type;
    double up_to;  ///< share of this and all before
  };
  TypeMix() = default;

  std::vector<Entry> entries_;
  uint16_t first_type_ = 0;
};

}  // namespace dotring::flood
