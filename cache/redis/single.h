// Values in one server: a named one, or the master that sentinels name.

#pragma once

#include <optional>

#include "cache/redis/sentinel_watch.h"
#include "cache/redis/server.h"

namespace dotring::cache::redis {

class Single final : public KeyValue, private ServerHandler, private MasterHandler {
 public:
  explicit Single(const Context& context);

  void start();
  void stop();
  bool active() const;
  /// Nothing while sentinels have named no master.
  std::optional<Address> address() const;

  bool get(Get& get, Bytes key) override;
  void cancel_get(Get& get) override { PendingQueue::cancel(get); }
  bool set(Bytes key, Bytes value, uint64_t ttl_ms) override;
  bool publish(std::string_view channel, Bytes message) override;

 private:
  // ServerHandler
  void on_readable(Server&) override;
  void on_lost(Server&) override;
  void on_read_only(Server&) override;
  // MasterHandler
  void on_master(const Endpoint& master) override;

  const Context& context_;
  Server server_;
  std::optional<SentinelWatch> sentinels_;
};

}  // namespace dotring::cache::redis
