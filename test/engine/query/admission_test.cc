#include "engine/query/admission.h"

#include <gtest/gtest.h>

namespace dotring::query {
namespace {

TEST(Admission, CountsInTotalAndByTransport) {
  Admission admission({.in_flight_max = 3, .in_flight_max_by_transport = {2, 2, 0, 1}});
  EXPECT_FALSE(admission.has_place(Transport::Tls));
  admission.enter(Transport::Udp);
  admission.enter(Transport::Udp);
  EXPECT_FALSE(admission.has_place(Transport::Udp));
  EXPECT_TRUE(admission.has_place(Transport::Tcp));
  admission.enter(Transport::Tcp);
  EXPECT_EQ(admission.in_flight(), 3u);
  EXPECT_FALSE(admission.has_place(Transport::Https)) << "the total is reached";
  admission.leave(Transport::Udp);
  EXPECT_TRUE(admission.has_place(Transport::Https));
  EXPECT_EQ(admission.in_flight(Transport::Udp), 1u);
  EXPECT_EQ(admission.in_flight(), 2u);
}

}  // namespace
}  // namespace dotring::query
