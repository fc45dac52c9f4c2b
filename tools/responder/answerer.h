// The QueryHandler: finds the rule of a name, waits where the rule says so, answers, and does what
// goes wrong on purpose.
//
// Invariant: every query that it was given ends with exactly one send_reply() or drop_reply(); what
// it sends besides (a second answer, half a frame) does not count as a reply.

#pragma once

#include <array>
#include <memory>

#include "engine/io/loop.h"
#include "engine/listen/tcp_listener.h"
#include "engine/listen/udp_listener.h"
#include "tools/responder/delayed_queries.h"
#include "tools/responder/rules.h"
#include "tools/responder/synthesizer.h"

namespace dotring::responder {

class ServerStream;

struct AnswererStatistics {
  std::array<Counter, query::kTransports> queries;
  std::array<Counter, 16> rcodes;  ///< of replies, as their header says
  Counter malformed;               ///< not answered: shorter than a header, or not a query
  Counter lost;                    ///< not answered: loss
  Counter dropped;                 ///< not answered: drop, or the connection is stalled
  Counter delayed;                 ///< answered later
  Counter delayed_full;            ///< answered at once for want of a place
  Counter truncated;               ///< replies with TC
  Counter faults;                  ///< replies that are wrong on purpose, second ones included
};

class Answerer final : public query::QueryHandler {
 public:
  struct Options {
    size_t udp_size_max = dns::kUdpSizeDefault;
    std::optional<uint16_t> keepalive_100ms;  ///< told to clients on streams that ask for it
    uint32_t delayed_max = 65536;             ///< queries that wait to be answered
    bool log_queries = false;                 ///< one JSON line per query on standard output
  };

  Answerer(io::Loop& loop, const Options& options, std::shared_ptr<const Rules> rules,
           const HashKey& seed);

  /// Queries of Transport::Udp come from a listen::UdpListener, all others from a
  /// listen::TcpListener whose streams are ServerStreams.
  void handle(query::ReplyPort& port, const query::ClientQuery& query) override;
  void set_rules(std::shared_ptr<const Rules> rules) { rules_ = std::move(rules); }

  const AnswererStatistics& statistics() const { return statistics_; }

 private:
  uint64_t delay_us(const Behaviour& behaviour);
  void on_due(query::ReplyPort& port, const query::ClientQuery& query);
  void answer(query::ReplyPort& port, const query::ClientQuery& query, const dns::QueryView& view,
              const Behaviour& behaviour);
  /// False when the query ends here.
  bool begin_on_stream(listen::TcpListener& listener, const query::ReplyTo& to,
                       const Behaviour& behaviour);
  void end_on_stream(listen::TcpListener& listener, const query::ReplyTo& to,
                     const Behaviour& behaviour);
  void reply(query::ReplyPort& port, const query::ClientQuery& query, const dns::QueryView& view,
             const Behaviour& behaviour);
  void send_again(query::ReplyPort& port, const query::ClientQuery& query, Bytes message);
  void send_broken_frame(listen::TcpListener& listener, const query::ReplyTo& to,
                         const dns::QueryView& view, const Behaviour& behaviour);
  ReplyForm form_of(const query::ClientQuery& query, const dns::QueryView& view) const;
  void spoil(const dns::QueryView& view, const Behaviour& behaviour, MutableBytes message);
  void count_reply(Bytes message);

  io::Loop& loop_;
  const Options options_;
  std::shared_ptr<const Rules> rules_;
  Random random_;
  DelayedQueries delayed_;
  std::vector<uint8_t> scratch_;  ///< for what is sent besides a reply
  AnswererStatistics statistics_;
};

}  // namespace dotring::responder
