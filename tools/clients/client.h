// One client: a source address and a socket or connection of its own, and what it has asked on it.
//
// It sends the messages it is given when it is given them, and says what became of each: answered,
// given up, or lost with its connection. It knows no schedules; when give_up() is called, and with
// what, is its owner's.
//
// Invariant: each query that send() took comes back once, by on_answer() or on_lost(), unless the
// client is closed before.

#pragma once

#include <optional>
#include <string>

#include "tools/clients/exchange.h"

namespace dotring::clients {

class Client;

enum class Loss : uint8_t {
  Timeout,     ///< no answer when give_up() was called
  Connection,  ///< the connection ended, or was not to be had
};

/// Told what becomes of queries. All calls may send on the client again; none may destroy it.
class ClientOwner {
 public:
  /// `message` answers `query` and is valid during the call; `now_ns` is when it was received.
  virtual void on_answer(Client& client, const Query& query, Bytes message, uint64_t now_ns) = 0;
  virtual void on_lost(Client& client, const Query& query, Loss loss) = 0;
  /// A message that is not an answer (never Verdict::Answer).
  virtual void on_stray(Client& client, Verdict verdict, Bytes message) = 0;
  /// A connection is open (not over UDP); there may be room.
  virtual void on_open(Client&) {}
  /// A connection could not be had. The client tries again when it is given a query.
  virtual void on_connect_failed(Client&, const std::string& /*what*/) {}

 protected:
  ~ClientOwner() = default;
};

class Client {
 public:
  virtual ~Client() = default;

  /// UDP: makes the socket. Others: starts to connect, which send() would do too. Not null: what
  /// failed.
  virtual std::optional<std::string> open() = 0;
  /// Whether what is sent now goes out at once.
  virtual bool connected() const = 0;
  /// Queues a message (12 to 65535 octets; its id is replaced) for the end of the loop's turn, or
  /// for when the connection is there. False where there is no room; then it was not taken.
  virtual bool send(Bytes message, const Query& query) = 0;
  /// Drops what waits, without telling. Closing twice changes nothing.
  virtual void close() = 0;
  /// False before open() and once the kernel has let go; only then may it be destroyed.
  virtual bool active() const = 0;
  /// Messages that arrived and that the kernel dropped because we did not read them in time.
  virtual uint64_t answers_dropped() const { return 0; }

  /// The owner's own, to find what it knows of a client.
  uint32_t number = 0;

  bool has_room() const { return exchange_.has_room(); }
  uint32_t waiting() const { return exchange_.waiting(); }
  /// Gives up what was handed over before `sent_before_ns`: on_lost() follows for each.
  void give_up(uint64_t sent_before_ns) {
    Query query;
    bool any = false;
    for (; exchange_.give_up(sent_before_ns, query); any = true) {
      owner_.on_lost(*this, query, Loss::Timeout);
    }
    if (any) after_give_up();
  }

 protected:
  Client(const Exchange::Options& options, ClientOwner& owner)
      : owner_(owner), exchange_(options) {}

  virtual void after_give_up() {}

  /// Judges a message that arrived and tells the owner.
  void receive(Bytes message, uint64_t now_ns) {
    Query query;
    const Verdict verdict = exchange_.take(message, query);
    if (verdict == Verdict::Answer) return owner_.on_answer(*this, query, message, now_ns);
    owner_.on_stray(*this, verdict, message);
  }

  ClientOwner& owner_;
  Exchange exchange_;
};

}  // namespace dotring::clients
