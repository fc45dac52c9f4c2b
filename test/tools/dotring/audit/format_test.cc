// What a record looks like in the logs.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tools/dotring/audit/dnstap_format.h"
#include "tools/dotring/audit/frame_stream.h"
#include "tools/dotring/audit/json_format.h"

namespace dotring::appliance {
namespace {

using nlohmann::json;

// wWw.example AAAA with RD and an OPT that has DO; and a reply NXDOMAIN with RA and AD.
const std::vector<uint8_t> kQuery = {
    0x12, 0x34, 1,   0,   0, 1, 0,  0, 0, 0, 0, 1,  3, 'w',  'W', 'w', 7,    'e', 'x', 'a',
    'm',  'p',  'l', 'e', 0, 0, 28, 0, 1, 0, 0, 41, 4, 0xd0, 0,   0,   0x80, 0,   0,   0};
const std::vector<uint8_t> kReply = {0x12, 0x34, 0x81, 0xa3, 0, 0, 0, 0, 0, 0, 0, 0};

query::QueryAccount account_of(const dns::QueryView& view, const Endpoint& client) {
  return {.query = kQuery,
          .reply = kReply,
          .view = view,
          .client = client,
          .transport = query::Transport::Tcp,
          .from = query::AnsweredFrom::SlowerTier,
          .rcode = 3,
          .dropped = std::nullopt,
          .received_us = 1'000'000,
          .answered_us = 1'002'500};
}

/// The record of an account, formatted: through the octets that workers queue.
std::string formatted(Format& format, const query::QueryAccount& account) {
  std::vector<uint8_t> octets(record_size(account));
  write_record(account, octets);
  std::vector<uint8_t> text;
  // 2025-01-31T23:59:59 at 1 s of the monotonic clock.
  format.append(read_record(octets), WallTime(0, 1'738'367'998'000'000), text);
  return {text.begin(), text.end()};
}

class FormatTest : public testing::Test {
 protected:
  json line(AuditClients clients = AuditClients::Whole) {
    JsonFormat format(ClientMask(clients, {1, 2}));
    const std::string text = formatted(format, account_);
    EXPECT_TRUE(text.ends_with("}\n"));
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    return json::parse(text);
  }

  dns::QueryView view_ = dns::view_query(kQuery);
  Endpoint client_{*IpAddress::parse("192.0.2.1"), 4711};
  query::QueryAccount account_ = account_of(view_, client_);
};

TEST_F(FormatTest, ALineHasAllFields) {
  EXPECT_EQ(line(), json::parse(R"({
    "time": "2025-01-31T23:59:59.000000Z", "client": "192.0.2.1", "port": 4711,
    "transport": "tcp", "name": "wWw.example.", "type": "AAAA", "class": "IN",
    "flags": "rd edns do", "rcode": "NXDOMAIN", "reply_flags": "ra ad", "size": 12,
    "source": "slower_tier", "latency_us": 2500, "query_size": 40})"));
}

TEST_F(FormatTest, ADroppedQueryHasItsReasonInPlaceOfAReply) {
  account_.reply = {};
  account_.dropped = query::DropReason::TurnedAway;
  account_.from = query::AnsweredFrom::Limited;
  const json object = line();
  EXPECT_EQ(object["dropped"], "turned_away");
  EXPECT_EQ(object["source"], "limited");
  EXPECT_FALSE(object.contains("rcode") || object.contains("size"));
}

TEST_F(FormatTest, AnythingAtAllMakesOneLineOfJson) {
  for (size_t size = 0; size <= kQuery.size(); ++size) {
    account_.query = Bytes(kQuery).first(size);
    EXPECT_EQ(line()["query_size"], size);
  }
  std::vector<uint8_t> hostile = kQuery;
  hostile[13] = '"';
  hostile[14] = '\n';
  hostile[15] = 0xff;
  account_.query = hostile;
  EXPECT_EQ(line()["name"], "\\\"\\010\\255.example.");
}

TEST_F(FormatTest, AddressesAreShownAsConfigured) {
  EXPECT_EQ(line(AuditClients::Prefix)["client"], "192.0.2.0");
  EXPECT_EQ(line(AuditClients::Hashed)["client"].get<std::string>().size(), 8u);
  EXPECT_FALSE(line(AuditClients::Hashed).contains("port"));
  EXPECT_FALSE(line(AuditClients::None).contains("client"));
}

TEST_F(FormatTest, DnstapIsAFramePerMessage) {
  DnstapFormat format(ClientMask(AuditClients::Prefix, {1, 2}), "me", "dotring");
  const std::string frames = formatted(format, account_);
  const auto frame_size = [&frames](size_t at) {
    return load_be32(reinterpret_cast<const uint8_t*>(frames.data()) + at);
  };
  const size_t second = 4 + frame_size(0);
  ASSERT_LT(second, frames.size());
  EXPECT_EQ(second + 4 + frame_size(second), frames.size());
  const std::string query = frames.substr(0, second), reply = frames.substr(second);
  EXPECT_NE(query.find(text_of(kQuery)), std::string::npos);
  EXPECT_NE(reply.find(text_of(kReply)), std::string::npos);
  EXPECT_EQ(frames.find(std::string("\xc0\x00\x02\x01", 4)), std::string::npos) << "whole address";
  account_.reply = {};
  account_.dropped = query::DropReason::ClientGone;
  EXPECT_EQ(formatted(format, account_).size(), second);
}

TEST(FrameStream, OnlyAReaderOfDnstapIsAccepted) {
  using frame_stream::Reply;
  // ACCEPT (1) with the content type is READY (4) with another number.
  std::vector<uint8_t> accept = frame_stream::ready();
  ASSERT_EQ(load_be32(accept.data() + 8), 4u);
  accept[11] = 1;
  EXPECT_EQ(frame_stream::read_reply(accept), Reply::Accepted);
  for (size_t size = 0; size < accept.size(); ++size) {
    EXPECT_EQ(frame_stream::read_reply(Bytes(accept).first(size)), Reply::Incomplete);
  }
  std::vector<uint8_t> other = accept;
  other.back() ^= 1;
  EXPECT_EQ(frame_stream::read_reply(other), Reply::Refused);
  EXPECT_EQ(frame_stream::read_reply(frame_stream::start()), Reply::Refused);
  EXPECT_EQ(frame_stream::read_reply(bytes_of("HTTP/1.1 400 Bad Request\r\n")), Reply::Refused);
}

}  // namespace
}  // namespace dotring::appliance
