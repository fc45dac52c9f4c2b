#include "tools/replay/replay.h"

#include "engine/dns/header.h"
#include "tools/clients/nanoseconds.h"

namespace dotring::replay {
namespace {

using clients::Client;
using clients::now_ns;
using clients::Query;
using clients::Transport;

constexpr uint64_t kPauseUsMax = 10'000;
constexpr uint64_t kTickMs = 50;
// Between the first batch and the first query, so that the first ones are not late.
constexpr uint64_t kLeadNs = 2'000'000;
constexpr uint64_t kMillisecondNs = 1'000'000;

}  // namespace

Replay::Replay(io::Loop& loop, const Options& options, Reader& reader, const HashKey& seed,
               Tally& tally, std::function<bool()> tick)
    : loop_(loop),
      options_(options),
      reader_(reader),
      tally_(tally),
      on_tick_(std::move(tick)),
      judge_(options.judge, seed, tally.comparison),
      crowd_(loop, {}),
      table_(crowd_, options.clients, seed, {&servers_[0], &servers_[1]}),
      flights_(options.outstanding_max) {
  tick_.bind<&Replay::on_tick>(this);
}

Replay::~Replay() {
  close_clients();
}

void Replay::run() {
  loop_.timers().arm_in(tick_, kTickMs);
  while (sending()) {
    if (!blocked_ && next() && due_ns_ <= now_ns()) loop_.continue_next_turn(*this);
    loop_.turn_within(pause_us());
  }
  tally_.ended_ns = std::max(tally_.ended_ns, tally_.last_sent_ns);
  while (flights_.used() > 0) loop_.turn_within(kPauseUsMax);
}

bool Replay::sending() {
  if (stopped_) return false;
  return next() || !reader_.finished();
}

// The next query and when it is due. Null: the reader has nothing now.
Asked* Replay::next() {
  if (batch_at_ == batch_.size()) {
    batch_at_ = 0;
    if (!reader_.pop(batch_)) {
      batch_.clear();
      return nullptr;
    }
  }
  Asked* asked = &batch_[batch_at_];
  if (has_due_) return asked;
  if (!timeline_) {
    tally_.started_ns = now_ns() + kLeadNs;
    timeline_.emplace(options_.timeline, tally_.started_ns);
  }
  due_ns_ = timeline_->next_due_ns(asked->time_ns);
  has_due_ = true;
  return asked;
}

uint64_t Replay::pause_us() {
  if (options_.spin) return 0;
  if (blocked_ || !has_due_) return kPauseUsMax;
  const uint64_t now = now_ns();
  return due_ns_ > now ? std::min(kPauseUsMax, (due_ns_ - now) / 1000) : 0;
}

void Replay::send_due() {
  blocked_ = false;
  const bool fast = options_.timeline.pace == Pace::Fast;
  while (Asked* asked = stopped_ ? nullptr : next()) {
    const uint64_t now = now_ns();
    if (due_ns_ > now) return;
    if (fast) due_ns_ = now;
    if (!send(*asked, now)) {
      blocked_ = true;
      tally_.blocked += !fast;
      return;
    }
    ++batch_at_;
    has_due_ = false;
  }
}

Transport Replay::transport_of(const Asked& asked) const {
  switch (options_.travel) {
    case Travel::Udp:
      return Transport::Udp;
    case Travel::Tcp:
      return Transport::Tcp;
    case Travel::Tls:
      return Transport::Tls;
    default:
      return asked.tcp ? Transport::Tcp : Transport::Udp;
  }
}

// To all servers or to none. False: not now. A query for which no socket is to be had is dropped
// when there is nothing to wait for.
bool Replay::send(Asked& asked, uint64_t now_ns) {
  std::array<Client*, kLanesMax> clients{};
  for (Lane lane = 0; lane < options_.lanes; ++lane) {
    clients[lane] = table_.pick(asked.client, transport_of(asked), lane);
    if (clients[lane]) continue;
    const bool never = flights_.used() == 0;
    tally_.not_sent += never;
    return never;
  }
  Flight* flight = flights_.take();
  if (!flight) return false;
  const uint32_t index = flights_.index_of(flight);
  for (Lane lane = 0; lane < options_.lanes; ++lane) {
    if (clients[lane]->send(asked.query, {index, due_ns_, now_ns})) {
      ++tally_.servers[lane].sent;
    } else if (lane == 0) {
      flights_.give_back(flight);
      return false;
    } else {
      flight->outcomes[lane].settled = true;
    }
  }
  flight->asked = std::move(asked);
  const uint64_t lateness_ns = now_ns - due_ns_;
  tally_.lateness_ns.add(lateness_ns);
  tally_.late_1ms += lateness_ns > kMillisecondNs;
  tally_.last_due_ns = due_ns_;
  tally_.last_sent_ns = now_ns;
  return true;
}

// ---------------------------------------------------------------------------------------------------
// What becomes of queries

void Replay::Server::on_answer(Client&, const Query& query, Bytes message, uint64_t now_ns) {
  const dns::Header header = dns::read_header(message);
  ServerTally& server = tally();
  ++server.answered;
  ++server.rcodes[header.rcode()];
  server.truncated += header.has(dns::kFlagTc);
  server.latency_from_due_ns.add(now_ns - query.due_ns);
  server.latency_from_sent_ns.add(now_ns - query.sent_ns);
  replay_.tally_.ended_ns = now_ns;
  replay_.settle(query.tag, lane_, message);
}

void Replay::Server::on_lost(Client&, const Query& query, clients::Loss loss) {
  ++(loss == clients::Loss::Timeout ? tally().timeouts : tally().connection_ended);
  replay_.settle(query.tag, lane_, std::nullopt);
}

void Replay::Server::on_stray(Client&, clients::Verdict verdict, Bytes) {
  switch (verdict) {
    case clients::Verdict::Duplicate:
      ++tally().duplicates;
      return;
    case clients::Verdict::Late:
      ++tally().late;
      return;
    case clients::Verdict::Mismatched:
      ++tally().mismatched;
      return;
    default:
      ++tally().unexpected;
  }
}

void Replay::Server::on_connect_failed(Client&, const std::string& what) {
  ++tally().connections_failed;
  tally().connection_failure = what;
}

// The last server's answer ends the flight; those before are kept for it.
void Replay::settle(uint64_t index, Lane lane, std::optional<Bytes> message) {
  Flight* flight = flights_.at(static_cast<uint32_t>(index));
  Outcome& other = flight->outcomes[1 - lane];
  Outcome& own = flight->outcomes[lane];
  if (options_.lanes == 2 && !other.settled) {
    own.settled = true;
    own.answered = message.has_value();
    if (message) own.message.assign(message->begin(), message->end());
  } else {
    finish(flight, message, lane);
    flights_.give_back(flight);
  }
  if (blocked_) send_due();
}

void Replay::finish(Flight* flight, std::optional<Bytes> message, Lane lane) {
  if (!options_.compare) return;
  const auto answer_of = [](bool there, const std::vector<uint8_t>& octets) {
    return there ? std::optional<Bytes>(octets) : std::nullopt;
  };
  const Asked& asked = flight->asked;
  const Outcome& other = flight->outcomes[1 - lane];
  if (options_.lanes == 1) {
    judge_.judge(asked, answer_of(asked.answered, asked.answer), message);
  } else if (lane == 0) {
    judge_.judge(asked, answer_of(other.answered, other.message), message);
  } else {
    judge_.judge(asked, message, answer_of(other.answered, other.message));
  }
}

// ---------------------------------------------------------------------------------------------------

void Replay::on_tick() {
  if (on_tick_()) stopped_ = tally_.interrupted = true;
  const uint64_t timeout_ns = options_.timeout_ms * kMillisecondNs;
  const uint64_t now = now_ns();
  if (now > timeout_ns) table_.give_up(now - timeout_ns);
  if (blocked_) send_due();
  loop_.timers().arm_in(tick_, kTickMs);
}

void Replay::close_clients() {
  tick_.cancel();
  table_.close();
  while (table_.active()) loop_.turn(100);
}

}  // namespace dotring::replay
