#include "tools/responder/worker.h"

#include <algorithm>

namespace dotring::responder {
namespace {

std::string failure_at(std::string_view what, const Endpoint& address, const std::string& failure) {
  return std::string(what) + " " + address.to_text() + ": " + failure;
}

}  // namespace

Worker::Worker(const Options& options, const io::Clock& clock, std::shared_ptr<const Rules> rules,
               const tls::ServerContext* context, const HashKey& seed)
    : options_(options),
      loop_(options.loop, clock),
      answerer_(loop_, options.answerer, std::move(rules), seed),
      sessions_(options.sessions, seed),
      tcp_streams_(loop_, options.streams, nullptr),
      tls_streams_(loop_, options.streams, context) {}

Worker::~Worker() = default;

std::optional<std::string> Worker::open(Addresses& addresses) {
  if (auto failure = loop_.open()) return failure;
  for (Endpoint& address : addresses.udp) {
    listen::UdpListener& listener =
        udp_.emplace_back(loop_, listen::UdpListener::Options{options_.udp}, answerer_);
    if (auto failure = listener.open(address)) return failure_at("udp", address, *failure);
    address = listener.local();
  }
  auto failure = open_streams(tcp_, addresses.tcp, query::Transport::Tcp, tcp_streams_);
  if (failure) return failure;
  return open_streams(tls_, addresses.tls, query::Transport::Tls, tls_streams_);
}

std::optional<std::string> Worker::open_streams(std::deque<listen::TcpListener>& listeners,
                                                std::vector<Endpoint>& addresses,
                                                query::Transport transport,
                                                ServerStreamFactory& streams) {
  listen::TcpListener::Options options = options_.tcp;
  options.transport = transport;
  for (Endpoint& address : addresses) {
    listen::TcpListener& listener =
        listeners.emplace_back(loop_, options, sessions_, streams, answerer_);
    if (auto failure = listener.open(address)) {
      return failure_at(transport == query::Transport::Tls ? "tls" : "tcp", address, *failure);
    }
    address = listener.local();
  }
  return std::nullopt;
}

template <typename Visit>
void Worker::for_each_tcp(Visit&& visit) {
  for (listen::TcpListener& listener : tcp_) visit(listener);
  for (listen::TcpListener& listener : tls_) visit(listener);
}

void Worker::run() {
  for (listen::UdpListener& listener : udp_) listener.start();
  for_each_tcp([](listen::TcpListener& listener) { listener.start(); });
  loop_.run();
  drain();
}

void Worker::drain() {
  for (listen::UdpListener& listener : udp_) listener.drain();
  for_each_tcp([](listen::TcpListener& listener) { listener.drain(); });
  const uint64_t end_ms = loop_.now_ms() + options_.drain_ms;
  while (busy() && loop_.now_ms() < end_ms) loop_.turn(10);
  for_each_tcp([](listen::TcpListener& listener) { listener.abort(); });
  while (active()) loop_.turn(10);
}

bool Worker::active() const {
  const auto is_active = [](const auto& listener) { return listener.active(); };
  return std::any_of(udp_.begin(), udp_.end(), is_active) ||
         std::any_of(tcp_.begin(), tcp_.end(), is_active) ||
         std::any_of(tls_.begin(), tls_.end(), is_active);
}

bool Worker::busy() const {
  return active() || std::any_of(udp_.begin(), udp_.end(), [](const auto& listener) {
           return listener.queries_in_flight() > 0;
         });
}

void Worker::set_rules(std::shared_ptr<const Rules> rules) {
  loop_.post([this, rules = std::move(rules)] { answerer_.set_rules(rules); });
}

}  // namespace dotring::responder
