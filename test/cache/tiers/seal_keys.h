// Keys that differ, for sealed values.

#pragma once

#include <string>

#include "cache/tiers/envelope.h"

namespace dotring::cache::tiers {

inline SealKey key_number(char number) {
  return SealKey::from_file_content(std::string(32, number)).value();
}

}  // namespace dotring::cache::tiers
