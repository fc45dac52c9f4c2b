// The faults that an upstream may have, for tests of each.

#pragma once

#include <gtest/gtest.h>

#include "test/tls/upstream/multiplexer_bench.h"

namespace dotring::upstream {

struct FaultCase {
  const char* name;
  Fault fault;
};

inline std::ostream& operator<<(std::ostream& out, const FaultCase& one) {
  return out << one.name;
}

inline const FaultCase kFaults[] = {
    {"Refuses", Fault::Refuses},
    {"BadCertificate", Fault::BadCertificate},
    {"StallsInHandshake", Fault::StallsInHandshake},
    {"Silent", Fault::Silent},
    {"ClosesAfterEachAnswer", Fault::ClosesAfterEachAnswer},
    {"ResetsUnderLoad", Fault::ResetsUnderLoad},
    {"Garbage", Fault::Garbage},
    {"WrongId", Fault::WrongId},
    {"WrongQuestion", Fault::WrongQuestion},
    {"AnswersTwice", Fault::AnswersTwice},
    {"HalfFrame", Fault::HalfFrame},
};

class EachFault : public MultiplexerBench, public testing::WithParamInterface<FaultCase> {
 protected:
  /// Twenty questions at once, ten times.
  void ask_many() {
    for (int round = 0; round < 10; ++round) {
      for (int i = 0; i < 20; ++i) ask();
      run_ms(100);
    }
    EXPECT_TRUE(run_until([&] { return all_done(); }));
  }
  void expect_deadlines_held() {
    for (const Client& client : clients) EXPECT_LE(client.took_ms(), kDeadlineMs);
  }
  /// Questions to servers that all have the fault.
  void ask_while_all_fail() {
    server(0).fault = GetParam().fault;
    server(1).fault = GetParam().fault;
    open();
    ask_many();
    expect_deadlines_held();
  }
};

}  // namespace dotring::upstream
