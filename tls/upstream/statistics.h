// What the multiplexer counts: one writer, its worker's thread; readable from any thread.

#pragma once

#include "engine/base/counter.h"
#include "engine/base/histogram.h"

namespace dotring::upstream {

/// For one server on one worker. Gauges say how it is now, all others only grow.
struct ServerStatistics {
  // Gauges.
  Counter state;  ///< a ServerState
  Counter streams_open;
  Counter in_flight;
  Counter idle_limit_ms;  ///< told or learned; 0: none known
  Counter round_trip_smoothed_us;

  // Streams.
  Counter connects;  ///< started
  Counter handshakes_full;
  Counter handshakes_resumed;
  Counter connects_failed;       ///< refused, unreachable, too slow, or by what follows
  Counter certificates_refused;  ///< of these: the server did not prove who it is
  Counter handshakes_failed;     ///< of these: no TLS, or no version or cipher in common
  Counter reconnects;            ///< connects while none was open, the first apart
  Counter keepalives;            ///< own questions because the server's idle limit was near
  Counter peer_closes_idle;      ///< the server closed a stream with nothing in flight
  Counter streams_lost;     ///< the server or the network ended a stream with queries in flight
  Counter streams_garbage;  ///< we ended a stream because what came was not DNS, or not our answers
  Counter streams_silent;   ///< we ended a stream that answered nothing, not even a probe

  // Queries.
  Counter queries;  ///< written, probes included
  Counter
      writes;  ///< turns in which queries were written: queries / writes leave in one TLS record
  Counter answers;     ///< matched by id and question
  Counter refusals;    ///< answers that speak of the server, not of the name: SERVFAIL, REFUSED...
  Counter timeouts;    ///< attempts that ran out of patience (the answer may still be taken)
  Counter late;        ///< answers to queries that nobody waited for any more
  Counter unexpected;  ///< answers to no query: ids not in flight, second answers
  Counter mismatched;  ///< answers with the right id and another question
  Counter malformed;   ///< messages that are no responses, or that cannot be parsed
  Counter probes;      ///< own questions, keepalives included
  Histogram round_trip_us;
};

/// For the multiplexer of one worker.
struct Statistics {
  // Gauges.
  Counter questions_in_flight;
  Counter questions_waiting;  ///< of these: waiting for a stream

  Counter questions;          ///< taken by start()
  Counter questions_refused;  ///< not taken: all records in use
  Counter answered;
  Counter timed_out;
  Counter no_upstream;
  Counter network_failed;
  Counter cancelled;

  // Further attempts, by reason.
  Counter asked_again_lost;
  Counter asked_again_timeout;
  Counter asked_again_mismatched;
  Counter asked_again_refused;
  Counter hedges;
  Counter asked_apart;  ///< attempts on streams for questions that were lost with others
};

}  // namespace dotring::upstream
