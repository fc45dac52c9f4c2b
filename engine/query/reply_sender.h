// Replies to one client each: how large, with which OPT, through its port, counted.
//
// The messages themselves are written by dns/message_writer.h. Here is decided what this client can
// take (RFC 6891, 6.2.3; RFC 9715), and what its OPT says: extended error (RFC 8914), keepalive
// (RFC 7828), padding (RFC 7830).
//
// Invariant: each call of a send_ or drop method ends the query towards its port, and towards the
// observer, who is told what `from` says.

#pragma once

#include <optional>

#include "engine/base/turn_clock.h"
#include "engine/dns/message_writer.h"
#include "engine/protect/guard.h"
#include "engine/query/observer.h"

namespace dotring::query {

/// What a reply says of why it is as it is; only clients with EDNS learn of it.
struct ExtendedError {
  uint16_t info_code = dns::extended_error::kOther;
  std::string_view text = {};
};

class ReplySender {
 public:
  struct Options {
    /// The largest UDP reply, whatever the client can take (RFC 9715); at least 512.
    uint16_t udp_size_max = dns::kUdpSizeDefault;
    /// The idle timeout told to clients on TCP and TLS who ask for it (RFC 7828): the listener's.
    uint64_t keepalive_ms = 10'000;
    /// RFC 8467, 4.1: on encrypted transports, for clients that pad.
    uint16_t padding_multiple = 468;
  };

  ReplySender(const Options& options, const TurnClock& clock, Statistics& statistics)
      : options_(options), clock_(clock), statistics_(statistics) {}

  /// Who is told of each query that ends; null: nobody.
  void set_observer(QueryObserver* observer) { observer_ = observer; }

  /// Who judges replies before they are sent; null: nobody.
  void set_reply_guard(protect::Guard* guard) { reply_guard_ = guard; }

  /// Room for most replies; by UDP for the largest that this client can take. Empty: it is gone
  /// (end with drop()).
  MutableBytes reserve(const Recipient& to) const { return reserve(to, kUsualRoom); }
  /// Replaces `room` by one for the largest reply that this client can take, or by none when it is
  /// gone. False: it is as large already.
  bool reserve_larger(const Recipient& to, MutableBytes& room) const;
  /// How much of that room a message may fill, so that the client's OPT fits behind it.
  size_t message_size_max(const Recipient& to, MutableBytes room) const;

  /// The first `size` octets of `room` are an answer in stored form.
  void send_in_place(const Recipient& to, AnsweredFrom from, MutableBytes room, size_t size,
                     std::optional<ExtendedError> error = std::nullopt);
  /// `message` is an answer in stored form; truncated where it does not fit. `flags`: those of AA,
  /// TC and Z that the reply is to have; an answer from a cache has none.
  void send_message(const Recipient& to, AnsweredFrom from, Bytes message, uint16_t flags = 0,
                    std::optional<ExtendedError> error = std::nullopt);
  /// Header, question and OPT. An rcode above 15 becomes SERVFAIL without EDNS.
  void send_error(const Recipient& to, AnsweredFrom from, uint16_t rcode,
                  std::optional<ExtendedError> error = std::nullopt);
  /// Header with TC, question and OPT: the answer does not fit.
  void send_truncated(const Recipient& to, AnsweredFrom from, uint16_t rcode, uint16_t flags = 0);
  void send_minimal_any(const Recipient& to, uint32_t ttl_s);

  void drop(const Recipient& to, AnsweredFrom from, DropReason reason);

 private:
  /// A stream whose client reads slowly has room for many usual replies, and for few large ones.
  static constexpr size_t kUsualRoom = 4096;

  size_t size_max(const Recipient& to) const;
  dns::OptFields opt_fields(const Recipient& to) const;
  dns::OptFields opt_fields(const Recipient& to, const std::optional<ExtendedError>& error,
                            size_t room) const;
  MutableBytes reserve(const Recipient& to, size_t size) const;
  MutableBytes reserve_short(const Recipient& to) const;
  void finish(const Recipient& to, AnsweredFrom from, MutableBytes room, size_t size,
              uint16_t flags, const std::optional<ExtendedError>& error);
  void send(const Recipient& to, AnsweredFrom from, MutableBytes reply, uint16_t rcode);
  void send_judged(const Recipient& to, AnsweredFrom from, MutableBytes reply, uint16_t rcode);
  void hand_over(const Recipient& to, AnsweredFrom from, Bytes reply, uint16_t rcode);
  void tell(const Recipient& to, AnsweredFrom from, Bytes reply, uint16_t rcode,
            std::optional<DropReason> dropped) const;

  const Options options_;
  const TurnClock& clock_;
  Statistics& statistics_;
  QueryObserver* observer_ = nullptr;
  protect::Guard* reply_guard_ = nullptr;
};

}  // namespace dotring::query
