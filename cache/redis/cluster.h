// Values in a Redis Cluster: each key goes to the node that has its slot, one link per node.
//
// The map of slots comes from the nodes themselves: asked for at the start, after each redirection
// or lost node (not more often than ClusterOptions::refresh allows), and again and again while
// slots have no node that answers. What a slot without a working node would hold is refused at
// once.
//
// Invariant: owners_[slot] is kNobody or the index of a node that runs.

#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "cache/redis/key_value.h"
#include "cache/redis/server.h"
#include "cache/redis/slot.h"
#include "cache/redis/slot_map.h"

namespace dotring::cache::redis {

class Cluster final : public KeyValue, private ServerHandler {
 public:
  explicit Cluster(const Context& context);
  ~Cluster() override;

  void start();
  void stop();
  bool active() const;
  /// Some node, one that answers if there is any; another one each time.
  std::optional<Address> address();

  bool get(Get& get, Bytes key) override;
  void cancel_get(Get& get) override { PendingQueue::cancel(get); }
  bool set(Bytes key, Bytes value, uint64_t ttl_ms) override;
  bool publish(std::string_view channel, Bytes message) override;

 private:
  struct Node;
  using Owners = std::array<uint16_t, kSlots>;
  static constexpr uint16_t kNobody = UINT16_MAX;

  // ServerHandler
  void on_readable(Server& server) override;
  void on_lost(Server& server) override;
  void on_control(Server& server, const Reply* reply) override;
  void on_cluster_error(Server& server, std::string_view error) override;
  bool ask_again(Get& get, Bytes key, const Redirection& redirection, uint8_t redirects) override;

  Server* owner_of(Bytes key);
  Server* readable_node();
  uint16_t find_or_add(const Endpoint& endpoint);
  uint16_t free_node();
  void apply(const std::vector<SlotRange>& ranges);
  void leave_unused_nodes(bool at_once);
  bool complete() const;

  void refresh_soon();
  void refresh();
  void connect_seeds();

  const Context& context_;
  std::vector<std::unique_ptr<Node>> nodes_;
  Owners owners_;
  bool running_ = false;
  const Server* asked_ = nullptr;  ///< a map is under way from there
  uint64_t asked_ms_ = 0;
  size_t next_ = 0;  ///< where the search for a readable node begins
  Backoff backoff_;
  Timer refresh_timer_;
};

}  // namespace dotring::cache::redis
