// What a server tells its multiplexer.

#pragma once

#include "engine/dns/answer_view.h"
#include "tls/upstream/attempt.h"

namespace dotring::upstream {

/// What is known of a lost stream with regard to each question that was on it.
struct Loss {
  size_t together;  ///< questions that were lost
  bool in_order;    ///< the server closed it after answers, as some do
};

class ServerHandler {
 public:
  /// The attempt is over. Both views are valid during the call.
  virtual void on_answer(Attempt& attempt, Bytes message, const dns::AnswerView& view) = 0;
  /// The attempt is over: its stream is gone.
  virtual void on_lost(Attempt& attempt, const Loss& loss) = 0;
  /// The attempt is over: the answer had another question, or was malformed.
  virtual void on_mismatch(Attempt& attempt) = 0;
  /// A stream opened.
  virtual void on_stream() = 0;
  /// A stream that was full is not any more.
  virtual void on_room() = 0;
  /// A server became Failing.
  virtual void on_failing() = 0;
  /// No server works, and somebody asks: back-offs are cut short.
  virtual bool in_a_hurry() const = 0;

 protected:
  ~ServerHandler() = default;
};

}  // namespace dotring::upstream
