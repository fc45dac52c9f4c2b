#include "tools/clients/connect_pacer.h"

#include <algorithm>
#include <cmath>

namespace dotring::clients {

ConnectPacer::ConnectPacer(TurnTime time, double rate_per_s)
    : time_(time), rate_per_s_(rate_per_s), credited_ms_(time.now_ms()) {
  timer_.bind<&ConnectPacer::give_turns>(this);
}

void ConnectPacer::ask(ConnectTurn& turn) {
  if (rate_per_s_ <= 0) return turn.begin_connection();
  if (!turn.linked()) waiting_.push_back(turn);
  if (!timer_.armed()) give_turns();
}

// What was not used is not saved up beyond one turn: a pause is followed by no burst.
void ConnectPacer::give_turns() {
  const uint64_t now_ms = time_.now_ms();
  const double elapsed_ms = static_cast<double>(now_ms - credited_ms_);
  const double credit_max = std::max(1.0, rate_per_s_ / 1000);
  credit_ = std::min(credit_ + elapsed_ms * rate_per_s_ / 1000, credit_max);
  credited_ms_ = now_ms;
  while (credit_ >= 1) {
    ConnectTurn* next = waiting_.pop_front();
    if (!next) return;
    credit_ -= 1;
    next->begin_connection();
  }
  const double wait_ms = std::ceil((1 - credit_) * 1000 / rate_per_s_);
  if (!waiting_.empty())
    time_.arm_in(timer_, std::max<uint64_t>(1, static_cast<uint64_t>(wait_ms)));
}

}  // namespace dotring::clients
