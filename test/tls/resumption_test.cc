#include "tls/resumption.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include "test/tls/tls_fixture.h"

namespace dotring::tls {
namespace {

TEST(TicketStore, GivesTheNewestOnceAndDropsTheOldest) {
  TicketStore store(2);
  EXPECT_TRUE(store.take().empty());
  store.put({1});
  store.put({2});
  store.put({3});
  EXPECT_EQ(store.size(), 2u);
  EXPECT_EQ(store.take(), TicketStore::Ticket{3});
  EXPECT_EQ(store.take(), TicketStore::Ticket{2});
  EXPECT_TRUE(store.take().empty());
}

TEST(TicketStore, ACapacityOfZeroKeepsNothing) {
  TicketStore store(0);
  store.put({1});
  EXPECT_EQ(store.size(), 0u);
}

class ResumptionTest : public ::testing::TestWithParam<bool> {
 protected:
  ResumptionTest() {
    ClientOptions options = client_options();
    options.tls12_only = GetParam();
    client_context_ = client_context(options);
    server_context_ = server_context();
  }

  // One connection from hello to close_notify; says whether the two resumed.
  bool connect() { return connect(trust_, *server_context_); }
  bool connect(const Trust& trust, const ServerContext& server_side) {
    End client(*client_context_, trust, &tickets_);
    End server(server_side);
    converse(client, server);
    EXPECT_EQ(client.session.state(), Session::State::Open) << client.session.failure().text;
    EXPECT_EQ(client.session.resumed(), server.session.resumed());
    client.write("a question");
    converse(client, server);
    EXPECT_EQ(server.received, "a question");
    server.write("an answer");
    converse(client, server);
    EXPECT_EQ(client.received, "an answer");
    client.close();
    converse(client, server);
    return client.session.resumed();
  }

  std::unique_ptr<ClientContext> client_context_;
  std::unique_ptr<ServerContext> server_context_;
  Trust trust_ = trust_in("dot.example");
  TicketStore tickets_;
};

INSTANTIATE_TEST_SUITE_P(Versions, ResumptionTest, ::testing::Bool(),
                         [](const auto& version) { return version.param ? "Tls12" : "Tls13"; });

TEST_P(ResumptionTest, TheSecondConnectionResumesAndSoOn) {
  EXPECT_FALSE(connect());
  EXPECT_EQ(tickets_.size(), 1u);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(connect()) << i;
    EXPECT_EQ(tickets_.size(), 1u);  // the old one was used up, the new one has come
  }
}

TEST_P(ResumptionTest, ATicketIsUsedOnce) {
  connect();
  End first(*client_context_, trust_, &tickets_);
  EXPECT_EQ(tickets_.size(), 0u);
  End second(*client_context_, trust_, &tickets_);
  End server(*server_context_);
  converse(second, server);
  EXPECT_FALSE(second.session.resumed());
}

TEST_P(ResumptionTest, AServerThatForgotItsKeysGetsAFullHandshake) {
  connect();
  const auto restarted = server_context();
  End client(*client_context_, trust_, &tickets_);
  End server(*restarted);
  converse(client, server);
  const bool open = client.session.state() == Session::State::Open;
  // TLS 1.3 goes on with a full handshake; wolfSSL's TLS 1.2 client cannot, and says so.
  EXPECT_TRUE(open ||
              (GetParam() && client.session.failure().kind == Session::FailureKind::TicketDeclined))
      << client.session.failure().text;
  EXPECT_FALSE(client.session.resumed());
  tickets_.clear();
  EXPECT_FALSE(connect(trust_, *restarted));
  EXPECT_TRUE(connect(trust_, *restarted));
}

TEST_P(ResumptionTest, ADeclinedTicketIsNotOfferedAgain) {
  connect();
  const auto restarted = server_context();
  End client(*client_context_, trust_, &tickets_);
  End server(*restarted);
  converse(client, server);
  // The full handshake gave a new one, or there is none left.
  EXPECT_EQ(tickets_.size(), client.session.state() == Session::State::Open ? 1u : 0u);
  EXPECT_EQ(connect(trust_, *restarted), client.session.state() == Session::State::Open);
}

TEST_P(ResumptionTest, AServerWithAnotherIdentityIsVerifiedAgain) {
  connect();
  // Another key for tickets, and a certificate that nobody trusts: the ticket must not open the
  // door.
  const auto impostor = server_context(server_options(identity_of(identity_options())));
  End client(*client_context_, trust_, &tickets_);
  End server(*impostor);
  converse(client, server);
  EXPECT_EQ(client.session.state(), Session::State::Failed);
  EXPECT_EQ(tickets_.size(), 0u);
}

TEST_P(ResumptionTest, AServerWithoutTicketsIsNeverResumed) {
  ServerOptions options = server_options();
  options.tickets = false;
  const auto forgetful = server_context(options);
  EXPECT_FALSE(connect(trust_, *forgetful));
  EXPECT_FALSE(connect(trust_, *forgetful));
}

TEST_P(ResumptionTest, AFailedHandshakeLeavesNoTicket) {
  End client(*client_context_, trust_in("other.example"), &tickets_);
  End server(*server_context_);
  converse(client, server);
  EXPECT_EQ(client.session.state(), Session::State::Failed);
  EXPECT_EQ(tickets_.size(), 0u);
}

TEST_P(ResumptionTest, ADamagedTicketIsAFullHandshake) {
  connect();
  TicketStore::Ticket ticket = tickets_.take();
  for (size_t size : {size_t{0}, size_t{1}, size_t{20}, ticket.size() / 2, ticket.size() - 1}) {
    tickets_.clear();
    tickets_.put({ticket.begin(), ticket.begin() + static_cast<ptrdiff_t>(size)});
    EXPECT_FALSE(connect()) << size;
  }
}

// Bytes that malloc has handed out. Nothing under a sanitizer, which then looks for leaks itself.
size_t bytes_in_use() {
  return mallinfo2().uordblks;
}

TEST_P(ResumptionTest, ReconnectingForeverKeepsMemoryFlat) {
  for (int i = 0; i < 30; ++i) connect();
  const size_t before = bytes_in_use();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(connect());
  // One leaked session object per connection would be 100 x 40 KB.
  EXPECT_LE(bytes_in_use(), before + 65536);
}

}  // namespace
}  // namespace dotring::tls
