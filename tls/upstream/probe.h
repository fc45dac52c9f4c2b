// Our own question on a stream in doubt: is it the name that is slow, or is the stream dead?
//
// Asks for the name servers of the root, which every resolver has at hand. An answer, whatever it
// says, means the server works; none in time means that the stream is dead.

#pragma once

#include "tls/upstream/connection.h"

namespace dotring::upstream {

/// One per connection.
class Probe {
 public:
  explicit Probe(const dns::QuestionKey& root_key) { attempt_.key = &root_key; }

  bool under_way() const { return attempt_.under_way(); }
  uint64_t sent_us() const { return attempt_.sent_us; }
  Attempt& attempt() { return attempt_; }
  /// Due when there was no answer in time; whoever owns the probe binds it.
  Timer& timer() { return timer_; }

  /// False when it is under way already, or the stream takes no more.
  bool send(Connection& connection, const TurnTime& time, uint64_t timeout_ms) {
    if (under_way() || !connection.ask(attempt_)) return false;
    time.arm_in(timer_, timeout_ms);
    return true;
  }
  /// Answered, or lost with its stream.
  void ended() { timer_.cancel(); }

 private:
  Attempt attempt_;
  Timer timer_;
};

/// ". NS", recursion desired.
inline dns::QuestionKey root_question() {
  static constexpr uint8_t kRoot[] = {0};
  const dns::Question question{kRoot, dns::type::kNs, dns::kClassIn};
  return dns::QuestionKey(question, dns::QuestionKey::kRd, HashKey{});
}

}  // namespace dotring::upstream
