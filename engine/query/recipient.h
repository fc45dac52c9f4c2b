// Whom a reply goes to, and the query it answers; valid during a call.
//
// Made from what a listener hands in, and again from memory for those who waited (asker.h).

#pragma once

#include "engine/query/ports.h"

namespace dotring::query {

struct Recipient {
  ReplyPort& port;
  const ReplyTo& reply_to;
  Transport transport;
  const Endpoint& client;
  const dns::QueryView& query;
  /// The client has shown that its address is its own: by TCP, or a valid cookie.
  bool proven = false;
  /// When the query was handed in, on the clock of turns.
  uint64_t received_us = 0;
  /// The query as it came; empty: it is not kept while its client waits.
  Bytes message = {};
  /// Client and server cookie for its OPT (RFC 7873); empty: none.
  Bytes cookie = {};
};

}  // namespace dotring::query
