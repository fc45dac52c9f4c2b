// The account of each query: what was asked, what the client got, and where that came from.
//
// What it is: the port for whoever keeps such accounts (an audit log, dnstap, a list of top names).
// The pipeline calls it on the worker's thread, so an observer never waits and does no work that
// can be done elsewhere. What it is not: statistics (statistics.h), which are always kept.
//
// Invariant: with an observer set, on_query_ended() is called once for each query handed to the
// pipeline, when its reply is whole or it is dropped. With none set, a query costs one branch.

#pragma once

#include <optional>

#include "engine/query/recipient.h"
#include "engine/query/statistics.h"

namespace dotring::query {

/// What a client's reply was made from, or why it got none of that.
enum class AnsweredFrom : uint8_t {
  Memory,      ///< the cache in memory, remembered failures included
  SlowerTier,  ///< a slower tier of the cache (Redis)
  Upstream,    ///< an upstream's answer or error
  Stale,       ///< an expired answer (RFC 8767)
  Local,       ///< answered here: special-use names, ANY
  Refused,     ///< by an access list, or a question that is never forwarded
  Limited,     ///< over its rate, or without the cookie it should have
  Shed,        ///< over a limit of dotring's own
  Malformed,   ///< not a query that can be read or is understood
  Nothing,     ///< no upstream answered, the client went, or dotring ended
};
inline constexpr size_t kAnsweredFrom = 10;

/// Everything in it is valid during the call only.
struct QueryAccount {
  /// As it came, up to 65535 octets of anything. Of a client that waited: header, question and OPT
  /// as they were asked, without options and other records.
  Bytes query;
  /// As sent; empty: dropped.
  Bytes reply;
  /// What `query` says.
  const dns::QueryView& view;
  const Endpoint& client;
  Transport transport;
  AnsweredFrom from;
  /// Of the reply, as this client could read it; 0 where there is none.
  uint16_t rcode;
  /// Set if and only if there is no reply.
  std::optional<DropReason> dropped;
  /// On the clock of turns: monotonic, and equal for what was answered in the turn it came in.
  uint64_t received_us;
  uint64_t answered_us;
};

class QueryObserver {
 public:
  virtual void on_query_ended(const QueryAccount& account) = 0;

 protected:
  ~QueryObserver() = default;
};

}  // namespace dotring::query
