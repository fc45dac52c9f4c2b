// A Dissector fed with packets of one link type, and what came out of it.

#pragma once

#include <numeric>

#include "test/tools/capture/packets.h"
#include "tools/capture/dissector.h"

namespace dotring::capture {

struct Dissection {
  struct Found {
    MessageKind kind;
    bool tcp;
    uint64_t time_ns;
    Endpoint source;
    Endpoint destination;
    Octets octets;
  };

  explicit Dissection(uint32_t link_type = 1, const Dissector::Options& options = {})
      : link(link_type), dissector(options, {1, 2}, [this](const Message& message) {
          found.push_back({message.kind,
                           message.tcp,
                           message.time_ns,
                           message.source,
                           message.destination,
                           {message.octets.begin(), message.octets.end()}});
        }) {}

  /// `size_on_wire` 0: nothing was cut off.
  void take(const Octets& packet, uint64_t after_ns = 0, size_t size_on_wire = 0) {
    // A copy of exactly that size, so that the sanitizers see any step beyond its end.
    const Octets copy = packet;
    const size_t size = size_on_wire ? size_on_wire : packet.size();
    dissector.take({kStart + after_ns, link, static_cast<uint32_t>(size), Bytes(copy)});
  }

  std::vector<Octets> messages() const {
    std::vector<Octets> all;
    for (const Found& one : found) all.push_back(one.octets);
    return all;
  }
  uint64_t count(Fate fate) const { return dissector.account()[fate]; }
  bool adds_up() const {
    const Account& account = dissector.account();
    return std::accumulate(account.fates.begin(), account.fates.end(), uint64_t{0}) ==
           account.packets;
  }

  uint32_t link;
  std::vector<Found> found;
  Dissector dissector;
};

}  // namespace dotring::capture
