#include "tools/dotring/log/upstream_journal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace dotring::appliance {
namespace {

using Kind = upstream::Event::Kind;

/// A journal whose lines the test reads.
class JournalTest : public testing::Test {
 protected:
  JournalTest() {
    EXPECT_EQ(pipe(ends_.data()), 0);
    LogOptions options;
    options.format = LogFormat::Text;
    log_.emplace(options, ends_[1]);
    journal_.emplace(*log_);
    server_.endpoint = *Endpoint::parse("192.0.2.1:853");
    server_.trust.authentication_name = "dns.example";
  }
  ~JournalTest() override { close(ends_[0]); }

  void tell(Kind kind, uint64_t now_ms, uint64_t retry_ms = 1000) {
    journal_->on_event({kind, server_, "why", retry_ms}, now_ms);
  }
  /// Ends the log.
  std::string text() {
    journal_.reset();
    log_.reset();
    close(ends_[1]);
    std::string text;
    char piece[4096];
    for (ssize_t size = 0; (size = read(ends_[0], piece, sizeof piece)) > 0;) {
      text.append(piece, static_cast<size_t>(size));
    }
    return text;
  }
  static size_t count(const std::string& text, const std::string& part) {
    size_t found = 0;
    for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++found;
    return found;
  }

  std::array<int, 2> ends_{};
  std::optional<Log> log_;
  std::optional<UpstreamJournal> journal_;
  upstream::ServerOptions server_;
};

TEST_F(JournalTest, WhatSeveralWorkersNoticeIsToldOnce) {
  for (int worker = 0; worker < 4; ++worker) tell(Kind::ServerFailing, 100);
  for (int worker = 0; worker < 4; ++worker) tell(Kind::ServerUp, 200);
  const std::string lines = text();
  EXPECT_EQ(count(lines, "upstream_failing"), 1u) << lines;
  EXPECT_EQ(count(lines, "upstream_up"), 1u) << lines;
  EXPECT_EQ(count(lines, "dns.example"), 2u) << lines;
}

TEST_F(JournalTest, AFailingServerIsToldOncePerBackOff) {
  tell(Kind::CertificateRefused, 0, 1000);
  tell(Kind::CertificateRefused, 700, 1000);
  tell(Kind::CertificateRefused, 1000, 2000);
  tell(Kind::CertificateRefused, 2400, 2000);
  tell(Kind::CertificateRefused, 3000, 4000);
  EXPECT_EQ(count(text(), "upstream_certificate_refused"), 3u);
}

TEST_F(JournalTest, AHandshakeThatFailedIsNoRefusedCertificate) {
  tell(Kind::HandshakeFailed, 0);
  tell(Kind::CertificateRefused, 100);
  const std::string lines = text();
  EXPECT_EQ(count(lines, "upstream_handshake_failed"), 1u) << lines;
  EXPECT_EQ(count(lines, "upstream_certificate_refused"), 1u) << lines;
}

TEST_F(JournalTest, ServersAreToldApart) {
  tell(Kind::ServerFailing, 0);
  server_.endpoint.port = 8853;
  tell(Kind::ServerFailing, 0);
  EXPECT_EQ(count(text(), "upstream_failing"), 2u);
}

}  // namespace
}  // namespace dotring::appliance
