#include "tools/responder/crew.h"

#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "engine/io/socket_address.h"

namespace dotring::responder {
namespace {

constexpr int kPortAttempts = 20;

/// The port of a socket that was bound to `address`, 0 when it could not be.
uint16_t bound_port(const Endpoint& address, int type) {
  const io::BoundSocket bound = io::bind_socket(address, type, false);
  if (bound.descriptor < 0) return 0;
  const uint16_t port = io::local_endpoint(bound.descriptor).port;
  close(bound.descriptor);
  return port;
}

}  // namespace

std::optional<Endpoint> with_free_port(const Endpoint& address) {
  if (address.port != 0) return address;
  for (int i = 0; i < kPortAttempts; ++i) {
    const Endpoint candidate{address.address, bound_port(address, SOCK_STREAM)};
    if (candidate.port != 0 && bound_port(candidate, SOCK_DGRAM) != 0) return candidate;
  }
  return std::nullopt;
}

Crew::~Crew() {
  stop();
}

// The first worker picks the ports, the others share them.
std::optional<std::string> Crew::start(const tls::ServerContext* context, const io::Clock& clock,
                                       std::shared_ptr<const Rules> rules) {
  addresses_ = line_.addresses;
  for (const Endpoint& address : line_.plain) {
    const auto picked = with_free_port(address);
    if (!picked) return "plain " + address.to_text() + ": no port is free for UDP and TCP";
    addresses_.udp.push_back(*picked);
    addresses_.tcp.push_back(*picked);
  }
  for (uint32_t i = 0; i < line_.workers; ++i) {
    if (auto failure = start_one(context, clock, rules)) return failure;
  }
  return std::nullopt;
}

std::optional<std::string> Crew::start_one(const tls::ServerContext* context,
                                           const io::Clock& clock,
                                           const std::shared_ptr<const Rules>& rules) {
  Worker& worker = *workers_.emplace_back(
      std::make_unique<Worker>(line_.worker, clock, rules, context, random_.fork()));
  std::promise<std::optional<std::string>> opened;
  auto failure = opened.get_future();
  // A ring belongs to the thread that opens it.
  threads_.emplace_back([this, &worker, &opened] {
    auto cause = worker.open(addresses_);
    const bool usable = !cause;
    opened.set_value(std::move(cause));
    if (usable) worker.run();
    tls::Library::leave_thread();
  });
  return failure.get();
}

void Crew::set_rules(const std::shared_ptr<const Rules>& rules) {
  for (const auto& worker : workers_) worker->set_rules(rules);
}

void Crew::stop() {
  for (const auto& worker : workers_) worker->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace dotring::responder
