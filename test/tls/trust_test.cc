#include "tls/trust.h"

#include <gtest/gtest.h>

#include "test/tls/tls_fixture.h"

namespace dotring::tls {
namespace {

using State = Session::State;

// How a client with this trust and these anchors ends up with a server that has this identity.
struct Outcome {
  State state;
  std::string text;
  std::string server_received;
};

Outcome meet(const Identity& server_identity, const Identity& anchors, const Trust& trust,
             bool tls12 = false) {
  ClientOptions options = client_options(anchors);
  options.tls12_only = tls12;
  const auto client_side = client_context(options);
  const auto server_side = server_context(server_options(server_identity));
  End client(*client_side, trust, nullptr);
  End server(*server_side);
  converse(client, server);
  std::vector<uint8_t> room(1000);
  MutableBytes output(room);
  client.session.write(bytes_of("a question"), output);
  const size_t written = room.size() - output.size();
  EXPECT_EQ(written > 0, client.session.state() == State::Open);
  server.take(Bytes(room).first(written));
  if (client.session.state() == State::Failed) {
    EXPECT_EQ(client.session.failure().kind, Session::FailureKind::Untrusted);
  }
  return {client.session.state(), client.session.failure().text, server.received};
}

Outcome meet(const Trust& trust) {
  return meet(good_identity(), good_identity(), trust);
}

SpkiPin pin_of_good_identity() {
  // The DER of the PEM, by way of a client that shows it: any pin fails and names the one that it
  // saw.
  Trust trust;
  trust.pins = {SpkiPin{}};
  const std::string text = meet(trust).text;
  const size_t at = text.find("public key ");
  EXPECT_NE(at, text.npos) << text;
  const auto pin = parse_spki_pin(std::string_view(text).substr(at + 11, 44));
  EXPECT_TRUE(pin) << text;
  return pin.value_or(SpkiPin{});
}

TEST(Trust, NeedsSomethingToAuthenticateBy) {
  Trust trust;
  EXPECT_TRUE(trust.check());
  EXPECT_EQ(meet(trust).state, State::Failed);
  trust.opportunistic = true;
  EXPECT_FALSE(trust.check());
}

TEST(Trust, AcceptsTheRightName) {
  EXPECT_EQ(meet(trust_in("dot.example")).server_received, "a question");
  EXPECT_EQ(meet(trust_in("DOT.example")).server_received, "a question");
  EXPECT_EQ(meet(trust_in("one.wild.example")).server_received, "a question");
  EXPECT_EQ(meet(trust_in("dot.example.")).server_received, "a question");
}

TEST(Trust, OnlyTheAlternativeNamesCount) {
  // RFC 9525, 6.3: a common name is no identifier, even where there is no other.
  IdentityOptions options = identity_options();
  options.dns_names.clear();
  const Identity addresses_only = identity_of(options);
  EXPECT_EQ(meet(addresses_only, addresses_only, trust_in("dot.example")).state, State::Failed);
  options.addresses.clear();
  const Identity nameless = identity_of(options);
  const Outcome outcome = meet(nameless, nameless, trust_in("dot.example"));
  EXPECT_EQ(outcome.state, State::Failed);
  EXPECT_EQ(outcome.text, "certificate is not for dot.example but for no name");
}

TEST(Trust, AWildcardIsOneWholeLabel) {
  IdentityOptions options = identity_options();
  options.dns_names = {"*", "f*.example", "a.*.example", "*.*.wild", "*.good.example"};
  const Identity identity = identity_of(options);
  for (const char* name : {"example", "foo.example", "a.b.example", "a.b.wild", "good.example",
                           "a.b.good.example", ".good.example"}) {
    EXPECT_EQ(meet(identity, identity, trust_in(name)).state, State::Failed) << name;
  }
  EXPECT_EQ(meet(identity, identity, trust_in("a.good.example")).state, State::Open);
}

TEST(Trust, RefusesAnotherName) {
  for (const char* name :
       {"other.example", "example", "x.dot.example", "two.levels.wild.example", "wild.example"}) {
    const Outcome outcome = meet(trust_in(name));
    EXPECT_EQ(outcome.state, State::Failed) << name;
    EXPECT_EQ(outcome.server_received, "") << name;
    EXPECT_NE(outcome.text.find("another name"), outcome.text.npos) << outcome.text;
    EXPECT_NE(outcome.text.find("dot.example"), outcome.text.npos) << outcome.text;
  }
}

TEST(Trust, ChecksAddressesAgainstAddresses) {
  EXPECT_EQ(meet(trust_in("127.0.0.1")).state, State::Open);
  EXPECT_EQ(meet(trust_in("2001:db8::53")).state, State::Open);
  EXPECT_EQ(meet(trust_in("2001:0DB8:0::53")).state, State::Open);
  const Outcome outcome = meet(trust_in("127.0.0.2"));
  EXPECT_EQ(outcome.state, State::Failed);
  EXPECT_NE(outcome.text.find("certificate is not for 127.0.0.2"), outcome.text.npos)
      << outcome.text;
}

TEST(Trust, AnAddressWrittenAsDnsNameIsNoAddress) {
  IdentityOptions options = identity_options();
  options.dns_names = {"192.0.2.1"};
  options.addresses.clear();
  const Identity identity = identity_of(options);
  EXPECT_EQ(meet(identity, identity, trust_in("192.0.2.1")).state, State::Failed);
}

TEST(Trust, RefusesAnUnknownAuthority) {
  const Identity stranger = identity_of(identity_options());
  for (bool tls12 : {false, true}) {
    const Outcome outcome = meet(stranger, good_identity(), trust_in("dot.example"), tls12);
    EXPECT_EQ(outcome.state, State::Failed);
    EXPECT_EQ(outcome.server_received, "");
    EXPECT_NE(outcome.text.find("not signed by a trusted authority"), outcome.text.npos)
        << outcome.text;
  }
}

TEST(Trust, RefusesASelfSignedStranger) {
  IdentityOptions options = identity_options();
  options.with_authority = false;
  const Outcome outcome = meet(identity_of(options), good_identity(), trust_in("dot.example"));
  EXPECT_EQ(outcome.state, State::Failed);
  EXPECT_NE(outcome.text.find("not"), outcome.text.npos) << outcome.text;
}

TEST(Trust, AcceptsASelfSignedCertificateThatIsItsOwnAnchor) {
  IdentityOptions options = identity_options();
  options.with_authority = false;
  const Identity identity = identity_of(options);
  EXPECT_EQ(meet(identity, identity, trust_in("dot.example")).state, State::Open);
  EXPECT_EQ(meet(identity, identity, trust_in("other.example")).state, State::Failed);
}

TEST(Trust, RefusesACertificateOutOfItsDates) {
  IdentityOptions expired = identity_options();
  expired.not_before_s = now_s() - 60 * kDayS;
  expired.not_after_s = now_s() - 2 * kDayS;
  IdentityOptions early = identity_options();
  early.not_before_s = now_s() + 2 * kDayS;
  for (bool tls12 : {false, true}) {
    const Identity old_identity = identity_of(expired);
    Outcome outcome = meet(old_identity, old_identity, trust_in("dot.example"), tls12);
    EXPECT_EQ(outcome.state, State::Failed);
    EXPECT_NE(outcome.text.find("certificate has expired (valid from 20"), outcome.text.npos)
        << outcome.text;
    const Identity new_identity = identity_of(early);
    outcome = meet(new_identity, new_identity, trust_in("dot.example"), tls12);
    EXPECT_EQ(outcome.state, State::Failed);
    EXPECT_NE(outcome.text.find("not valid yet"), outcome.text.npos) << outcome.text;
  }
}

TEST(Trust, APinAloneAuthenticates) {
  Trust trust;
  trust.pins = {SpkiPin{}, pin_of_good_identity()};
  EXPECT_EQ(meet(trust).server_received, "a question");
  // Neither chain nor name matter then (RFC 7858, 4.2).
  const Identity stranger = identity_of(identity_options());
  EXPECT_EQ(meet(good_identity(), stranger, trust).server_received, "a question");
  for (bool tls12 : {false, true}) {
    const Outcome outcome = meet(stranger, good_identity(), trust, tls12);
    EXPECT_EQ(outcome.state, State::Failed);
    EXPECT_EQ(outcome.server_received, "");
    EXPECT_NE(outcome.text.find("matches no pin"), outcome.text.npos) << outcome.text;
  }
}

TEST(Trust, APinAndANameMustBothHold) {
  Trust trust = trust_in("dot.example");
  trust.pins = {pin_of_good_identity()};
  EXPECT_EQ(meet(trust).state, State::Open);
  EXPECT_EQ(meet(good_identity(), identity_of(identity_options()), trust).state, State::Failed);
  trust.authentication_name = "other.example";
  EXPECT_EQ(meet(trust).state, State::Failed);
  trust.authentication_name = "dot.example";
  trust.pins = {SpkiPin{}};
  EXPECT_EQ(meet(trust).state, State::Failed);
}

TEST(Trust, APinnedSessionTeachesTheContextNoAuthority) {
  // A stranger's chain passes by its pin; a second client of the same context must still refuse the
  // stranger.
  const Identity stranger = identity_of(identity_options());
  const auto client_side = client_context();
  ServerOptions options = server_options(stranger);
  options.certificate_pem += stranger.authority_pem;
  const auto server_side = server_context(options);
  Trust opportunistic;
  opportunistic.opportunistic = true;
  const Trust strict = trust_in("dot.example");
  for (const Trust* trust : {&strict, static_cast<const Trust*>(&opportunistic), &strict}) {
    End client(*client_side, *trust, nullptr);
    End server(*server_side);
    converse(client, server);
    EXPECT_EQ(client.session.state() == State::Open, trust->opportunistic);
  }
}

TEST(Trust, OpportunisticAcceptsAnyone) {
  Trust trust;
  trust.opportunistic = true;
  EXPECT_EQ(meet(identity_of(identity_options()), good_identity(), trust).server_received,
            "a question");
}

TEST(SpkiPin, IsReadAsRfc7858WritesIt) {
  const auto pin = parse_spki_pin("YLh1dUR9y6Kja30RrAn7JKnbQG/uEtLMkBgFF2Fuihg=");
  ASSERT_TRUE(pin);
  EXPECT_EQ((*pin)[0], 0x60);
  EXPECT_EQ(to_text(*pin), "YLh1dUR9y6Kja30RrAn7JKnbQG/uEtLMkBgFF2Fuihg=");
  for (const char* bad : {"", "YLh1", "YLh1dUR9y6Kja30RrAn7JKnbQG/uEtLMkBgFF2Fuih==", "60b8757544",
                          "!!h1dUR9y6Kja30RrAn7JKnbQG/uEtLMkBgFF2Fuihg=",
                          "YLh1dUR9y6Kja30RrAn7JKnbQG/uEtLMkBgFF2Fuihg=AAAA"}) {
    EXPECT_FALSE(parse_spki_pin(bad)) << bad;
  }
}

}  // namespace
}  // namespace dotring::tls
