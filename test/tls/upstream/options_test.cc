#include "tls/upstream/options.h"

#include <gtest/gtest.h>

namespace dotring::upstream {
namespace {

TEST(ServerOptions, TheNameIsAddressAndAuthenticationName) {
  ServerOptions server;
  server.endpoint = *Endpoint::parse("192.0.2.1:853");
  EXPECT_EQ(server.name(), "192.0.2.1:853");
  server.trust.authentication_name = "dns.example";
  EXPECT_EQ(server.name(), "192.0.2.1:853#dns.example");
}

}  // namespace
}  // namespace dotring::upstream
