// One client: a socket or a connection of its own, and what it has asked on it.

#pragma once

#include <optional>
#include <string>

#include "engine/base/address.h"
#include "tools/flood/exchange.h"

namespace dotring::flood {

class Client;

/// Whoever decides when the next query is sent.
class ClientOwner {
 public:
  /// A query was answered, or a lost connection is back: there is room for more.
  virtual void on_room(Client& client) = 0;
  /// The connection could not be made, or not be made again.
  virtual void on_failure(const std::string& what) = 0;

 protected:
  ~ClientOwner() = default;
};

class Client {
 public:
  virtual ~Client() = default;

  /// Not null: what failed. A connection may still be under way afterwards.
  virtual std::optional<std::string> open() = 0;
  virtual bool connected() const = 0;
  /// Queues one query for the end of the loop's turn; false where there is no room.
  virtual bool send(uint64_t due_ns, uint64_t now_ns) = 0;
  virtual void close() = 0;
  /// False before open() and once the kernel has let go; only then it may be destroyed.
  virtual bool active() const = 0;

  Exchange& exchange() { return exchange_; }

 protected:
  Client(QuestionSource& source, Tally& tally, uint32_t outstanding_max, bool accept_queries,
         ClientOwner& owner)
      : owner_(owner), exchange_(source, tally, outstanding_max, accept_queries) {}

  ClientOwner& owner_;
  Exchange exchange_;
};

}  // namespace dotring::flood
