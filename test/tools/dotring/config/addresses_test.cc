#include "tools/dotring/config/addresses.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/io/socket_address.h"

namespace dotring::appliance {
namespace {

std::vector<Endpoint> settled(const std::vector<Endpoint>& addresses) {
  const auto result = settle_addresses(addresses);
  if (const auto* failure = std::get_if<AddressFailure>(&result)) {
    ADD_FAILURE() << failure->problem;
    return {};
  }
  return std::get<std::vector<Endpoint>>(result);
}

std::string problem_of(const std::vector<Endpoint>& addresses) {
  const auto result = settle_addresses(addresses);
  const auto* failure = std::get_if<AddressFailure>(&result);
  return failure ? failure->problem : "none";
}

/// A socket bound as a worker of another dotring would.
class Taken {
 public:
  explicit Taken(int type) : socket_(io::bind_socket(*Endpoint::parse("127.0.0.1:0"), type, true)) {
    if (type == SOCK_STREAM) ::listen(socket_.descriptor, 1);
  }
  ~Taken() { close(socket_.descriptor); }
  Endpoint address() const { return io::local_endpoint(socket_.descriptor); }

 private:
  io::BoundSocket socket_;
};

TEST(Addresses, PortZeroBecomesAPortThatIsFreeForBoth) {
  const std::vector<Endpoint> addresses = settled({*Endpoint::parse("127.0.0.1:0")});
  ASSERT_EQ(addresses.size(), 1u);
  EXPECT_NE(addresses[0].port, 0);
  EXPECT_EQ(settled(addresses), addresses) << "nothing is held any more";
}

TEST(Addresses, ASharedPortIsTaken) {
  for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
    const Taken taken(type);
    const std::string problem = problem_of({taken.address()});
    EXPECT_NE(problem.find("Address already in use"), std::string::npos) << problem;
    EXPECT_NE(problem.find("choose another"), std::string::npos) << problem;
    EXPECT_TRUE(problem.starts_with(type == SOCK_DGRAM ? "UDP" : "TCP")) << problem;
  }
}

TEST(Addresses, AnAddressOfNobodyIsRefusedWithARemedy) {
  const auto result = settle_addresses({*Endpoint::parse("192.0.2.1:0")});
  EXPECT_TRUE(is_missing(std::get<AddressFailure>(result)));
  const std::string problem = problem_of({*Endpoint::parse("192.0.2.1:0")});
  EXPECT_NE(problem.find("no interface has this address"), std::string::npos) << problem;
}

}  // namespace
}  // namespace dotring::appliance
