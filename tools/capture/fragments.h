// IP datagrams put together from their fragments (RFC 791, 3.2; RFC 8200, 4.5).
//
// Pure, and bounded whatever the capture holds: the oldest datagram goes first. Fragments that
// contradict each other end their datagram (RFC 5722), the same one twice does not.
//
// Invariant: datagrams <= options.datagrams_max and octets held <= options.octets_max; every
// fragment held is counted as Fate::FragmentUsed until its datagram is given up.

#pragma once

#include <list>
#include <map>
#include <tuple>
#include <vector>

#include "tools/capture/account.h"
#include "tools/capture/ip.h"

namespace dotring::capture {

class Fragments {
 public:
  struct Options {
    size_t datagrams_max = 1024;
    size_t octets_max = 16 << 20;
    uint64_t timeout_ns = 30'000'000'000;  ///< of the capture's time, from a datagram's first one
  };

  Fragments(const Options& options, Account& account) : options_(options), account_(account) {}

  /// Takes a view with Verdict::Fragment and turns it into the whole datagram where this one was
  /// the last: then true, with a payload that is valid until the next call. Otherwise `fate` says
  /// what became of it.
  bool complete(IpView& view, uint64_t time_ns, Fate& fate);
  /// The capture is over: what is held is incomplete.
  void finish();

 private:
  struct Key {
    IpAddress source;
    IpAddress destination;
    uint32_t id;
    uint8_t protocol;
    friend bool operator<(const Key& a, const Key& b) {
      return std::tie(a.id, a.protocol, a.source.octets, a.destination.octets) <
             std::tie(b.id, b.protocol, b.source.octets, b.destination.octets);
    }
  };
  struct Piece {
    uint32_t offset;
    std::vector<uint8_t> octets;
    uint32_t end() const { return offset + static_cast<uint32_t>(octets.size()); }
  };
  struct Datagram {
    Key key;
    uint64_t time_ns = 0;
    uint32_t size = 0;  ///< known with the last fragment; 0 before
    size_t octets = 0;
    std::vector<Piece> pieces;  ///< by offset, without overlap
  };
  using Datagrams = std::list<Datagram>;

  Datagrams::iterator find(const Key& key, uint64_t time_ns);
  Fate add(Datagram& datagram, const IpView& view);
  bool join(Datagrams::iterator datagram, IpView& view);
  void give_up(Datagrams::iterator datagram, Fate fate);
  void forget(Datagrams::iterator datagram);
  void make_room(uint64_t time_ns);

  const Options options_;
  Account& account_;
  Datagrams datagrams_;  ///< oldest first
  std::map<Key, Datagrams::iterator> by_key_;
  size_t octets_ = 0;
  std::vector<uint8_t> whole_;
};

}  // namespace dotring::capture
