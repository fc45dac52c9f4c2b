// What one turn of the loop costs: with nothing to do, with a timer, and with one datagram in and
// out.

#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/io/socket_address.h"
#include "engine/io/udp_socket.h"

namespace dotring::io {
namespace {

struct Echo final : UdpHandler {
  UdpSocket& socket;
  explicit Echo(UdpSocket& s) : socket(s) {}
  void on_datagram(Bytes bytes, const UdpPath& path) override {
    std::memcpy(socket.reserve(bytes.size()).data(), bytes.data(), bytes.size());
    socket.commit(path, bytes.size());
  }
};

void loop_turn_empty(benchmark::State& state) {
  const Clock clock;
  Loop loop(Loop::Options(), clock);
  if (loop.open()) return state.SkipWithError("no ring");
  for (auto _ : state) loop.turn(0);
}
BENCHMARK(loop_turn_empty);

// A batch of datagrams is sent by the benchmark itself, so its cost is in the figure too.
void loop_turn_with_datagrams(benchmark::State& state) {
  const Clock clock;
  Loop loop(Loop::Options(), clock);
  if (loop.open()) return state.SkipWithError("no ring");
  UdpSocket socket(loop, UdpSocket::Options());
  const Endpoint loopback{*IpAddress::parse("127.0.0.1"), 0};
  if (socket.open(loopback)) return state.SkipWithError("no socket");
  Echo echo(socket);
  socket.set_handler(&echo);
  socket.start();
  const BoundSocket client = bind_socket(loopback, SOCK_DGRAM, false);
  const SocketAddress to = SocketAddress::of(socket.local());
  const char query[33] = {};
  const auto batch = static_cast<uint64_t>(state.range(0));
  for (auto _ : state) {
    for (uint64_t i = 0; i < batch; ++i) {
      sendto(client.descriptor, query, sizeof query, 0, &to.any, to.size);
    }
    const uint64_t done = socket.statistics().datagrams_out.value() + batch;
    while (socket.statistics().datagrams_out.value() < done) loop.turn(1);
    char reply[64];
    while (recv(client.descriptor, reply, sizeof reply, MSG_DONTWAIT) > 0) {
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  close(client.descriptor);
  socket.stop();
  while (socket.active()) loop.turn(1);
}
BENCHMARK(loop_turn_with_datagrams)->Arg(1)->Arg(8)->Arg(64);

}  // namespace
}  // namespace dotring::io
