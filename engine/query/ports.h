// What the life of a query needs from outside: where answers are kept, who is asked, where replies
// go.
//
// The pipeline is pure: it takes bytes and `now`, and calls these three. Listeners implement
// ReplyPort, the cache implements AnswerStore, the DoT multiplexer implements Forwarder.

#pragma once

#include <optional>

#include "engine/base/address.h"
#include "engine/base/list.h"
#include "engine/dns/message_view.h"

namespace dotring::query {

enum class Transport : uint8_t { Udp, Tcp, Tls, Https };
inline constexpr size_t kTransports = 4;

// ---------------------------------------------------------------------------------------------------------
// Replies

/// Who waits for a reply: filled by the listener, opaque to the pipeline.
struct ReplyTo {
  alignas(8) std::array<uint8_t, 64> opaque;
};

/// Takes replies of one listener. For every query given to the pipeline exactly one of send_reply()
/// and drop_reply() is called: at once or later, always on the listener's thread.
class ReplyPort {
 public:
  /// Room for a reply of up to `size_max` octets; empty when the client is gone or reads nothing,
  /// then the query still ends with drop_reply(). Valid until the next call of any method.
  virtual MutableBytes reserve_reply(const ReplyTo& to, size_t size_max) = 0;
  /// The first `size` octets of that room are the reply.
  virtual void send_reply(const ReplyTo& to, size_t size) = 0;
  /// There will be no reply.
  virtual void drop_reply(const ReplyTo& to) = 0;

 protected:
  ~ReplyPort() = default;
};

/// One message from a client, valid during the call only.
struct ClientQuery {
  Bytes message;
  Transport transport = Transport::Udp;
  Endpoint client;
  uint16_t listener = 0;  ///< which of the addresses was asked
  ReplyTo reply_to;
};

/// What listeners hand their queries to: the pipeline in dotring, the synthesizer in
/// dotring-responder.
class QueryHandler {
 public:
  /// This message will be handled after the next few: a hint to fetch what it needs from far
  /// memory. It may be anything, and need not come.
  virtual void expect(Bytes) {}
  /// Replies go through `port`, from inside this call or later. The caller has checked nothing yet.
  virtual void handle(ReplyPort& port, const ClientQuery& query) = 0;

 protected:
  ~QueryHandler() = default;
};

// ---------------------------------------------------------------------------------------------------------
// Answers that are kept

enum class Freshness : uint8_t {
  Missing,
  Fresh,
  Stale,    ///< expired, within the stale time (RFC 8767)
  Failing,  ///< the upstream failed lately and nothing better is here: do not ask (RFC 9520)
};

struct Found {
  Freshness freshness = Freshness::Missing;
  /// Octets copied into the room: a message in stored form (dns/stored_answer.h) with TTLs aged
  /// (Fresh) or set to 30 (Stale). 0 when Missing or Failing, or when `too_large`.
  size_t size = 0;
  /// There is an answer but it does not fit the room. `flags` tell of it; nothing was
  /// copied.
  bool too_large = false;
  /// The header flags of the answer, rcode included; set unless Missing.
  uint16_t flags = 0;
  /// The info code that came with it (RFC 8914), also where it is Failing.
  std::optional<uint16_t> extended_error;
  /// This caller should ask the upstream although there is an answer: a popular name close to its
  /// expiry, or a stale one that nobody refreshed in the last 30 s. Given to one caller only.
  bool refresh_due = false;
};

/// An error that is remembered in place of an answer: our own, or what the upstream said.
struct Failure {
  uint16_t rcode = dns::rcode::kServFail;
  std::optional<uint16_t> extended_error{};  ///< info code (RFC 8914)
};

/// A question to the slower tiers (Redis). Belongs to the caller, who keeps it until on_done ran or
/// cancel_fetch() returned. The store may keep state in it.
struct Fetch : ListNode<> {
  const dns::QuestionKey* key = nullptr;
  /// `answer` is in stored form, valid during the call, empty: not found or too late. It has been
  /// stored in memory already. Never called from inside fetch().
  void (*on_done)(Fetch& fetch, Bytes answer) = nullptr;
  uint64_t started_us = 0;
  /// Set by fetch(): for how long it is worth waiting, as the slower tier usually answers.
  uint64_t wait_us = UINT64_MAX;
  void* store_state = nullptr;
};

/// The cache in memory is shared by all workers; slower tiers are per worker. find() takes no lock
/// longer than a copy.
class AnswerStore {
 public:
  /// Hints that find() will be called for a key with this hash: bring the place where its answer is
  /// noted, and a few queries later the answer itself, near to the processor.
  virtual void prefetch_place(uint64_t) {}
  virtual void prefetch_answer(uint64_t) {}

  /// `now_s` is monotonic, the same clock for all workers.
  virtual Found find(const dns::QuestionKey& key, uint64_t now_s, MutableBytes room) = 0;
  /// The same for the same query, when the answer was too large for the room it had, or when a
  /// stale one is to serve after all: both count as one look-up, and `refresh_due` is the first's.
  virtual Found find_again(const dns::QuestionKey& key, uint64_t now_s, MutableBytes room) = 0;
  /// Keeps an answer that view_answer() accepted (any rcode; the policy decides how long, or not at
  /// all). `message` is as it came, OPT and all. Writes it to the slower tiers too.
  virtual void store(const dns::QuestionKey& key, Bytes message, const dns::AnswerView& view,
                     uint64_t now_s) = 0;
  /// Brings the TTLs of an answer on its way to clients within the bounds of what is kept, so that
  /// who asks first is told the same as everybody after. `stored` is in stored form, `view` of the
  /// message it was made from.
  virtual void bound_ttls(MutableBytes, const dns::AnswerView&) const {}
  /// The upstream gave no usable answer: failures are remembered with growing back-off (RFC 9520).
  virtual void store_failure(const dns::QuestionKey& key, const Failure& failure,
                             uint64_t now_s) = 0;

  /// Starts a look-up in the slower tiers. False when there is nothing to wait for (none
  /// configured, breaker open, queue full): on_done will not be called.
  virtual bool fetch(Fetch&) { return false; }
  virtual void cancel_fetch(Fetch&) {}

 protected:
  ~AnswerStore() = default;
};

// ---------------------------------------------------------------------------------------------------------
// Upstreams

enum class ForwardResult : uint8_t {
  Answered,
  TimedOut,       ///< the deadline passed
  NoUpstream,     ///< no server can be asked now (all failing, certificates refused)
  NetworkFailed,  ///< every attempt ended in a lost connection
  Cancelled,
};

/// One question on its way to the upstreams. Belongs to the caller, who keeps it until on_done ran
/// or cancel() returned. Never called from inside start().
struct Forward {
  const dns::QuestionKey* key = nullptr;
  /// Monotonic: no on_done later than this, whatever is stuck.
  uint64_t deadline_us = 0;
  /// `message` (only with Answered) is whole, checked by view_answer(), matched by stream, id and
  /// question; valid during the call.
  void (*on_done)(Forward& forward, ForwardResult result, Bytes message,
                  const dns::AnswerView& view) = nullptr;
  /// The forwarder's own record of this question; null when it has none.
  void* forwarder_state = nullptr;
};

class Forwarder {
 public:
  /// Takes the question. Retries, second servers and hedging are the forwarder's business. False
  /// when it has no room for another question (on_done will not be called).
  virtual bool start(Forward& forward) = 0;
  /// on_done will not be called any more. Does nothing for a Forward that is not under way.
  virtual void cancel(Forward& forward) = 0;

 protected:
  ~Forwarder() = default;
};

}  // namespace dotring::query
