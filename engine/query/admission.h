// How many clients may wait at the same time, in total and over each transport.
//
// One transport alone can never take all places: a flood over UDP, where anybody can claim any
// address, leaves room for those who completed a handshake.
//
// Invariant: in_flight(t) <= in_flight_max_by_transport[t] for each t, and their sum <=
// in_flight_max.

#pragma once

#include <array>
#include <cassert>

#include "engine/query/ports.h"

namespace dotring::query {

class Admission {
 public:
  struct Options {
    uint32_t in_flight_max = 16384;
    std::array<uint32_t, kTransports> in_flight_max_by_transport = {12288, 12288, 12288, 12288};
  };

  explicit Admission(const Options& options) : options_(options) {}

  bool has_place(Transport transport) const {
    const size_t index = static_cast<size_t>(transport);
    return total_ < options_.in_flight_max &&
           by_transport_[index] < options_.in_flight_max_by_transport[index];
  }
  /// Only after has_place(); paid back by one leave().
  void enter(Transport transport) {
    assert(has_place(transport));
    ++total_;
    ++by_transport_[static_cast<size_t>(transport)];
  }
  void leave(Transport transport) {
    assert(in_flight(transport) > 0);
    --total_;
    --by_transport_[static_cast<size_t>(transport)];
  }

  uint32_t in_flight() const { return total_; }
  uint32_t in_flight(Transport transport) const {
    return by_transport_[static_cast<size_t>(transport)];
  }

 private:
  const Options options_;
  uint32_t total_ = 0;
  std::array<uint32_t, kTransports> by_transport_{};
};

}  // namespace dotring::query
