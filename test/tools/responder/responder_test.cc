// The whole server in this process, asked over loopback: every fault that a rule can name is seen
// by a client.

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "test/engine/listen/loopback.h"
#include "tools/responder/crew.h"
#include "tools/responder/report.h"

namespace dotring::responder {
namespace {

using listen::test::Message;
using listen::test::TcpClient;
using listen::test::UdpClient;

Message make_query(uint16_t id, std::string_view name, uint16_t edns_size = 0) {
  Message message(512);
  Writer writer(message);
  writer.u16(id);
  writer.u16(dns::kFlagRd);
  for (const uint16_t count : std::initializer_list<uint16_t>{1, 0, 0}) writer.u16(count);
  writer.u16(edns_size > 0 ? 1 : 0);
  writer.bytes(dns::name_from_text(name)->wire());
  writer.u16(dns::type::kA);
  writer.u16(dns::kClassIn);
  dns::OptFields opt;
  opt.udp_size = edns_size;
  if (edns_size > 0) dns::write_opt(writer, opt);
  message.resize(writer.offset());
  return message;
}

uint16_t id_of(const Message& message) {
  return load_be16(message.data());
}

/// False when it did not come true within ten seconds.
bool wait_until(const std::function<bool()>& condition) {
  for (int i = 0; i < 10'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return condition();
}

class ResponderTest : public ::testing::Test {
 protected:
  void start(const std::vector<std::string>& rules) {
    line.plain.push_back(*Endpoint::parse("127.0.0.1:0"));
    line.rules = rules;
    std::shared_ptr<const Rules> loaded;
    ASSERT_EQ(load_rules(line, loaded), std::nullopt);
    crew = std::make_unique<Crew>(line, HashKey{1, 2});
    ASSERT_EQ(crew->start(nullptr, clock, loaded), std::nullopt);
  }
  Endpoint udp() const { return crew->addresses().udp[0]; }
  Endpoint tcp() const { return crew->addresses().tcp[0]; }
  /// A number of the report: at("/queries/udp").
  uint64_t reported(const std::string& pointer) const {
    const auto json = nlohmann::json::parse(report_json(crew->workers()));
    return json.at(nlohmann::json::json_pointer(pointer)).get<uint64_t>();
  }
  /// What comes back over UDP; empty when nothing does before the answer to a name without a rule.
  std::vector<Message> ask_udp(std::string_view name, size_t replies = 1) {
    UdpClient client(udp());
    client.send(make_query(7, name, 1232));
    EXPECT_TRUE(wait_until([&] { return client.receive().size() >= replies; }));
    return client.received;
  }

  io::Clock clock;
  CommandLine line;
  std::unique_ptr<Crew> crew;
};

TEST_F(ResponderTest, AnswersOverUdpAndTcpOnThePortThatWasPicked) {
  start({});
  EXPECT_EQ(udp(), tcp());
  ASSERT_EQ(ask_udp("www.example.com.").size(), 1u);
  TcpClient client(tcp());
  client.send(make_query(8, "www.example.com."));
  ASSERT_TRUE(wait_until([&] { return client.receive().size() == 1; }));
  EXPECT_EQ(dns::read_header(client.received[0]).answer_count, 1);
  EXPECT_EQ(reported("/queries/udp"), 1u);
  EXPECT_EQ(reported("/queries/tcp"), 1u);
  EXPECT_EQ(reported("/rcodes/noerror"), 2u);
}

TEST_F(ResponderTest, SeveralWorkersShareTheAddress) {
  line.workers = 3;
  start({});
  ASSERT_EQ(crew->workers().size(), 3u);
  for (int i = 0; i < 30; ++i) ASSERT_EQ(ask_udp("a.").size(), 1u);
  EXPECT_EQ(reported("/queries/udp"), 30u);
  EXPECT_EQ(crew->addresses().udp.size(), 1u);
}

TEST_F(ResponderTest, LatencyHoldsAnAnswerBackAndOthersPass) {
  start({"slow*:latency=100ms"});
  TcpClient client(tcp());
  const uint64_t asked_us = clock.monotonic_us();
  client.queue(make_query(1, "slow.example."));
  client.queue(make_query(2, "fast.example."));
  client.pump();
  ASSERT_TRUE(wait_until([&] { return client.receive().size() == 2; }));
  EXPECT_GE(clock.monotonic_us() - asked_us, 100'000u);
  EXPECT_EQ(id_of(client.received[0]), 2);
  EXPECT_EQ(id_of(client.received[1]), 1);
  EXPECT_EQ(reported("/delayed"), 1u);
}

TEST_F(ResponderTest, WithoutAPlaceForDelayItAnswersAtOnce) {
  line.worker.answerer.delayed_max = 1;
  start({"slow*:latency=200ms"});
  TcpClient client(tcp());
  client.queue(make_query(1, "slow.example."));
  client.queue(make_query(2, "slow.example."));
  client.pump();
  ASSERT_TRUE(wait_until([&] { return client.receive().size() == 2; }));
  EXPECT_EQ(id_of(client.received[0]), 2);
  EXPECT_EQ(reported("/delayed_full"), 1u);
}

TEST_F(ResponderTest, LossDropsItsShare) {
  start({"*:loss=50%"});
  TcpClient client(tcp());
  constexpr uint16_t kCount = 1000;
  for (uint16_t id = 0; id < kCount; ++id) client.queue(make_query(id, "a."));
  ASSERT_TRUE(wait_until([&] {
    client.pump();
    return reported("/queries/tcp") == kCount;
  }));
  const uint64_t lost = reported("/not_answered/lost");
  EXPECT_GT(lost, 400u);
  EXPECT_LT(lost, 600u);
  EXPECT_TRUE(wait_until([&] { return client.receive().size() == kCount - lost; }));
}

TEST_F(ResponderTest, ReorderingHoldsBackAShare) {
  start({"*:reorder=50%/20ms"});
  TcpClient client(tcp());
  constexpr uint16_t kCount = 100;
  for (uint16_t id = 0; id < kCount; ++id) client.queue(make_query(id, "a."));
  client.pump();
  ASSERT_TRUE(wait_until([&] { return client.receive().size() == kCount; }));
  std::vector<uint16_t> ids;
  for (const Message& message : client.received) ids.push_back(id_of(message));
  EXPECT_FALSE(std::is_sorted(ids.begin(), ids.end()));
  EXPECT_EQ(std::set<uint16_t>(ids.begin(), ids.end()).size(), kCount);
}

TEST_F(ResponderTest, AStallHoldsWhatComesBackUntilItEnds) {
  start({"*:stall=99900us/100ms"});
  TcpClient client(tcp());
  uint64_t waited_us_max = 0;
  // Who is answered at a stall's end asks again while the next one begins.
  for (uint16_t id = 0; id < 100 && waited_us_max < 80'000; ++id) {
    const uint64_t asked_us = clock.monotonic_us();
    client.send(make_query(id, "a."));
    ASSERT_TRUE(wait_until([&] { return client.receive().size() == id + 1u; }));
    waited_us_max = std::max(waited_us_max, clock.monotonic_us() - asked_us);
  }
  EXPECT_GE(waited_us_max, 80'000u);
  EXPECT_GT(reported("/delayed"), 0u);
}

TEST_F(ResponderTest, DropNeverAnswersAndOthersPass) {
  start({"drop*:drop"});
  TcpClient client(tcp());
  client.queue(make_query(1, "drop.example."));
  client.queue(make_query(2, "other.example."));
  client.pump();
  ASSERT_TRUE(wait_until([&] { return client.receive().size() == 1; }));
  EXPECT_EQ(id_of(client.received[0]), 2);
  EXPECT_EQ(reported("/not_answered/dropped"), 1u);
}

TEST_F(ResponderTest, TruncatesForWhoCannotTakeMore) {
  start({"big*:size=1000"});
  UdpClient client(udp());
  client.send(make_query(1, "big.example."));
  ASSERT_TRUE(wait_until([&] { return client.receive().size() == 1; }));
  EXPECT_TRUE(dns::read_header(client.received[0]).has(dns::kFlagTc));
  EXPECT_FALSE(dns::read_header(ask_udp("big.example.")[0]).has(dns::kFlagTc));
  EXPECT_EQ(reported("/truncated"), 1u);
}

TEST_F(ResponderTest, WrongIdWrongQuestionAndGarbage) {
  start({"id*:wrong-id", "question*:wrong-question", "garbage*:garbage"});
  EXPECT_EQ(id_of(ask_udp("id.example.")[0]), 8);
  const Message right = ask_udp("other.example.")[0];
  const Message wrong = ask_udp("question.example.")[0];
  EXPECT_EQ(id_of(wrong), 7);
  EXPECT_EQ(wrong[13], 'x');
  EXPECT_EQ(right[13], 'o');
  const Message garbage = ask_udp("garbage.example.")[0];
  EXPECT_NE(dns::view_answer(garbage, {}).fault, dns::AnswerFault::None);
  EXPECT_EQ(reported("/faults"), 3u);
}

TEST_F(ResponderTest, AnswersTwice) {
  start({"*:twice"});
  const std::vector<Message> replies = ask_udp("a.example.", 2);
  EXPECT_EQ(replies[0], replies[1]);
  TcpClient client(tcp());
  client.send(make_query(1, "a.example."));
  ASSERT_TRUE(wait_until([&] { return client.receive().size() == 2; }));
  EXPECT_EQ(client.received[0], client.received[1]);
}

TEST_F(ResponderTest, HalfAFrameThenTheEnd) {
  start({"half*:half-frame"});
  TcpClient client(tcp());
  client.queue(make_query(1, "other.example."));
  client.queue(make_query(2, "half.example."));
  client.pump();
  ASSERT_TRUE(wait_until([&] { return client.ended(); }));
  EXPECT_EQ(client.received.size(), 1u);
  EXPECT_GT(client.octets_of_a_frame(), 2u);
}

TEST_F(ResponderTest, HalfAFrameThenSilence) {
  start({"half*:half-frame,stall-connection"});
  TcpClient client(tcp());
  client.send(make_query(2, "half.example."));
  ASSERT_TRUE(wait_until([&] { return client.receive(), client.octets_of_a_frame() > 2; }));
  client.send(make_query(3, "other.example."));
  ASSERT_TRUE(wait_until([&] { return reported("/not_answered/dropped") == 1; }));
  EXPECT_FALSE(client.ended());
}

TEST_F(ResponderTest, GarbageInPlaceOfAFrame) {
  start({"garbage*:garbage-stream,size=3000"});
  TcpClient client(tcp());
  client.send(make_query(1, "garbage.example."));
  ASSERT_TRUE(wait_until(
      [&] { return client.receive(), client.octets_of_a_frame() + client.received.size() > 0; }));
  EXPECT_FALSE(client.ended());
}

TEST_F(ResponderTest, AStalledConnectionAnswersNothingMoreAndOthersAreServed) {
  start({"stall*:stall-connection", "slow*:latency=50ms"});
  TcpClient client(tcp());
  client.queue(make_query(1, "slow.example."));
  client.queue(make_query(2, "stall.example."));
  client.queue(make_query(3, "other.example."));
  client.pump();
  ASSERT_TRUE(wait_until([&] { return reported("/not_answered/dropped") == 3; }));
  TcpClient other(tcp());
  other.send(make_query(4, "other.example."));
  ASSERT_TRUE(wait_until([&] { return other.receive().size() == 1; }));
  EXPECT_EQ(client.receive().size(), 0u);
  EXPECT_FALSE(client.ended());
}

TEST_F(ResponderTest, ClosesAfterSoManyQueries) {
  start({"*:close-after=3"});
  TcpClient client(tcp());
  for (uint16_t id = 0; id < 5; ++id) client.queue(make_query(id, "a."));
  client.pump();
  ASSERT_TRUE(wait_until([&] { return client.ended(); }));
  EXPECT_EQ(client.received.size(), 3u);
  client.close();
  EXPECT_TRUE(wait_until([&] { return reported("/tcp/open") == 0; }));
  EXPECT_EQ(reported("/tcp/closed/local"), 1u);
}

TEST_F(ResponderTest, ClosesAfterSoManyQueriesThatItDidNotAnswerToo) {
  start({"*:drop,close-after=2"});
  TcpClient client(tcp());
  for (uint16_t id = 0; id < 3; ++id) client.queue(make_query(id, "a."));
  client.pump();
  ASSERT_TRUE(wait_until([&] { return client.ended(); }));
  EXPECT_EQ(client.received.size(), 0u);
}

TEST_F(ResponderTest, ResetsAtAQueryAndAnswersInFlightAreLost) {
  start({"slow*:latency=10s", "*:reset-after=3"});
  TcpClient client(tcp());
  for (uint16_t id = 0; id < 3; ++id) client.queue(make_query(id, id == 0 ? "slow." : "a."));
  client.pump();
  pollfd hung_up{client.descriptor(), 0, 0};
  EXPECT_EQ(poll(&hung_up, 1, 10'000), 1);
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(client.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size);
  EXPECT_EQ(error, ECONNRESET);
}

TEST_F(ResponderTest, ClosesAConnectionThatIsIdle) {
  start({"*:idle-close=50ms"});
  TcpClient client(tcp());
  client.send(make_query(1, "a."));
  ASSERT_TRUE(wait_until([&] { return client.ended(); }));
  EXPECT_EQ(client.received.size(), 1u);
}

TEST_F(ResponderTest, RulesCanBeExchangedWhileItRuns) {
  start({"*:ttl=1"});
  EXPECT_EQ(dns::view_answer(ask_udp("a.")[0], {}).ttl_min, 1u);
  auto rules = std::make_shared<Rules>();
  ASSERT_EQ(rules->add("*:ttl=2"), std::nullopt);
  crew->set_rules(rules);
  EXPECT_TRUE(wait_until([&] { return dns::view_answer(ask_udp("a.")[0], {}).ttl_min == 2u; }));
}

TEST_F(ResponderTest, EndsWithAnswersInFlightThatAreDueSoon) {
  start({"*:latency=100ms"});
  TcpClient client(tcp());
  client.send(make_query(1, "a."));
  ASSERT_TRUE(wait_until([&] { return reported("/delayed") == 1; }));
  crew->stop();
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(client.received.size(), 1u);
}

TEST_F(ResponderTest, TheEndDoesNotWaitForever) {
  line.worker.drain_ms = 50;
  start({"*:latency=1m"});
  TcpClient client(tcp());
  client.send(make_query(1, "a."));
  ASSERT_TRUE(wait_until([&] { return reported("/delayed") == 1; }));
  crew->stop();
  EXPECT_TRUE(client.ended());
}

TEST_F(ResponderTest, ATakenAddressIsNamed) {
  start({});
  // Without SO_REUSEPORT on our side nobody else gets the port.
  CommandLine second;
  second.worker.udp.reuse_port = false;
  second.addresses.udp.push_back(udp());
  Crew other(second, {1, 2});
  const auto failure = other.start(nullptr, clock, std::make_shared<Rules>());
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->rfind("udp " + udp().to_text() + ": ", 0), 0u) << *failure;
}

}  // namespace
}  // namespace dotring::responder
