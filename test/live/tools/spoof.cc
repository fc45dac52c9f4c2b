// Sends queries with forged source addresses at a steady rate: for test_flood_spoofed.py, inside of
// a network namespace that the test made.
//
//   spoof INTERFACE GATEWAY-MAC DESTINATION PORT SOURCES RATE SECONDS
//
// What it is: whole frames by a packet socket, sendmmsg of a batch at a time; source i of SOURCES
// is 10.0.0.0 + i. Each fourth query is for a name of its own, all others for known.zone.example.
// It says how many frames left. What it is not: a part of dotring, or a measure of anything.

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr uint32_t kFirstSource = 0x0a000000;
constexpr size_t kBatch = 64;
constexpr uint16_t kSourcePort = 40'000;

struct Frame {
  ether_header ethernet;
  iphdr ip;
  udphdr udp;
  std::array<uint8_t, 64> query;
} __attribute__((packed));

struct Plan {
  sockaddr_ll to{};
  std::array<uint8_t, ETH_ALEN> gateway{};
  in_addr destination{};
  uint16_t port = 0;
  uint32_t sources = 0;
  uint64_t rate = 0;
  uint64_t seconds = 0;
};

uint16_t checksum(const iphdr& header) {
  std::array<uint16_t, sizeof header / 2> words;
  std::memcpy(words.data(), &header, sizeof header);
  uint32_t sum = 0;
  for (const uint16_t word : words) sum += word;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

size_t write_query(std::array<uint8_t, 64>& to, uint64_t number) {
  const std::string first = number % 4 == 0 ? "x" + std::to_string(number) : "known";
  uint8_t* at = to.data();
  const std::array<uint8_t, 12> header = {
      static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number), 1, 0, 0, 1};
  at = std::copy(header.begin(), header.end(), at);
  for (const std::string& label : {first, std::string("zone"), std::string("example")}) {
    *at++ = static_cast<uint8_t>(label.size());
    at = std::copy(label.begin(), label.end(), at);
  }
  constexpr std::array<uint8_t, 5> kRootAIn = {0, 0, 1, 0, 1};
  at = std::copy(kRootAIn.begin(), kRootAIn.end(), at);
  return static_cast<size_t>(at - to.data());
}

size_t write_frame(Frame& frame, const Plan& plan, uint64_t number) {
  std::memcpy(frame.ethernet.ether_dhost, plan.gateway.data(), ETH_ALEN);
  frame.ethernet.ether_type = htons(ETHERTYPE_IP);
  const size_t size = write_query(frame.query, number);
  frame.udp = {};
  frame.udp.source = htons(kSourcePort);
  frame.udp.dest = htons(plan.port);
  frame.udp.len = htons(static_cast<uint16_t>(sizeof frame.udp + size));
  frame.ip = {};
  frame.ip.version = 4;
  frame.ip.ihl = 5;
  frame.ip.ttl = 64;
  frame.ip.protocol = IPPROTO_UDP;
  frame.ip.tot_len = htons(static_cast<uint16_t>(sizeof frame.ip + sizeof frame.udp + size));
  frame.ip.saddr = htonl(kFirstSource + static_cast<uint32_t>(number % plan.sources));
  frame.ip.daddr = plan.destination.s_addr;
  frame.ip.check = checksum(frame.ip);
  return sizeof frame - sizeof frame.query + size;
}

uint64_t send_batch(int descriptor, Plan& plan, uint64_t first) {
  static std::array<Frame, kBatch> frames;
  std::array<mmsghdr, kBatch> headers{};
  std::array<iovec, kBatch> vectors;
  for (size_t i = 0; i < kBatch; ++i) {
    vectors[i] = {&frames[i], write_frame(frames[i], plan, first + i)};
    headers[i].msg_hdr.msg_name = &plan.to;
    headers[i].msg_hdr.msg_namelen = sizeof plan.to;
    headers[i].msg_hdr.msg_iov = &vectors[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  const int sent = sendmmsg(descriptor, headers.data(), kBatch, 0);
  return sent > 0 ? static_cast<uint64_t>(sent) : 0;
}

// Behind its time it sends no faster than the rate: what was missed is not made up for in a burst.
uint64_t run(int descriptor, Plan& plan) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto step = std::chrono::nanoseconds(kBatch * 1'000'000'000 / plan.rate);
  uint64_t sent = 0;
  auto due = start;
  for (uint64_t number = 0; Clock::now() - start < std::chrono::seconds(plan.seconds);
       number += kBatch) {
    std::this_thread::sleep_until(due);
    sent += send_batch(descriptor, plan, number);
    due = std::max(due + step, Clock::now() - step);
  }
  return sent;
}

bool parse(const std::vector<std::string>& words, Plan& plan) {
  if (words.size() != 7) return false;
  plan.to.sll_family = AF_PACKET;
  plan.to.sll_protocol = htons(ETH_P_IP);
  plan.to.sll_ifindex = static_cast<int>(if_nametoindex(words[0].c_str()));
  plan.to.sll_halen = ETH_ALEN;
  auto& mac = plan.gateway;
  const int octets = std::sscanf(words[1].c_str(), "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &mac[0],
                                 &mac[1], &mac[2], &mac[3], &mac[4], &mac[5]);
  std::memcpy(plan.to.sll_addr, mac.data(), ETH_ALEN);
  plan.port = static_cast<uint16_t>(std::stoul(words[3]));
  plan.sources = static_cast<uint32_t>(std::stoul(words[4]));
  plan.rate = std::stoull(words[5]);
  plan.seconds = std::stoull(words[6]);
  return plan.to.sll_ifindex > 0 && octets == ETH_ALEN && plan.sources > 0 && plan.rate > 0 &&
         inet_pton(AF_INET, words[2].c_str(), &plan.destination) == 1;
}

}  // namespace

int main(int count, char** texts) {
  Plan plan;
  if (!parse({texts + 1, texts + count}, plan)) {
    std::fputs("spoof: INTERFACE GATEWAY-MAC DESTINATION PORT SOURCES RATE SECONDS\n", stderr);
    return 2;
  }
  const int descriptor = socket(AF_PACKET, SOCK_RAW, 0);
  if (descriptor < 0) {
    std::perror("spoof");
    return 1;
  }
  std::printf("%llu\n", static_cast<unsigned long long>(run(descriptor, plan)));
  close(descriptor);
  return 0;
}
