// Which server is the master now: asked of several sentinels in turn.
//
// One link to one sentinel at a time. It is asked for the master's address, then the link stays and
// listens for "+switch-master". A sentinel that does not answer, or knows no such master, gives way
// to the next; after a round of all of them comes a growing wait. Sentinels are told nothing and
// believed little: whoever uses the address checks by ROLE that it is a master's.

#pragma once

#include "cache/redis/backoff.h"
#include "cache/redis/link.h"

namespace dotring::cache::redis {

class MasterHandler {
 public:
  /// What a sentinel says; also the same again.
  virtual void on_master(const Endpoint& master) = 0;

 protected:
  ~MasterHandler() = default;
};

class SentinelWatch final : private LinkHandler {
 public:
  SentinelWatch(const Context& context, MasterHandler& handler);

  void start();
  void stop();
  bool active() const { return running_ || link_.active(); }

  /// The master is of no use: a sentinel is asked after a moment, which grows until settled().
  void ask_soon();
  /// The master works.
  void settled();

 private:
  // LinkHandler
  void on_link_open() override;
  void on_reply(const Reply& reply) override;
  void on_link_ended(LinkEnd end, const std::string& detail) override;

  void ask();
  void take_answer(const Reply& reply);
  void take_message(const Reply& reply);
  void take_master(std::string_view host, std::string_view port);
  void refuse(const std::string& detail);
  void on_timeout();

  const Context& context_;
  MasterHandler& handler_;
  bool running_ = false;
  bool answered_ = false;  ///< this link's sentinel
  size_t next_ = 0;        ///< whom to ask, of the addresses
  size_t in_vain_ = 0;     ///< sentinels in a row without an answer
  Link link_;
  Backoff backoff_;
  Timer ask_timer_;
  Timer answer_timer_;
};

}  // namespace dotring::cache::redis
