// One stream of commands and replies to one server, introduced: authenticated, on its database.
//
//   Closed -> Connecting -> Introducing -> Open -> Closing (we ended it) -> Closed
//
// What it is not: it matches no replies to commands and judges nothing; its owner does. It is
// opened once at a time; what opens it again, and when, is decided above.
//
// Invariant: on_link_ended() is called once for each open(), with the stream of no use any more.

#pragma once

#include "cache/redis/command.h"
#include "cache/redis/context.h"
#include "cache/redis/reply_reader.h"

namespace dotring::cache::redis {

enum class LinkEnd : uint8_t {
  Local,    ///< its owner ended it
  Failed,   ///< never open: refused, unreachable, too slow
  Refused,  ///< never open: the server (or TLS) did not accept us, or we not it
  Lost,     ///< was open
  Garbage,  ///< bytes that are no replies
};

class LinkHandler {
 public:
  virtual void on_link_open() = 0;
  /// Replies to what the owner wrote, in order; pushes too. Valid during the call.
  virtual void on_reply(const Reply& reply) = 0;
  /// The link may be opened again, later: not from inside this call.
  virtual void on_link_ended(LinkEnd end, const std::string& detail) = 0;

 protected:
  ~LinkHandler() = default;
};

class Link final : private io::StreamHandler {
 public:
  enum class State : uint8_t { Closed, Connecting, Introducing, Open, Closing };

  Link(const Context& context, const Credentials& credentials, uint32_t database,
       LinkHandler& handler);

  State state() const { return state_; }
  /// Where it was opened to last.
  const Address& address() const { return address_; }
  bool is_open() const { return state_ == State::Open; }
  /// True until the last stream is closed: the link must not be destroyed before.
  bool active() const { return state_ != State::Closed; }

  /// Connects to `address`, as soon as an earlier stream is closed. Not when Connecting or later.
  void open(const Address& address);
  /// Queues a command for the end of this turn. False when that would be more than `queue_max`
  /// octets, or the link is not open.
  bool write(const Command& command, size_t queue_max);
  /// Ends the link at once: on_link_ended() is called from inside, if it was opened.
  void end(LinkEnd end, const std::string& detail);

 private:
  // io::StreamHandler
  void on_open() override;
  void on_bytes(Bytes bytes) override;
  void on_closed(io::CloseReason reason, const std::string& detail) override;

  void connect();
  bool queue(const Command& command, size_t queue_max);
  void say_hello();
  void introduce();
  void select_database();
  void take(const Reply& reply);
  void take_hello(const Reply& reply);
  void take_introduction(const Reply& reply);
  void open_when_introduced();
  void on_timeout();
  void report(LinkEnd end, const std::string& detail);

  const Context& context_;
  const Credentials credentials_;
  const uint32_t database_;
  LinkHandler& handler_;
  State state_ = State::Closed;
  bool wanted_ = false;  ///< open() came while the last stream was closing
  bool without_hello_;   ///< the server knows no RESP3, or our reader does not
  bool hello_asked_ = false;
  uint32_t required_ = 0;  ///< replies still to come before the link is open: none may be an error
  uint32_t optional_ = 0;  ///< after these; they may
  Address address_;
  std::unique_ptr<io::ByteStream> stream_;
  ReplyReader reader_;
  Timer timeout_;
  uint64_t last_write_us_ = 0;
};

}  // namespace dotring::cache::redis
