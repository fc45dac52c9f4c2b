// Replies that are one too many to an address that may be forged; how many queries of a client may
// wait; and that a client who has proved its address is touched by neither flood.

#include "engine/protect/guard.h"
#include "test/engine/query/fakes.h"

namespace dotring::query {
namespace {

constexpr char kVictim[] = "10.0.0.1";
constexpr char kSoa[] = "example.com. 60 IN SOA ns. admin. 1 2 3 4 60";

protect::ResponseLimiter::Options two_per_second(uint32_t slip) {
  protect::ResponseLimiter::Options options;
  options.per_second = 2;
  options.errors_per_second = 1;
  options.slip = slip;
  return options;
}

/// Each equal reply twice per second, an error once.
struct Limited {
  explicit Limited(uint32_t slip = 0, const Pipeline::Options& options = {})
      : world(options), replies(two_per_second(slip), {3, 4}) {
    world.pipeline->set_guard(&guard);
  }

  void cache(const std::string& name, const std::string& rcode, const std::string& type = "A") {
    AnswerSpec spec;
    spec.name = name;
    spec.type = type;
    spec.rcode = rcode;
    if (rcode == "NOERROR") spec.answers = {name + ". 60 IN A 192.0.2.1"};
    if (rcode == "NXDOMAIN") spec.authority = {kSoa};
    const Octets message = make_answer(spec);
    const dns::QuestionKey key = world.key(name, type, dns::QuestionKey::kRd);
    const dns::AnswerView view = dns::view_answer(message, {key.name(), key.type(), key.klass()});
    ASSERT_EQ(view.fault, dns::AnswerFault::None);
    world.store.store(key, message, view, 0);
  }
  uint64_t send(const QuerySpec& spec, Transport transport = Transport::Udp,
                const char* address = kVictim) {
    const Octets message = make_query(spec);
    ClientQuery query;
    query.message = message;
    query.transport = transport;
    query.client = {*IpAddress::parse(address), 1024};
    query.reply_to = FakePort::reply_to(++client);
    world.pipeline->handle(world.port, query);
    return client;
  }
  /// "answered", "truncated" or "dropped".
  std::string fate(const std::string& name, Transport transport = Transport::Udp,
                   const Octets& cookie = {}, const char* address = kVictim) {
    QuerySpec spec;
    spec.name = name;
    spec.edns = !cookie.empty();
    if (!cookie.empty()) spec.options = make_option(kCookie, cookie);
    const uint64_t number = send(spec, transport, address);
    if (world.port.dropped.contains(number)) return "dropped";
    return parse_reply(world.port.replies.at(number)).tc ? "truncated" : "answered";
  }

