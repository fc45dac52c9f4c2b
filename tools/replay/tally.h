// What a replay has counted. Times are nanoseconds.
//
// Invariant once a run is over: for each server sent == answered + lost().

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/base/histogram.h"

namespace dotring::replay {

struct ServerTally {
  uint64_t sent = 0;
  uint64_t answered = 0;
  uint64_t timeouts = 0;          ///< no answer in time
  uint64_t connection_ended = 0;  ///< their connection ended, or was not to be had
  uint64_t truncated = 0;         ///< answers with TC
  uint64_t duplicates = 0;
  uint64_t late = 0;        ///< answers after their query was given up
  uint64_t mismatched = 0;  ///< the id of a query that waits, but another question
  uint64_t unexpected = 0;  ///< an id that nobody used
  uint64_t connections_failed = 0;
  std::string connection_failure;  ///< why the last one did
  std::map<uint16_t, uint64_t> rcodes;
  Histogram latency_from_due_ns;
  Histogram latency_from_sent_ns;

  uint64_t lost() const { return timeouts + connection_ended; }
};

/// One side without an answer, in the matrix of rcodes.
inline constexpr int kNone = -1;

struct ComparisonTally {
  uint64_t same = 0;
  uint64_t different = 0;
  uint64_t none_both = 0;   ///< neither side has an answer
  uint64_t none_left = 0;   ///< of the different ones: only the right side has an answer
  uint64_t none_right = 0;  ///< only the left side has
  uint64_t malformed = 0;
  uint64_t rcode = 0;
  uint64_t flags = 0;
  uint64_t answer = 0;
  uint64_t authority = 0;
  std::map<std::pair<int, int>, uint64_t> rcodes;  ///< (left, right), kNone for no answer
  std::vector<std::string> examples;               ///< of differences, the first ones
};

struct Tally {
  std::array<ServerTally, 2> servers;  ///< the server, and the one of --versus
  ComparisonTally comparison;
  Histogram lateness_ns;     ///< from when a query was due until it was handed over
  uint64_t late_1ms = 0;     ///< queries that were more than a millisecond late
  uint64_t not_sent = 0;     ///< queries for which there was no socket to be had
  uint64_t blocked = 0;      ///< times that a query was due and there was no room for it
  uint64_t started_ns = 0;   ///< when the first query was due
  uint64_t last_due_ns = 0;  ///< of the query that was sent last
  uint64_t last_sent_ns = 0;
  uint64_t ended_ns = 0;     ///< the last answer, or the last query if that was later
  bool interrupted = false;  ///< ended before the capture's end
};

}  // namespace dotring::replay
