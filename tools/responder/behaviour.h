// What the responder does with a query: what it answers, when, and what goes wrong on purpose.
//
// A behaviour is written as "latency=20ms,loss=1%,rcode=servfail". See behaviour_help() for all of
// them.

#pragma once

#include <optional>
#include <string>

#include "tools/responder/latency.h"

namespace dotring::responder {

struct Behaviour {
  // What is answered.
  uint16_t rcode = 0;
  bool nodata = false;  ///< NOERROR without an answer
  bool soa = true;      ///< in negative answers
  uint32_t ttl_s = 300;
  uint16_t records = 1;                    ///< of type A and AAAA
  uint16_t size = 0;                       ///< octets that the answer grows to; 0: as it comes
  bool truncate = false;                   ///< TC over UDP, however small
  bool edns = true;                        ///< false: a server that knows no EDNS
  std::optional<uint16_t> extended_error;  ///< RFC 8914

  // When, and whether at all.
  Latency latency;
  double loss = 0;              ///< share of queries that are not answered
  double reorder = 0;           ///< share of answers that are held back
  uint64_t reorder_us = 0;      ///< for so long
  uint64_t stall_us = 0;        ///< nothing is answered for so long,
  uint64_t stall_every_us = 0;  ///< once in every so long: what comes meanwhile waits for its end
  bool drop = false;            ///< never answers

  // What is wrong with the answer.
  bool wrong_id = false;
  bool wrong_question = false;
  bool twice = false;
  bool garbage = false;         ///< random octets in place of the message
  bool garbage_stream = false;  ///< random octets in place of the frame; over UDP like garbage
  bool half_frame = false;      ///< half of the frame, then the end of the connection

  // What happens to the connection (not over UDP).
  bool stall_connection = false;  ///< nothing on it is answered any more, from this query on
  uint64_t close_after = 0;       ///< closed in order after its Nth query; 0: not
  uint64_t reset_after = 0;       ///< broken off at its Nth query, answers in flight are lost
  uint64_t idle_close_ms = 0;     ///< closed when idle for so long

  /// True for an answer that says that there is nothing.
  bool negative() const { return rcode != 0 || nodata; }
};

/// Sets what `text` says on top of what `behaviour` has. Not null: which part is wrong, and why.
std::optional<std::string> parse_behaviour(std::string_view text, Behaviour& behaviour);

/// All of them, one a line, for --help.
std::string behaviour_help();

}  // namespace dotring::responder