  World world;
  protect::ResponseLimiter replies;
  protect::ServerCookies cookies{{}, {{}}};
  protect::Guard guard{
      {},
      {nullptr, nullptr, &cookies, [] { return uint64_t{1'700'000'000}; }, nullptr, &replies},
      world.clock};
  uint64_t client = 0;
};

TEST(ReplyLimit, TheSameAnswerIsGivenToAClientOnlySoOften) {
  Limited limited;
  limited.cache("a.example.com", "NOERROR");
  limited.cache("b.example.com", "NOERROR");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(limited.fate("a.example.com"), "answered");
  EXPECT_EQ(limited.fate("A.Example.com"), "dropped") << "whatever its case";
  EXPECT_EQ(limited.fate("b.example.com"), "answered") << "another answer";
  EXPECT_EQ(limited.fate("a.example.com", Transport::Udp, {}, "10.0.0.2"), "answered");
  limited.world.advance_ms(1000);
  EXPECT_EQ(limited.fate("a.example.com"), "answered");
  const auto& counted = limited.guard.statistics().by_reply;
  EXPECT_EQ(counted[0][static_cast<size_t>(protect::Action::Drop)].value(), 1u);
}

TEST(ReplyLimit, WhoIsWhoItSaysIsNotLimited) {
  Limited limited;
  limited.cache("a.example.com", "NOERROR");
  const IpAddress victim = *IpAddress::parse(kVictim);
  const auto cookie = limited.cookies.judge(kClientCookie, victim, 1'700'000'000).reply;
  const Octets valid(cookie.begin(), cookie.end());
  for (int i = 0; i < 3; ++i) limited.fate("a.example.com");
  EXPECT_EQ(limited.fate("a.example.com"), "dropped");
  EXPECT_EQ(limited.fate("a.example.com", Transport::Udp, kClientCookie), "dropped");
  EXPECT_EQ(limited.fate("a.example.com", Transport::Udp, valid), "answered");
  EXPECT_EQ(limited.fate("a.example.com", Transport::Tcp), "answered");
}

TEST(ReplyLimit, RandomNamesThatDoNotExistCountByTheirZone) {
  Limited limited;
  for (const char* name : {"x1.example.com", "x2.example.com", "x3.y.example.com"}) {
    limited.cache(name, "NXDOMAIN");
  }
  EXPECT_EQ(limited.fate("x1.example.com"), "answered");
  EXPECT_EQ(limited.fate("x2.example.com"), "answered");
  EXPECT_EQ(limited.fate("x3.y.example.com"), "dropped");
}

TEST(ReplyLimit, ErrorsCountTogetherAlsoThoseThatAreMalformed) {
  Limited limited;
  QuerySpec malformed;
  malformed.name = "a.example.com";
  malformed.behind = {0};
  EXPECT_TRUE(limited.world.port.replies.contains(limited.send(malformed)));
  malformed.name = "b.example.com";
  EXPECT_TRUE(limited.world.port.dropped.contains(limited.send(malformed)));
}

TEST(ReplyLimit, EachSlipthReplyIsTruncatedAndHasTheCookieToComeBackWith) {
  Limited limited(2);
  limited.cache("a.example.com", "NOERROR");
  for (int i = 0; i < 2; ++i) limited.fate("a.example.com");
  EXPECT_EQ(limited.fate("a.example.com"), "dropped");
  EXPECT_EQ(limited.fate("a.example.com", Transport::Udp, kClientCookie), "truncated");
  const ParsedReply reply = parse_reply(limited.world.port.replies.at(limited.client));
  EXPECT_TRUE(reply.answers.empty());
  ASSERT_EQ(reply.options.size(), 1u);
  EXPECT_EQ(reply.options.begin()->second.size(), 24u);
  EXPECT_EQ(limited.fate("a.example.com"), "dropped");
}

TEST(ReplyLimit, AnswersThatCameLaterAreLimitedToo) {
  Limited limited;
  limited.world.pipeline->set_guard(&limited.guard);
  QuerySpec spec;
  spec.name = "late.example.com";
  for (int i = 0; i < 3; ++i) limited.send(spec);
  AnswerSpec answer;
  answer.name = "late.example.com";
  answer.type = "A";
  answer.answers = {"late.example.com. 60 IN A 192.0.2.1"};
  ASSERT_EQ(limited.world.forwarder.under_way.size(), 1u);
  limited.world.forwarder.answer(**limited.world.forwarder.under_way.begin(), make_answer(answer));
  EXPECT_EQ(limited.world.port.replies.size(), 2u);
  EXPECT_EQ(limited.world.port.dropped.size(), 1u);
}

TEST(ClientLimit, AClientMayHaveSoManyWaitingByAllTransportsTogether) {
  protect::InFlightLimiter two({2}, {}, {5, 6});
  Limited limited;
  limited.world.pipeline->set_client_limit(&two);
  QuerySpec spec;
  spec.name = "a.example.com";
  limited.send(spec);
  spec.name = "b.example.com";
  limited.send(spec, Transport::Tcp);
  const uint64_t third = limited.send(spec);
  EXPECT_EQ(parse_reply(limited.world.port.replies.at(third)).rcode, 2) << "shed, as configured";
  limited.send(spec, Transport::Udp, "10.0.0.2");
  EXPECT_EQ(limited.world.pipeline->in_flight(), 3u);
  const Statistics& counted = limited.world.pipeline->statistics();
  EXPECT_EQ(counted.over_limit[static_cast<size_t>(WaitLimit::Client)].value(), 1u);
  EXPECT_EQ(counted.shed.value(), 1u);
  limited.world.advance_ms(6000);
  EXPECT_EQ(limited.world.pipeline->in_flight(), 0u);
  EXPECT_TRUE(two.enter(*IpAddress::parse(kVictim))) << "all places are free again";
  EXPECT_TRUE(two.enter(*IpAddress::parse(kVictim)));
  EXPECT_FALSE(two.enter(*IpAddress::parse(kVictim)));
}

// As above, with a limit on questions: a place that was kept is released.
TEST(ClientLimit, APlaceIsFreeAgainWhereAnotherLimitForbidsToWait) {
  Pipeline::Options options;
  options.resolver.resolutions_max = 1;
  protect::InFlightLimiter two({2}, {}, {5, 6});
  Limited limited(0, options);
  limited.world.pipeline->set_client_limit(&two);
  QuerySpec spec;
  for (const char* name : {"a.example.com", "b.example.com", "c.example.com"}) {
    spec.name = name;
    limited.send(spec);
  }
  EXPECT_TRUE(two.enter(*IpAddress::parse(kVictim)));
  const Statistics& counted = limited.world.pipeline->statistics();
  EXPECT_EQ(counted.over_limit[static_cast<size_t>(WaitLimit::Questions)].value(), 2u);
}

TEST(ForgedAddresses, LeaveQuestionsAndPlacesToWhoIsWhoItSays) {
  Pipeline::Options options;
  options.resolver.resolutions_max = 8;
  options.resolver.waiting_room.admission.in_flight_max_by_transport = {7, 7, 7, 7};
  Limited limited(0, options);
  QuerySpec spec;
  for (int i = 0; i < 20; ++i) {
    spec.name = "x" + std::to_string(i) + ".example.com";
    limited.send(spec);
  }
  EXPECT_EQ(limited.world.pipeline->in_flight(), 6u) << "three quarters of the questions";
  const IpAddress victim = *IpAddress::parse(kVictim);
  const auto cookie = limited.cookies.judge(kClientCookie, victim, 1'700'000'000).reply;
  spec.name = "x0.example.com";
  limited.send(spec);
  limited.send(spec);
  EXPECT_EQ(limited.world.pipeline->in_flight(), 7u) << "all places of UDP";
  spec.edns = true;
  spec.options = make_option(kCookie, Octets(cookie.begin(), cookie.end()));
  spec.name = "honest.example.com";
  limited.send(spec);
  EXPECT_EQ(limited.world.pipeline->in_flight(), 8u);
}

}  // namespace
}  // namespace dotring::query
