#include "tools/dotring/worker_parts.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace dotring::appliance {
namespace {

/// How often the end is looked for while draining.
constexpr uint64_t kLookMs = 5;
/// For streams to close in order after the last answer, and for the kernel to let go of aborted
/// ones.
constexpr uint64_t kCloseMs = 500;
/// In one a connection that waited is accepted, in the next what came by it is read; the others are
/// for what the kernel does later than it could.
constexpr int kRestTurns = 4;

int duplicate(int descriptor) {
  return fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
}

}  // namespace

WorkerParts::WorkerParts(const SharedParts& shared, std::shared_ptr<const InForce> in_force,
                         size_t index, const HashKey& seed)
    : shared_(shared),
      in_force_(std::move(in_force)),
      random_(seed),
      index_(index),
      loop_(configuration().loop, shared.clock),
      multiplexer_(upstream_options_now(), loop_.turn_time(), random_.fork(), first_dialers()),
      guard_(configuration().protect.guard, in_force_->protect->parts(shared.clock),
             loop_.turn_clock()),
      generations_({shared.store, multiplexer_, loop_, random_, shared.question_key,
                    shared.on_question_failure, index == 0}),
      streams_(loop_, configuration().client_stream) {
  tidy_.bind<&WorkerParts::tidy>(this);
  const TopOptions& top = configuration().control.top;
  if (shared.controlled && TopLists::any(top)) top_.emplace(top, random_.fork());
  begin_generation(nullptr);
  apply_observers();
  apply_guard();
  tell_sources();
}

std::optional<std::string> WorkerParts::open() {
  if (auto failure = loop_.open()) return failure;
  for (const Listening& listening : shared_.listening) {
    if (auto failure = open_listening(listening)) return failure;
  }
  return std::nullopt;
}

// Sockets that were given are all that is listened on there: of those that we added, others would
// not know after us.
std::optional<std::string> WorkerParts::open_listening(const Listening& listening) {
  const Endpoint& address = listening.address;
  const auto open_all = [&](const std::vector<int>& given, auto open_one) {
    if (given.empty()) return (this->*open_one)(address, std::nullopt);
    for (const int descriptor : share_of(given, index_, shared_.workers)) {
      if (auto failure = (this->*open_one)(address, descriptor)) return failure;
    }
    return std::optional<std::string>();
  };
  if (auto failure = open_all(listening.udp, &WorkerParts::open_udp)) {
    return "UDP " + address.to_text() + ": " + *failure;
  }
  if (auto failure = open_all(listening.tcp, &WorkerParts::open_tcp)) {
    return "TCP " + address.to_text() + ": " + *failure;
  }
  return std::nullopt;
}

std::optional<std::string> WorkerParts::open_udp(const Endpoint& address,
                                                 std::optional<int> given) {
  listen::UdpListener::Options options = configuration().udp;
  options.number = in_force_->protect->listener_number(address);
  listen::UdpListener& udp = udp_.emplace_back(loop_, options, generations_.pipeline());
  return given ? udp.adopt(duplicate(*given)) : udp.open(address);
}

std::optional<std::string> WorkerParts::open_tcp(const Endpoint& address,
                                                 std::optional<int> given) {
  listen::TcpListener::Options options = configuration().tcp;
  options.access = in_force_->protect->access();
  options.number = in_force_->protect->listener_number(address);
  listen::TcpListener& tcp =
      tcp_.emplace_back(loop_, options, shared_.tcp_limits, streams_, generations_.pipeline());
  tcp.set_refusal_observer(refused_journal_ ? &*refused_journal_ : nullptr);
  return given ? tcp.adopt(duplicate(*given)) : tcp.open(address);
}

void WorkerParts::run() {
  multiplexer_.open();
  generations_.start_redis();
  for (listen::UdpListener& listener : udp_) listener.start();
  for (listen::TcpListener& listener : tcp_) listener.start();
  loop_.run();
  heir_ ? leave() : drain();
  close();
}

template <typename Condition>
void WorkerParts::turn_while(uint64_t limit_ms, Condition condition) {
  const uint64_t end_ms = loop_.now_ms() + limit_ms;
  while (!aborting_ && condition() && loop_.now_ms() < end_ms) loop_.turn(kLookMs);
}

// What clients sent before the end was asked for is taken although nobody has read it yet.
void WorkerParts::take_rest() {
  for (listen::TcpListener& listener : tcp_) listener.stop_accepting();
  turn_while(kCloseMs, [this] {
    return std::any_of(tcp_.begin(), tcp_.end(), [](const auto& tcp) { return tcp.accepting(); });
  });
  for (int turns = 0; turns < kRestTurns; ++turns) loop_.turn(0);
}

void WorkerParts::drain() {
  take_rest();
  for (listen::UdpListener& listener : udp_) listener.drain();
  for (listen::TcpListener& listener : tcp_) listener.drain();
  generations_.drain();
  turn_while(configuration().drain_ms, [this] { return owes_replies(); });
  generations_.stop_redis();
  multiplexer_.drain();
  turn_while(kCloseMs, [this] { return connected(); });
}

