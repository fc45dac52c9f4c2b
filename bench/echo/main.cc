// The floor that servers are measured against: every datagram goes back as it came, 64 at a time.
//
// What it is: recvmmsg and sendmmsg in a plain loop, which is the kernel's own packet work and
// nothing else; only the QR bit is set, so that a load tester takes the echo for an answer. What it
// is not: a DNS server. Run: dotring-echo ADDRESS PORT; SIGTERM ends it. It prints nothing.
//
// With a third argument, "runs", datagrams that arrive as one run (UDP_GRO) go back as one run
// (UDP_SEGMENT): an echo that is faster than any generator, to measure generators with.

#include <arpa/inet.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

constexpr unsigned kBatch = 64;
constexpr size_t kSizeMax = 65536;
constexpr size_t kControlSize = CMSG_SPACE(sizeof(int));

struct Batch {
  struct alignas(cmsghdr) Control {
    uint8_t octets[kControlSize];
  };

  std::array<mmsghdr, kBatch> headers{};
  std::array<iovec, kBatch> vectors{};
  std::array<sockaddr_in, kBatch> peers{};
  std::array<Control, kBatch> controls{};
  std::vector<uint8_t> bytes = std::vector<uint8_t>(kBatch * kSizeMax);
  const bool runs;

  explicit Batch(bool with_runs) : runs(with_runs) {
    for (unsigned i = 0; i < kBatch; ++i) {
      headers[i].msg_hdr.msg_name = &peers[i];
      headers[i].msg_hdr.msg_iov = &vectors[i];
      headers[i].msg_hdr.msg_iovlen = 1;
      headers[i].msg_hdr.msg_control = runs ? controls[i].octets : nullptr;
    }
  }
  void make_ready(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
      headers[i].msg_hdr.msg_controllen = runs ? kControlSize : 0;
      vectors[i] = {slot(i), kSizeMax};
    }
  }
  uint8_t* slot(unsigned i) { return bytes.data() + i * kSizeMax; }

  /// Octets of each datagram of a run, taken from what came with it and put to what goes back.
  unsigned turn_segment_size(unsigned i) {
    msghdr& header = headers[i].msg_hdr;
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    int size = 0;
    if (control) std::memcpy(&size, CMSG_DATA(control), sizeof size);
    const unsigned length = headers[i].msg_len;
    header.msg_controllen = 0;
    if (size <= 0 || static_cast<unsigned>(size) >= length) return length ? length : 1;
    const auto segment = static_cast<uint16_t>(size);
    header.msg_controllen = CMSG_SPACE(sizeof segment);
    control->cmsg_level = SOL_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof segment);
    std::memcpy(CMSG_DATA(control), &segment, sizeof segment);
    return segment;
  }
};

int bind_socket(const char* address, const char* port) {
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_port = htons(static_cast<uint16_t>(std::atoi(port)));
  const int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
  const int size = 4 << 20;
  setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  const bool bound = inet_pton(AF_INET, address, &local.sin_addr) == 1 &&
                     bind(descriptor, reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0;
  return bound ? descriptor : -1;
}

void echo(int descriptor, Batch& batch, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    const unsigned size = batch.headers[i].msg_len;
    const unsigned segment = batch.turn_segment_size(i);
    batch.vectors[i].iov_len = size;
    for (unsigned at = 0; at < size; at += segment) batch.slot(i)[at + 2] |= 0x80;
  }
  unsigned sent = 0;
  while (sent < count) {
    const int result = sendmmsg(descriptor, batch.headers.data() + sent, count - sent, 0);
    sent += result > 0 ? static_cast<unsigned>(result) : 1;
  }
}

}  // namespace

int main(int count, char** arguments) {
  const bool runs = count == 4 && std::strcmp(arguments[3], "runs") == 0;
  const int descriptor = count == 3 || runs ? bind_socket(arguments[1], arguments[2]) : -1;
  const int on = 1;
  if (runs) setsockopt(descriptor, SOL_UDP, UDP_GRO, &on, sizeof on);
  if (descriptor < 0) {
    std::perror("dotring-echo ADDRESS PORT [runs]");
    return 1;
  }
  static Batch batch(runs);
  unsigned received = kBatch;
  for (;;) {
    batch.make_ready(received);
    const int result = recvmmsg(descriptor, batch.headers.data(), kBatch, MSG_WAITFORONE, nullptr);
    received = result > 0 ? static_cast<unsigned>(result) : 0;
    echo(descriptor, batch, received);
  }
}
