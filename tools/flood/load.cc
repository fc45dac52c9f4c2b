#include "tools/flood/load.h"

#include <algorithm>

#include "tools/flood/nanoseconds.h"
#include "tools/flood/tcp_client.h"
#include "tools/flood/udp_client.h"

namespace dotring::flood {
namespace {

constexpr uint64_t kPauseUsMax = 10'000;
constexpr uint64_t kTimeoutCheckMs = 50;

}  // namespace

Load::Load(io::Loop& loop, const Options& options, QuestionSource& source, Tally& tally)
    : loop_(loop), options_(options), tally_(tally) {
  const uint32_t share = std::max(1u, options.outstanding_max / options.clients);
  ClientOwner& owner = *this;
  for (uint32_t i = 0; i < options.clients; ++i) {
    if (options.mode == Mode::Udp) {
      clients_.push_back(std::make_unique<UdpClient>(loop, options.server, source, tally, share,
                                                     options.accept_queries, owner));
    } else {
      clients_.push_back(
          std::make_unique<TcpClient>(loop, options.server, source, tally, share, owner));
    }
  }
  timeout_check_.bind<&Load::check_timeouts>(this);
}

Load::~Load() {
  close_clients();
}

std::optional<std::string> Load::run() {
  if (auto failure = open_clients()) return failure;
  wait_for_connections();
  start();
  drive();
  drain();
  if (!failure_.empty()) return failure_;
  return std::nullopt;
}

std::optional<std::string> Load::open_clients() {
  for (auto& client : clients_) {
    if (auto failure = client->open()) return failure;
  }
  return std::nullopt;
}

void Load::wait_for_connections() {
  const auto connected = [](const auto& client) { return client->connected(); };
  while (failure_.empty() && !std::ranges::all_of(clients_, connected)) loop_.turn(100);
}

void Load::start() {
  started_ns_ = stopped_ns_ = now_ns();
  end_ns_ = started_ns_ + options_.duration_ms * 1'000'000;
  loop_.timers().arm_in(timeout_check_, kTimeoutCheckMs);
  if (options_.rate_per_s > 0) {
    schedule_.emplace(started_ns_, options_.rate_per_s);
  } else {
    for (auto& client : clients_) fill(*client);
  }
}

bool Load::sending() const {
  return failure_.empty() && tally_.sent < options_.count_max && now_ns() < end_ns_;
}

// What is due is sent from within a turn, so that it leaves with that turn's batch.
void Load::drive() {
  while (sending()) {
    if (schedule_ && !blocked_ && schedule_->is_due(now_ns())) loop_.continue_next_turn(*this);
    loop_.turn_within(pause_us());
  }
  stopped_ns_ = now_ns();
}

uint64_t Load::pause_us() const {
  if (options_.spin) return 0;
  if (!schedule_ || blocked_) return kPauseUsMax;
  return std::min(kPauseUsMax, schedule_->until_next_ns(now_ns()) / 1000);
}

void Load::fill(Client& client) {
  while (sending()) {
    const uint64_t now = now_ns();
    if (!client.send(now, now)) return;
  }
}

void Load::send_due() {
  blocked_ = false;
  while (sending()) {
    const uint64_t now = now_ns();
    if (!schedule_->is_due(now)) return;
    if (!send_next(schedule_->next_due_ns(), now)) {
      blocked_ = true;
      return;
    }
    schedule_->take();
  }
}

bool Load::send_next(uint64_t due_ns, uint64_t now_ns) {
  for (size_t tried = 0; tried < clients_.size(); ++tried) {
    Client& client = *clients_[next_client_];
    next_client_ = (next_client_ + 1) % clients_.size();
    if (client.send(due_ns, now_ns)) return true;
  }
  return false;
}

void Load::on_room(Client& client) {
  stopped_ns_ = now_ns();
  send_more(client);
}

void Load::send_more(Client& client) {
  if (started_ns_ == 0) return;
  if (!schedule_) {
    fill(client);
  } else if (blocked_) {
    send_due();
  }
}

void Load::check_timeouts() {
  const uint64_t now = now_ns();
  const uint64_t timeout_ns = options_.timeout_ms * 1'000'000;
  for (auto& client : clients_) {
    if (client->exchange().give_up(now - timeout_ns) > 0) send_more(*client);
  }
  loop_.timers().arm_in(timeout_check_, kTimeoutCheckMs);
}

uint64_t Load::waiting() const {
  uint64_t count = 0;
  for (const auto& client : clients_) count += client->exchange().waiting();
  return count;
}

// The last answers have as much time as all others had.
void Load::drain() {
  while (failure_.empty() && waiting() > 0) loop_.turn_within(kPauseUsMax);
}

void Load::close_clients() {
  timeout_check_.cancel();
  for (auto& client : clients_) client->close();
  const auto active = [](const auto& client) { return client->active(); };
  while (std::ranges::any_of(clients_, active)) loop_.turn(100);
}

}  // namespace dotring::flood
