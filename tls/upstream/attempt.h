// One question on its way over one stream.
//
// It lives inside what asks: an Inquiry (a client's question, several attempts) or a Probe (our
// own). The connection fills it when the query is written and empties it when that attempt is over.

#pragma once

#include <algorithm>
#include <span>

#include "engine/base/list.h"
#include "engine/dns/question.h"

namespace dotring::upstream {

class Connection;
struct Inquiry;

/// In a list only between the loss of a stream and the decision what happens to its questions.
struct Attempt : ListNode<> {
  Inquiry* inquiry = nullptr;             ///< null in a probe
  const dns::QuestionKey* key = nullptr;  ///< what is asked; the asker keeps it
  Connection* connection = nullptr;       ///< null when not under way
  uint64_t sent_us = 0;
  uint16_t id = 0;
  uint16_t server = 0;    ///< index of the server that was asked
  bool forgiven = false;  ///< is not counted as an ask

  bool under_way() const { return connection != nullptr; }
};

/// Whether one of them is under way on this stream.
inline bool carries(std::span<const Attempt> attempts, const Connection& connection) {
  return std::any_of(attempts.begin(), attempts.end(),
                     [&](const Attempt& attempt) { return attempt.connection == &connection; });
}

}  // namespace dotring::upstream
