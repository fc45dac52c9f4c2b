// How much memory dotring may take at the most: a sum with its terms, computed from the
// configuration.
//
// What it is: the bounds of everything that grows with clients, questions, answers and servers, and
// of what is taken at the start. What it is not: a measurement; most of it is only taken under
// load.

#pragma once

#include <string>
#include <vector>

#include "tools/dotring/config/configuration.h"

namespace dotring::appliance {

struct MemoryTerm {
  std::string_view name;
  uint64_t bytes = 0;
};

/// `workers` threads, `addresses` to listen on.
std::vector<MemoryTerm> memory_terms(const Configuration& configuration, size_t workers,
                                     size_t addresses);
uint64_t sum_of(const std::vector<MemoryTerm>& terms);

}  // namespace dotring::appliance
