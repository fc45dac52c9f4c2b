// Every limit and default of the multiplexer.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/base/address.h"
#include "tls/trust.h"
#include "tls/upstream/health.h"
#include "tls/upstream/idle_limit.h"

namespace dotring::upstream {

/// How a server is chosen among those that work.
enum class Policy : uint8_t {
  Fastest,  ///< two at random, the one with less latency times load
  InOrder,  ///< the first in the order of configuration
  Even,     ///< in turn, in proportion to their weights
};

struct ServerOptions {
  Endpoint endpoint;
  tls::Trust trust;
  uint32_t weight = 1;  ///< for Policy::Even; above 0

  /// "192.0.2.1:853#dns.example", for logs and metrics.
  std::string name() const;
  /// The streams of the one serve for the other.
  bool same_server(const ServerOptions& other) const {
    return endpoint == other.endpoint && trust == other.trust;
  }
};

struct ConnectionOptions {
  /// Queries in flight on one stream; rounded up to a power of two, at most 32,768.
  uint32_t ids_max = 1024;
  /// How long the id of a query that nobody waits for stays reserved.
  uint64_t id_quarantine_ms = 30'000;
  /// TCP connection and TLS handshake together.
  uint64_t connect_timeout_ms = 3000;
  /// For the rest of a message of which a part has come, since the last of its octets.
  uint64_t message_timeout_ms = 2000;
  /// Queries are padded to a multiple of this (RFC 8467, 4.1); 0: no padding. At most 128.
  uint16_t padding = 128;
  /// Messages that answer no query, in a row, that end a stream.
  uint32_t unexpected_max = 16;
  /// Answers to a query that are malformed or have another question, in a row, that end a stream.
  uint32_t mismatched_max = 3;
};

/// Something that the log should hear of; never one per query.
struct Event {
  enum class Kind : uint8_t {
    ServerUp,            ///< answers (again)
    ServerFailing,       ///< left alone for `retry_ms`; at most once per back-off
    CertificateRefused,  ///< the same, because it could not prove who it is: nothing was sent to it
    HandshakeFailed,     ///< the same, because it speaks no TLS, or none that we speak
  };
  Kind kind;
  const ServerOptions& server;
  const std::string& detail;
  uint64_t retry_ms;
};

struct Options {
  std::vector<ServerOptions> servers;  ///< at most 64
  Policy policy = Policy::Fastest;
  ConnectionOptions connection;

  /// Streams per server.
  uint32_t connections = 2;
  /// Streams per server besides, for questions that are kept apart (inquiry.h); open only while
  /// there are any.
  uint32_t connections_apart = 4;
  /// Questions under way, waiting ones included; about 400 octets each.
  uint32_t questions_max = 8192;

  /// Queries in flight on one stream from which a second is opened.
  uint32_t grow_above = 16;
  /// Queries in flight on one stream from which they are spread over several; fewer go together,
  /// because queries that leave in one record cost less.
  uint32_t spread_above = 128;
  /// A stream is kept ready for this long after the last question; 0: for ever.
  uint64_t warm_for_ms = 3'600'000;

  /// How often one question is asked; at most four times at the same moment.
  uint32_t asks_max = 3;
  /// No answer after the round trip's mean and four deviations, but not earlier than this: it is
  /// asked again elsewhere, while the first stream is still listened to. Never later than a third
  /// of the deadline.
  uint64_t patience_ms_min = 250;
  /// The same for a server without measurements.
  uint64_t patience_unmeasured_ms = 1000;
  /// Asks a second server when the first is slower than this share of its answers, in per cent; 0:
  /// never.
  uint32_t hedge_percentile = 0;
  /// A server without measurements for so long is tried by Policy::Fastest with one question.
  uint64_t remeasure_ms = 10'000;

  /// Answer to our own question, sent when a stream gives no answers; later: the stream is dead.
  uint64_t probe_timeout_ms = 1000;
  Health::Options health;
  /// For so long after a question, failing servers are tried often
  /// (Health::Options::retry_ms_all_failing).
  uint64_t hurry_for_ms = 60'000;
  IdleLimit::Options idle_limit;

  /// Called from inside the multiplexer, which it must not call back. Not on the path of queries.
  std::function<void(const Event&)> on_event;
};

}  // namespace dotring::upstream
