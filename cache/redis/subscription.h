// What others publish on one channel, taken on a link of its own that is opened again when it ends.
//
// Where to connect is asked for each time: any node of a cluster, the present master, does.

#pragma once

#include <functional>
#include <optional>

#include "cache/redis/backoff.h"
#include "cache/redis/key_value.h"
#include "cache/redis/link.h"

namespace dotring::cache::redis {

class Subscription final : private LinkHandler {
 public:
  using Whereto = std::function<std::optional<Address>()>;

  Subscription(const Context& context, std::string channel, MessageHandler& handler,
               Whereto whereto);

  void start();
  void stop();
  bool active() const { return running_ || link_.active(); }

 private:
  // LinkHandler
  void on_link_open() override;
  void on_reply(const Reply& reply) override;
  void on_link_ended(LinkEnd end, const std::string& detail) override;

  void connect();
  void retry();
  void refused(const std::string& error);
  void subscribed();
  void watch();

  const Context& context_;
  const std::string channel_;
  MessageHandler& handler_;
  const Whereto whereto_;
  bool running_ = false;
  bool missed_ = false;  ///< there was a time without subscription since start()
  bool pinged_ = false;
  uint64_t last_reply_us_ = 0;
  Link link_;
  Backoff backoff_;
  Timer retry_timer_;
  Timer watch_timer_;
};

}  // namespace dotring::cache::redis
