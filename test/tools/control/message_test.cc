#include "tools/control/message.h"

#include <gtest/gtest.h>

namespace dotring::control {
namespace {

std::string problem_of_request(std::string_view line) {
  const auto read = read_request(line);
  const auto* problem = std::get_if<std::string>(&read);
  return problem ? *problem : "";
}

TEST(ControlMessage, RequestsAreReadAsTheyWereWritten) {
  Request request{"flush", {{"name", "ex\"a\nmple.com"}, {"subtree", true}}};
  const std::string line = to_line(request);
  EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
  const auto read = read_request(line);
  ASSERT_TRUE(std::holds_alternative<Request>(read));
  EXPECT_EQ(std::get<Request>(read).verb, "flush");
  EXPECT_EQ(std::get<Request>(read).arguments, request.arguments);
}

TEST(ControlMessage, WhatIsNoRequestIsRefused) {
  for (const char* line : {"", "\n", "[]", "1", "null", "{", "{\"verb\":\"a\"}{}", "status",
                           "\xff\xfe", "{\"verb\":\"\xff\"}"}) {
    EXPECT_EQ(problem_of_request(line), "not a JSON object on one line") << line;
  }
  for (const char* line : {"{}", "{\"verb\":1}", "{\"verb\":null}", "{\"Verb\":\"status\"}"}) {
    EXPECT_EQ(problem_of_request(line), "without a verb") << line;
  }
  EXPECT_NE(problem_of_request(std::string(kRequestMax, '[')), "") << "depth is no danger";
}

TEST(ControlMessage, TheLongestNameFits) {
  std::string name;
  for (int i = 0; i < 255; ++i) name += "\\255";
  EXPECT_LE(to_line(Request{"flush", {{"name", name}, {"subtree", true}}}).size(), kRequestMax);
}

TEST(ControlMessage, RepliesAreReadAsTheyWereWritten) {
  const auto good = read_reply(to_line(Reply{"", {{"b", 1}, {"a", {2, "x"}}}}));
  ASSERT_TRUE(std::holds_alternative<Reply>(good));
  EXPECT_EQ(std::get<Reply>(good).error, "");
  EXPECT_EQ(std::get<Reply>(good).result.dump(), "{\"b\":1,\"a\":[2,\"x\"]}");
  const auto bad = read_reply(to_line(refuse("no such \"name\"")));
  ASSERT_TRUE(std::holds_alternative<Reply>(bad));
  EXPECT_EQ(std::get<Reply>(bad).error, "no such \"name\"");
}

TEST(ControlMessage, TextsThatAreNoUtf8DoNotSpoilAReply) {
  const auto read = read_reply(to_line(refuse("\xff")));
  ASSERT_TRUE(std::holds_alternative<Reply>(read));
  EXPECT_EQ(std::get<Reply>(read).error, "\xef\xbf\xbd");
}

TEST(ControlMessage, WhatIsNoReplyIsRefused) {
  for (const char* line : {"", "[]", "{}", "{\"ok\":1}", "{\"ok\":false}",
                           "{\"ok\":false,\"error\":1}", "HTTP/1.1 400 Bad Request"}) {
    EXPECT_TRUE(std::holds_alternative<std::string>(read_reply(line))) << line;
  }
}

TEST(ControlArguments, AreReadByTheirTypes) {
  const Json arguments = {{"name", "a"}, {"all", true}, {"count", 7}};
  ArgumentReader reader(arguments);
  EXPECT_EQ(reader.text("name"), "a");
  EXPECT_TRUE(reader.flag("all"));
  EXPECT_EQ(reader.number("count", 10, 100), 7u);
  EXPECT_EQ(reader.number("other", 10, 100), 10u);
  EXPECT_EQ(reader.problem(), std::nullopt);
}

TEST(ControlArguments, WhatNobodyAskedForIsAProblem) {
  const Json arguments = {{"name", "a"}, {"subtre", true}};
  ArgumentReader reader(arguments);
  reader.text("name");
  reader.flag("subtree");
  EXPECT_NE(reader.problem(), std::nullopt);
}

TEST(ControlArguments, OtherTypesAndTooMuchAreProblems) {
  const Json arguments = {
      {"text", 1}, {"flag", "true"}, {"count", 101}, {"low", -1}, {"part", 1.5}};
  const auto problem = [&](auto&& read) {
    ArgumentReader reader(arguments);
    read(reader);
    return reader.problem().value_or("");
  };
  EXPECT_EQ(problem([](auto& reader) { reader.text("text"); }), "text: not a text");
  EXPECT_EQ(problem([](auto& reader) { reader.flag("flag"); }), "flag: neither true nor false");
  for (const char* name : {"count", "low", "part"}) {
    EXPECT_EQ(problem([&](auto& reader) { EXPECT_EQ(reader.number(name, 10, 100), 10u); }),
              std::string(name) + ": not a whole number from 0 to 100");
  }
}

}  // namespace
}  // namespace dotring::control
