// The clients of a replay: one for each source address of the capture (or address and port), with
// sockets and connections of its own.
//
// A client that has as many queries in flight as its socket can tell apart gets one more socket.
// When the system gives no more, clients share those that there are.
//
// Invariant: sockets() <= options.sockets_max.

#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "engine/base/keyed_hash.h"
#include "tools/clients/crowd.h"
#include "tools/clients/source_network.h"

namespace dotring::replay {

/// A server that is asked; with --versus there are two.
using Lane = uint32_t;
inline constexpr Lane kLanesMax = 2;

class ClientTable {
 public:
  struct Options {
    bool by_port = false;  ///< a client is an address and a port
    uint64_t sockets_max = 20'000;
    std::optional<clients::SourceNetwork> sources;  ///< where clients ask from, one address each
    /// Per lane; transport, source and salt are set for each client.
    std::array<clients::ClientOptions, kLanesMax> servers;
  };

  using Owners = std::array<clients::ClientOwner*, kLanesMax>;

  /// `owners` are told of the clients of each lane.
  ClientTable(clients::Crowd& crowd, const Options& options, const HashKey& hash_key,
              const Owners& owners);

  /// A client with room for one more query of `asker`; null where there is none now.
  clients::Client* pick(const Endpoint& asker, clients::Transport transport, Lane lane);

  /// Makes the socket or begins the connection that pick() will want, unless it is there.
  void prepare(const Endpoint& asker, clients::Transport transport, Lane lane);
  /// Whether a connection has been begun and is not yet open.
  bool connecting() const;

  /// Gives up what was sent before.
  void give_up(uint64_t sent_before_ns);
  void close();
  bool active() const;

  /// Different askers so far.
  size_t askers() const { return slots_.size(); }
  size_t sockets() const { return clients_.size(); }
  /// Queries that went by a socket of another asker.
  uint64_t shared() const { return shared_; }
  uint64_t answers_dropped() const;
  /// Not empty: why the last socket could not be had.
  const std::string& failure() const { return failure_; }

 private:
  using Key = std::array<uint8_t, 18>;
  struct KeyHash {
    HashKey key;
    size_t operator()(const Key& octets) const { return siphash13(key, octets); }
  };
  static constexpr size_t kKinds = kLanesMax * 2;  ///< UDP or stream, per lane
  struct Slot {
    uint32_t index;
    std::array<std::vector<clients::Client*>, kKinds> clients;
  };

  Slot& slot_of(const Endpoint& asker);
  clients::Client* add(Slot& slot, clients::Transport transport, Lane lane);
  clients::Client* make(const Slot& slot, clients::Transport transport, Lane lane);
  clients::Client* share(size_t kind, uint32_t index);

  clients::Crowd& crowd_;
  const Options options_;
  const Owners owners_;
  std::unordered_map<Key, Slot, KeyHash> slots_;
  std::vector<std::unique_ptr<clients::Client>> clients_;
  std::array<std::vector<clients::Client*>, kKinds> by_kind_;
  uint64_t shared_ = 0;
  std::string failure_;
};

}  // namespace dotring::replay
