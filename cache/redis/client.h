// One worker's Redis, whichever way it is run: builds what Options::target says and owns it.
//
//   Client client(options, loop.turn_time(), seed, dialer);
//   client.subscribe("channel", handler);   // if wanted
//   client.start();
//   client.key_value().get(...)
//   client.stop(); ... until !client.active()

#pragma once

#include <memory>
#include <string>

#include "cache/redis/key_value.h"
#include "cache/redis/options.h"
#include "cache/redis/statistics.h"
#include "engine/base/keyed_hash.h"
#include "engine/base/turn_time.h"

namespace dotring::cache::redis {

class Client {
 public:
  /// The dialer outlives the client. `seed`: for jitter and random choices.
  Client(const Options& options, TurnTime time, const HashKey& seed, Dialer& dialer);
  /// Only while not active().
  ~Client();

  /// Starts to connect. get() and set() are refused until a server is there.
  void start();
  /// Hands what is published on `channel` to `handler`, on a connection of its own, until stop().
  /// Before start(), once. Own messages come back too: Redis does not tell them apart.
  void subscribe(std::string channel, MessageHandler& handler);
  /// Ends the connections; GETs under way end as Failed, from inside this call.
  void stop();
  /// True from start() until the last stream is closed after stop().
  bool active() const;

  KeyValue& key_value();
  const Statistics& statistics() const;

  /// Octets that one client takes at most, its streams' queues included; TLS records are not.
  static size_t memory_max(const Options& options);
  /// Streams that are open at a time at most.
  static size_t connections_max(const Options& options);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace dotring::cache::redis
