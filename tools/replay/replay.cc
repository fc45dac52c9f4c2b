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
constexpr uint64_t kPauseUsWarmUp = 100;
constexpr uint64_t kTickMs = 50;
// What is not read by then does not hold up the start: a pipe may give it much later.
constexpr uint64_t kReadAheadNsMax = 500'000'000;
// Between the warm-up and the first query, so that the first ones are not late.
constexpr uint64_t kLeadNs = 2'000'000;
constexpr uint64_t kMillisecondNs = 1'000'000;

// A connection that is made too early is closed again as idle.
uint64_t ahead_ns_of(const Replay::Options& options) {
  if (options.timeline.pace == Pace::Fast) return 0;
  const uint64_t idle_ms = options.clients.servers[0].idle_timeout_ms;
  const uint64_t ahead_ms =
      idle_ms > 0 ? std::min(options.connect_ahead_ms, idle_ms / 2) : options.connect_ahead_ms;
  return ahead_ms * kMillisecondNs;
}

}  // namespace

Replay::Replay(io::Loop& loop, const Options& options, CaptureReader& reader, const HashKey& seed,
               Tally& tally, std::function<bool()> tick)
    : loop_(loop),
      options_(options),
      reader_(reader),
      tally_(tally),
      on_tick_(std::move(tick)),
      judge_(options.judge, seed, tally.comparison),
      crowd_(loop, {}),
      table_(crowd_, options.clients, seed, {&servers_[0], &servers_[1]}),
      flights_(options.outstanding_max),
      agenda_(reader, options.timeline, options.read_ahead_max),
      ahead_ns_(ahead_ns_of(options)) {
  tick_.bind<&Replay::on_tick>(this);
}

Replay::~Replay() {
  close_clients();
}

void Replay::run() {
  loop_.arm_in(tick_, kTickMs);
  warm_up();
  while (sending()) {
    uint64_t due_ns = 0;
    const uint64_t now = now_ns();
    if (!blocked_ && next(due_ns) && due_ns <= now) {
      loop_.continue_next_turn(*this);
    } else {
      connect_one_ahead(now);
    }
    loop_.turn_within(pause_us());
  }
  tally_.ended_ns = std::max(tally_.ended_ns, tally_.last_sent_ns);
  while (flights_.used() > 0) loop_.turn_within(kPauseUsMax);
}

// Until the first query is there, and the connections of the first ones are.
void Replay::warm_up() {
  while (sending() && !agenda_.first()) loop_.turn_within(kPauseUsMax);
  tally_.started_ns = now_ns();
  const auto passed = [&](uint64_t time_ns) { return now_ns() > tally_.started_ns + time_ns; };
  bool more = ahead_ns_ > 0;
  while (more && !stopped_ && !passed(options_.warm_up_ms_max * kMillisecondNs)) {
    more = connect_one_ahead(tally_.started_ns) || table_.connecting() ||
           !(agenda_.all_seen(ahead_ns_) || passed(kReadAheadNsMax));
    if (more) loop_.turn_within(kPauseUsWarmUp);
  }
  tally_.started_ns = now_ns() + kLeadNs;
}

// One in a turn: handshakes fill the gaps between queries. False: all are made.
bool Replay::connect_one_ahead(uint64_t now_ns) {
  if (ahead_ns_ == 0) return false;
  const uint64_t run_ns = now_ns > tally_.started_ns ? now_ns - tally_.started_ns : 0;
  const Agenda::Entry* entry = agenda_.see(run_ns + ahead_ns_);
  if (!entry) return false;
  for (Lane lane = 0; lane < options_.lanes; ++lane) {
    table_.prepare(entry->asked.client, transport_of(entry->asked), lane);
  }
  return true;
}

bool Replay::sending() {
  if (stopped_) return false;
  return agenda_.first() || !reader_.finished();
}

Asked* Replay::next(uint64_t& due_ns) {
  Agenda::Entry* entry = agenda_.first();
  if (!entry) return nullptr;
  due_ns = tally_.started_ns + entry->due_ns;
  return &entry->asked;
}

uint64_t Replay::pause_us() {
  if (options_.spin) return 0;
  uint64_t due_ns = 0;
  if (blocked_ || !next(due_ns)) return kPauseUsMax;
  const uint64_t now = now_ns();
  return due_ns > now ? std::min(kPauseUsMax, (due_ns - now) / 1000) : 0;
}

void Replay::send_due() {
  blocked_ = false;
  const bool fast = options_.timeline.pace == Pace::Fast;
  uint64_t due_ns = 0;
  while (Asked* asked = stopped_ ? nullptr : next(due_ns)) {
    const uint64_t now = now_ns();
    if (due_ns > now) return;
    if (!send(*asked, fast ? now : due_ns, now)) {
      blocked_ = true;
      tally_.blocked += !fast;
      return;
    }
    agenda_.drop_first();
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
bool Replay::send(Asked& asked, uint64_t due_ns, uint64_t now_ns) {
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
    if (clients[lane]->send(asked.query, {index, due_ns, now_ns})) {
      ++tally_.servers[lane].sent;
    } else if (lane == 0) {
      flights_.give_back(flight);
      return false;
    } else {
      flight->outcomes[lane].settled = true;
    }
  }
  flight->asked = std::move(asked);
  const uint64_t lateness_ns = now_ns - due_ns;
  tally_.lateness_ns.add(lateness_ns);
  tally_.late_1ms += lateness_ns > kMillisecondNs;
  tally_.last_due_ns = due_ns;
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
  loop_.arm_in(tick_, kTickMs);
}

void Replay::close_clients() {
  tick_.cancel();
  table_.close();
  while (table_.active()) loop_.turn(100);
}

}  // namespace dotring::replay
