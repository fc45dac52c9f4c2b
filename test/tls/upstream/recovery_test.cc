// When servers that all failed are back: questions are answered within a second, whether anybody
// asked meanwhile or not.

#include <gtest/gtest.h>

#include "test/tls/upstream/each_fault.h"

namespace dotring::upstream {
namespace {

using query::ForwardResult;

class AfterEachFault : public EachFault {};

INSTANTIATE_TEST_SUITE_P(, AfterEachFault, testing::ValuesIn(kFaults),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_P(AfterEachFault, RecoversWithinASecondWhenItIsTheOnlyServer) {
  options.servers.resize(1);
  server(0).fault = GetParam().fault;
  open();
  ask_many();
  expect_deadlines_held();
  run_ms(30'000);
  ask();
  run_ms(6'000);
  server(0).fault = Fault::None;
  const uint64_t back_ms = time.now_ms();
  const int before = answered();
  const uint64_t limit_ms = GetParam().fault == Fault::BadCertificate ? 6000 : 1000;
  EXPECT_TRUE(run_until(
      [&] {
        ask("again.example.", 900);
        return answered() > before;
      },
      limit_ms));
  EXPECT_LE(time.now_ms() - back_ms, limit_ms);
  EXPECT_TRUE(run_until([&] { return all_done(); }));
}

TEST_P(AfterEachFault, AQuestionAfterAQuietOutageIsAnsweredAtOnce) {
  ask_while_all_fail();
  run_ms(300'000);
  // Between two looks at it, if it fails; somebody who asks is given one earlier than 6 s after.
  const uint64_t looks = statistics(1).connects.value();
  run_until([&] { return statistics(1).connects.value() > looks; }, 100'000);
  run_ms(6'000);
  server(1).fault = Fault::None;
  const Client& first = ask("again.example.");
  const Client& second = ask("and.again.example.");
  EXPECT_TRUE(run_until([&] { return first.done && second.done; }, 1000));
  EXPECT_EQ(first.result, ForwardResult::Answered);
  EXPECT_EQ(second.result, ForwardResult::Answered);
}

TEST_P(AfterEachFault, AQuestionAfterAQuietTimeEndsInTimeAlthoughNoServerIsBack) {
  ask_while_all_fail();
  run_ms(300'000);
  const Client& client = ask("again.example.");
  EXPECT_TRUE(run_until([&] { return client.done; }));
  EXPECT_LE(client.took_ms(), kDeadlineMs);
}

}  // namespace
}  // namespace dotring::upstream