// What has arrived is read by the others that hold the sockets.
void WorkerParts::leave() {
  for (listen::UdpListener& listener : udp_) listener.stop();
  for (listen::TcpListener& listener : tcp_) listener.hand_over(*heir_);
  turn_while(configuration().drain_ms,
             [this] { return owes_replies() || has_sessions() || listening(); });
  generations_.stop_redis();
  multiplexer_.drain();
  turn_while(kCloseMs, [this] { return connected(); });
}

// Aborted operations end in a moment; nothing may be destroyed before, so there is no limit here.
// Whoever waits for the thread has one.
void WorkerParts::close() {
  for (listen::UdpListener& listener : udp_) listener.stop();
  for (listen::TcpListener& listener : tcp_) listener.abort();
  generations_.stop_redis();
  multiplexer_.abort();
  while (connected()) loop_.turn(kLookMs);
}

void WorkerParts::abort() {
  aborting_ = true;
  loop_.stop();
}

void WorkerParts::hand_over(listen::ConnectionHeir& heir) {
  heir_ = &heir;
  loop_.stop();
}

std::future<std::vector<OwnedDescriptor>> WorkerParts::duplicate_sockets() {
  auto promise = std::make_shared<std::promise<std::vector<OwnedDescriptor>>>();
  loop_.post([this, promise] {
    std::vector<OwnedDescriptor> sockets;
    for (const auto& listener : udp_) sockets.emplace_back(duplicate(listener.descriptor()));
    for (const auto& listener : tcp_) {
      // While we drain, there is none any more.
      if (listener.descriptor() >= 0) sockets.emplace_back(duplicate(listener.descriptor()));
    }
    promise->set_value(std::move(sockets));
  });
  return promise->get_future();
}

void WorkerParts::inherit(int descriptor, const Endpoint& local, Bytes unread) {
  auto connection = std::make_shared<OwnedDescriptor>(descriptor);
  loop_.post([this, connection, local, unread = std::vector(unread.begin(), unread.end())] {
    go_on_with(connection->release(), local, unread);
  });
}

void WorkerParts::go_on_with(int descriptor, const Endpoint& local, Bytes unread) {
  for (listen::TcpListener& listener : tcp_) {
    if (listener.local() == local) return listener.inherit(descriptor, unread);
  }
  // The listener's address may be a wildcard, the connection's never is.
  for (listen::TcpListener& listener : tcp_) {
    if (listener.local().port == local.port) return listener.inherit(descriptor, unread);
  }
  io::Acceptor::refuse(descriptor);
}

bool WorkerParts::listening() const {
  const auto is_active = [](const auto& listener) { return listener.active(); };
  return std::any_of(udp_.begin(), udp_.end(), is_active) ||
         std::any_of(tcp_.begin(), tcp_.end(), is_active);
}

bool WorkerParts::connected() const {
  return listening() || !multiplexer_.closed() || generations_.redis_active();
}

std::future<TopList> WorkerParts::top(TopLists::Kind kind) {
  auto promise = std::make_shared<std::promise<TopList>>();
  loop_.post([this, promise, kind] {
    promise->set_value(top_ ? top_->list(kind, loop_.now_us()) : TopList());
  });
  return promise->get_future();
}

void WorkerParts::tell_flush() {
  loop_.post([this] {
    if (const auto redis = generations_.redis()) redis->tell_flush();
  });
}

// The ring may have a query for a UDP listener that it has not let go of.
bool WorkerParts::owes_replies() const {
  const auto owes = [](const auto& listener) { return listener.queries_in_flight() > 0; };
  const auto is_active = [](const listen::UdpListener& listener) { return listener.active(); };
  return std::any_of(udp_.begin(), udp_.end(), owes) ||
         std::any_of(tcp_.begin(), tcp_.end(), owes) ||
         std::any_of(udp_.begin(), udp_.end(), is_active);
}

bool WorkerParts::has_sessions() const {
  return std::any_of(tcp_.begin(), tcp_.end(),
                     [](const auto& listener) { return listener.sessions_open() > 0; });
}

void WorkerParts::add_to(MetricSources& sources) const {
  add_told_to(sources);
  sources.loops.push_back(&loop_.statistics());
  sources.queries.push_back(&generations_.statistics());
  sources.guards.push_back(&guard_.statistics());
  sources.upstreams.push_back(&multiplexer_.statistics());
  for (const listen::UdpListener& listener : udp_) {
    sources.udp.push_back(&listener.statistics());
    sources.udp_sockets.push_back(&listener.socket_statistics());
    sources.udp_drops.push_back({listener.local(), [&listener] { return listener.drops(); }});
  }
  for (const listen::TcpListener& listener : tcp_) sources.tcp.push_back(&listener.statistics());
}

}  // namespace dotring::appliance
