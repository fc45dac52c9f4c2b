#include "engine/io/udp_outbox.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "engine/io/socket_address.h"

namespace dotring::io {
namespace {

class UdpOutboxTest : public testing::Test {
 protected:
  using Texts = std::vector<std::string>;

  struct Socket {
    Socket() {
      descriptor = bind_socket({*IpAddress::parse("127.0.0.1"), 0}, SOCK_DGRAM, false).descriptor;
    }
    ~Socket() { close(descriptor); }
    UdpPath path() const {
      UdpPath path{};
      path.peer4 = SocketAddress::of(local_endpoint(descriptor)).in4;
      return path;
    }
    /// What has arrived, datagram by datagram.
    Texts received() const {
      Texts texts;
      char text[65536];
      for (ssize_t size; (size = recv(descriptor, text, sizeof text, MSG_DONTWAIT)) >= 0;) {
        texts.emplace_back(text, static_cast<size_t>(size));
      }
      return texts;
    }
    int descriptor;
  };

  void add(const Socket& to, const std::string& text) { add(to.path(), text); }
  void add(const UdpPath& path, const std::string& text) {
    ASSERT_FALSE(outbox_->full());
    ASSERT_GE(outbox_->room().size(), text.size());
    std::memcpy(outbox_->room().data(), text.data(), text.size());
    outbox_->add(path, text.size());
  }
  void refuse_runs(bool refuse) {
    ASSERT_TRUE(set_option(server_.descriptor, SOL_SOCKET, SO_NO_CHECK, refuse));
  }
  UdpOutbox::Sent send() { return outbox_->send(server_.descriptor); }

  std::optional<UdpOutbox> outbox_{UdpOutbox::Options{128, 4096, false}};
  Socket server_, one_, other_;
};

TEST_F(UdpOutboxTest, DatagramsOfOneSizeToOneClientLeaveAsARunAndArriveSingly) {
  for (const char* text : {"aaa", "bbb", "ccc"}) add(one_, text);
  const UdpOutbox::Sent sent = send();
  EXPECT_EQ(sent.calls, 1u);
  EXPECT_EQ(sent.datagrams, 3u);
  EXPECT_EQ(sent.in_runs, 3u);
  EXPECT_EQ(one_.received(), (Texts{"aaa", "bbb", "ccc"}));
}

TEST_F(UdpOutboxTest, AShorterOneEndsTheRunAndALongerOneBeginsAnother) {
  for (const char* text : {"aaa", "bbb", "cc", "dd", "eeee"}) add(one_, text);
  EXPECT_EQ(send().in_runs, 3u);
  EXPECT_EQ(one_.received(), (Texts{"aaa", "bbb", "cc", "dd", "eeee"}));
}

TEST_F(UdpOutboxTest, ClientsAreKeptApart) {
  add(one_, "1a");
  add(other_, "2a");
  add(other_, "2b");
  add(one_, "1b");
  EXPECT_EQ(send().in_runs, 2u);
  EXPECT_EQ(one_.received(), (Texts{"1a", "1b"}));
  EXPECT_EQ(other_.received(), (Texts{"2a", "2b"}));
}

TEST_F(UdpOutboxTest, ARunEndsAtTheKernelsLimit) {
  Texts texts;
  for (int i = 100; i < 200; ++i) texts.push_back(std::to_string(i));
  for (const std::string& text : texts) add(one_, text);
  const UdpOutbox::Sent sent = send();
  EXPECT_EQ(sent.in_runs, 100u);
  EXPECT_EQ(sent.refused, 0u);
  EXPECT_EQ(one_.received(), texts);
}

TEST_F(UdpOutboxTest, ARunIsNoLongerThanADatagramCanBe) {
  Texts texts(60, std::string(1200, 'x'));
  for (size_t i = 0; i < texts.size(); ++i) texts[i][0] = static_cast<char>('A' + i);
  for (const std::string& text : texts) add(one_, text);
  const UdpOutbox::Sent sent = send();
  EXPECT_EQ(sent.calls, 1u);
  EXPECT_EQ(sent.in_runs, 60u);
  EXPECT_EQ(one_.received(), texts);
}

TEST_F(UdpOutboxTest, WhatMightNotFitThePathGoesSingly) {
  const Texts texts(3, std::string(1400, 'x'));
  for (const std::string& text : texts) add(one_, text);
  EXPECT_EQ(send().in_runs, 0u);
  EXPECT_EQ(one_.received(), texts);
}

TEST_F(UdpOutboxTest, EmptyDatagramsGoSingly) {
  for (const char* text : {"", "", "a", ""}) add(one_, text);
  EXPECT_EQ(send().in_runs, 0u);
  EXPECT_EQ(one_.received(), (Texts{"", "", "a", ""}));
}

TEST_F(UdpOutboxTest, ARunThatTheKernelRefusesGoesSingly) {
  refuse_runs(true);
  for (const char* text : {"aaa", "bbb", "cc"}) add(one_, text);
  add(other_, "d");
  const UdpOutbox::Sent sent = send();
  EXPECT_EQ(sent.calls, 5u);  // in vain, for each of the run, for those behind it
  EXPECT_EQ(sent.datagrams, 4u);
  EXPECT_EQ(sent.in_runs, 0u);
  EXPECT_EQ(sent.refused, 0u);
  EXPECT_EQ(one_.received(), (Texts{"aaa", "bbb", "cc"}));
  EXPECT_EQ(other_.received(), (Texts{"d"}));
}

TEST_F(UdpOutboxTest, ARefusedRunLeavesFromTheAddressThatWasAsked) {
  outbox_.emplace(UdpOutbox::Options{8, 8, true});
  refuse_runs(true);
  for (const char* text : {"a", "b"}) add(one_, text);
  EXPECT_EQ(send().refused, 0u);
  EXPECT_EQ(one_.received(), (Texts{"a", "b"}));
}

TEST_F(UdpOutboxTest, AfterARefusalRunsAreTriedAgainMuchLater) {
  const auto sends_in_runs = [&] {
    for (const char* text : {"a", "b"}) add(one_, text);
    const UdpOutbox::Sent sent = send();
    EXPECT_EQ(one_.received(), (Texts{"a", "b"}));
    return sent.in_runs > 0;
  };
  refuse_runs(true);
  EXPECT_FALSE(sends_in_runs());
  refuse_runs(false);
  int without = 0;
  while (without < 5000 && !sends_in_runs()) ++without;
  EXPECT_GE(without, 100);
  EXPECT_LT(without, 5000);
}

TEST_F(UdpOutboxTest, ARunToNowhereIsCountedAndThoseBehindItLeave) {
  UdpPath nowhere{};
  nowhere.peer4.sin_family = AF_INET;  // port 0: the kernel refuses it
  add(nowhere, "aaa");
  add(nowhere, "bbb");
  add(one_, "c");
  const UdpOutbox::Sent sent = send();
  EXPECT_EQ(sent.refused, 2u);
  EXPECT_EQ(sent.datagrams, 1u);
  EXPECT_EQ(one_.received(), (Texts{"c"}));
}

TEST_F(UdpOutboxTest, FullAtItsBoundAndUsableAgain) {
  outbox_.emplace(UdpOutbox::Options{2, 8, false});
  for (int i = 0; i < 3; ++i) {
    add(one_, "12345678");
    add(one_, "abcdefgh");
    EXPECT_TRUE(outbox_->full());
    EXPECT_EQ(send().datagrams, 2u);
  }
  EXPECT_EQ(one_.received().size(), 6u);
}

}  // namespace
}  // namespace dotring::io
