// What the second level asks of a Redis, whichever way it is run: one server, the master that
// sentinels name, or a cluster.
//
// Everything runs on the thread of one worker. Nothing here blocks: commands of one turn of the
// loop leave in one write per connection, replies come by callbacks, and a command that finds no
// room is refused at once.

#pragma once

#include <string_view>

#include "engine/base/bytes.h"
#include "engine/base/list.h"

namespace dotring::cache::redis {

enum class GetResult : uint8_t {
  Found,    ///< `value` holds what is stored
  Missing,  ///< the key is not there
  Failed,   ///< an error reply, a lost connection: nothing is known about the key
};

/// One GET under way. Belongs to the caller, who keeps it until on_done ran or cancel_get()
/// returned.
struct Get : ListNode<> {
  /// `value` is valid during the call. Never called from inside get().
  void (*on_done)(Get& get, GetResult result, Bytes value) = nullptr;
  /// The connection's own; null when the command is not under way.
  void* state = nullptr;
};

/// Two implementations: a single server (also behind sentinels) and a cluster.
class KeyValue {
 public:
  /// False when there is nowhere to ask now, or no room: on_done will not be called.
  virtual bool get(Get& get, Bytes key) = 0;
  /// The reply, when it comes, is read and thrown away.
  virtual void cancel_get(Get& get) = 0;
  /// SET key value PX ttl_ms, fire and forget. False when dropped (counted).
  virtual bool set(Bytes key, Bytes value, uint64_t ttl_ms) = 0;
  /// PUBLISH, fire and forget. False when dropped.
  virtual bool publish(std::string_view channel, Bytes message) = 0;

  virtual ~KeyValue() = default;
};

/// Takes what others published on the channel that the connection subscribes to.
class MessageHandler {
 public:
  virtual void on_message(Bytes message) = 0;
  /// The subscription was interrupted: messages may have been missed in between.
  virtual void on_gap() {}

 protected:
  ~MessageHandler() = default;
};

}  // namespace dotring::cache::redis
