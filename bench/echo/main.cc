// The floor that servers are measured against: every datagram goes back as it came, 64 at a time.
//
// What it is: recvmmsg and sendmmsg in a plain loop, which is the kernel's own packet work and
// nothing else; only the QR bit is set, so that a load tester takes the echo for an answer. What it
// is not: a DNS server. Run: dotring-echo ADDRESS PORT; SIGTERM ends it. It prints nothing.

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr unsigned kBatch = 64;
constexpr size_t kSizeMax = 4096;

struct Batch {
  std::array<mmsghdr, kBatch> headers{};
  std::array<iovec, kBatch> vectors{};
  std::array<sockaddr_in, kBatch> peers{};
  std::array<std::array<uint8_t, kSizeMax>, kBatch> bytes;

  Batch() {
    for (unsigned i = 0; i < kBatch; ++i) {
      headers[i].msg_hdr.msg_name = &peers[i];
      headers[i].msg_hdr.msg_iov = &vectors[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
  }
  void make_ready(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
      vectors[i] = {bytes[i].data(), kSizeMax};
    }
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
    batch.vectors[i].iov_len = batch.headers[i].msg_len;
    batch.bytes[i][2] |= 0x80;
  }
  unsigned sent = 0;
  while (sent < count) {
    const int result = sendmmsg(descriptor, batch.headers.data() + sent, count - sent, 0);
    sent += result > 0 ? static_cast<unsigned>(result) : 1;
  }
}

}  // namespace

int main(int count, char** arguments) {
  const int descriptor = count == 3 ? bind_socket(arguments[1], arguments[2]) : -1;
  if (descriptor < 0) {
    std::perror("dotring-echo ADDRESS PORT");
    return 1;
  }
  static Batch batch;
  unsigned received = kBatch;
  for (;;) {
    batch.make_ready(received);
    const int result = recvmmsg(descriptor, batch.headers.data(), kBatch, MSG_WAITFORONE, nullptr);
    received = result > 0 ? static_cast<unsigned>(result) : 0;
    echo(descriptor, batch, received);
  }
}
