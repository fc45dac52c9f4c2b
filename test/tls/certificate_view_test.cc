#include "tls/certificate_view.h"

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "test/tls/tls_fixture.h"

namespace dotring::tls {
namespace {

int digit_of(char c) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const size_t at = kDigits.find(c);
  return at == kDigits.npos ? -1 : static_cast<int>(at);
}

// The DER inside the first PEM block, decoded by hand so that it does not depend on what is tested.
std::vector<uint8_t> der_of(const std::string& pem) {
  std::vector<uint8_t> der;
  const size_t start = pem.find('\n') + 1;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : pem.substr(start, pem.find("-----END") - start)) {
    const int digit = digit_of(c);
    if (digit < 0) continue;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    der.push_back(static_cast<uint8_t>(bits >> count));
  }
  return der;
}

const std::vector<uint8_t>& good_der() {
  static const std::vector<uint8_t> der = der_of(good_identity().certificate_pem);
  return der;
}

TEST(CertificateView, ReadsNamesDatesAndKey) {
  const auto view = CertificateView::parse(good_der());
  ASSERT_TRUE(view);
  EXPECT_EQ(view->dns_names, (std::vector<std::string_view>{"dot.example", "*.wild.example"}));
  EXPECT_TRUE(view->has_address(*IpAddress::parse("127.0.0.1")));
  EXPECT_TRUE(view->has_address(*IpAddress::parse("2001:db8::53")));
  EXPECT_FALSE(view->has_address(*IpAddress::parse("127.0.0.2")));
  EXPECT_EQ(view->names_text(), "dot.example, *.wild.example, 127.0.0.1, 2001:db8::53");
  EXPECT_EQ(view->not_before.size(), 13u);
  // An uncompressed P-256 point in its wrapping takes 91 octets (RFC 5480).
  EXPECT_EQ(view->public_key_info.size(), 91u);
  EXPECT_EQ(view->public_key_info[0], 0x30);
}

TEST(CertificateView, RefusesEveryTruncation) {
  for (size_t size = 0; size < good_der().size(); ++size) {
    const std::vector<uint8_t> part(good_der().begin(),
                                    good_der().begin() + static_cast<ptrdiff_t>(size));
    EXPECT_FALSE(CertificateView::parse(part)) << size;
  }
}

TEST(CertificateView, SurvivesDamage) {
  Random random({3, 4});
  for (int round = 0; round < 20000; ++round) {
    std::vector<uint8_t> der = good_der();
    for (uint32_t i = 0; i <= random.below(4); ++i) {
      der[random.below(static_cast<uint32_t>(der.size()))] = static_cast<uint8_t>(random.next());
    }
    const auto view = CertificateView::parse(der);
    if (!view) continue;
    EXPECT_FALSE(view->public_key_info.empty());
    EXPECT_FALSE(view->names_text().empty());
    EXPECT_FALSE(date_text(view->not_after).empty());
  }
}

TEST(CertificateView, UnprintableNamesDoNotReachTheLog) {
  CertificateView view;
  view.dns_names = {std::string_view("a\nb\x1b[31m", 8)};
  EXPECT_EQ(view.names_text(), "a?b?[31m");
}

TEST(CertificateView, ManyNamesAreCounted) {
  CertificateView view;
  EXPECT_EQ(view.names_text(), "no name");
  view.dns_names = {"a", "b", "c", "d", "e", "f"};
  EXPECT_EQ(view.names_text(), "a, b, c, d and 2 more");
}

TEST(CertificateDates, AreWrittenAsTheCalendarHasThem) {
  for (const uint64_t time_s : {uint64_t{0}, uint64_t{951782399}, uint64_t{951782400},
                                uint64_t{1709251199}, uint64_t{1735689599}, uint64_t{2524607999}}) {
    IdentityOptions options = identity_options();
    options.not_before_s = 0;
    options.not_after_s = time_s;
    const std::vector<uint8_t> der = der_of(identity_of(options).certificate_pem);
    const auto view = CertificateView::parse(der);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->not_before, "700101000000Z");
    const auto seconds = static_cast<time_t>(time_s);
    char expected[16];
    strftime(expected, sizeof expected, "%y%m%d%H%M%SZ", gmtime(&seconds));
    EXPECT_EQ(view->not_after, expected);
  }
}

TEST(CertificateDates, ThatCannotBeAreRefused) {
  Identity identity;
  IdentityOptions options = identity_options();
  options.not_after_s = options.not_before_s - 1;
  EXPECT_TRUE(make_identity(options, identity));
  options.not_after_s = 2524608000;
  EXPECT_TRUE(make_identity(options, identity));
}

TEST(CertificateDates, AreReadInBothForms) {
  EXPECT_EQ(date_text("240131235959Z"), "2024-01-31");
  EXPECT_EQ(date_text("991231235959Z"), "1999-12-31");
  EXPECT_EQ(date_text("20510131235959Z"), "2051-01-31");
  for (const char* bad : {"", "Z", "240131", "24013123595\nZ", "2405101312359590Z"}) {
    EXPECT_EQ(date_text(bad), "an unknown date") << bad;
  }
}

}  // namespace
}  // namespace dotring::tls
