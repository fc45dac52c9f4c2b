#include "tools/flood/load/lane.h"

#include <algorithm>
#include <utility>

#include "engine/dns/answer_view.h"
#include "tools/clients/nanoseconds.h"

namespace dotring::flood {

using clients::Client;
using clients::now_ns;
using clients::Query;

namespace {

// Adding up what was never sent must not take longer than the run.
constexpr uint64_t kUnsentMax = 10'000'000;

// The upper bits of the rcode lie in the OPT record; those who have any look like these.
uint16_t whole_rcode(Bytes message, uint16_t flags) {
  const uint16_t rcode = flags & dns::kRcodeMask;
  const bool odd = rcode == 7 || (rcode == 0 && load_be16(message.data() + 6) == 0);
  if (!odd || load_be16(message.data() + 10) == 0) return rcode;
  const dns::AnswerView view = dns::view_answer(message, {});
  return view.fault == dns::AnswerFault::None ? view.rcode : rcode;
}

}  // namespace

Lane::Lane(clients::Crowd& crowd, const Options& options, std::unique_ptr<QuestionSource> questions,
           Tally& tally, Pacing& pacing)
    : options_(options),
      questions_(std::move(questions)),
      tally_(tally),
      pacing_(pacing),
      client_settled_(options.clients, false) {
  if (options.cookies) cookies_.emplace(options.seed, options.clients);
  make_clients(crowd);
}

void Lane::make_clients(clients::Crowd& crowd) {
  Random random(options_.seed);
  const uint32_t share = options_.outstanding_max / options_.clients;
  const uint32_t rest = options_.outstanding_max % options_.clients;
  for (uint32_t i = 0; i < options_.clients; ++i) {
    clients::ClientOptions client = options_.client;
    client.outstanding_max = std::clamp(share + (i < rest), 1u, 32768u);
    client.id_salt = static_cast<uint16_t>(random.next());
    if (options_.sources) client.source = options_.sources->address(options_.first_client + i);
    if (options_.source_port > 0) {
      client.source_port = static_cast<uint16_t>(options_.source_port + options_.first_client + i);
    }
    clients_.push_back(crowd.make(client, *this));
    clients_.back()->number = i;
  }
}

std::optional<std::string> Lane::open() {
  for (auto& client : clients_) {
    if (auto failure = client->open()) return failure;
    if (client->connected()) settle(*client);
  }
  return std::nullopt;
}

void Lane::settle(Client& client) {
  if (client_settled_[client.number]) return;
  client_settled_[client.number] = true;
  ++settled_;
}

void Lane::on_open(Client& client) {
  ++opened_;
  settle(client);
  send_more(client);
}

void Lane::on_connect_failed(Client& client, const std::string& what) {
  settle(client);
  if (failure_.empty()) failure_ = what;
}

// ---------------------------------------------------------------------------------------------------
// Sending

void Lane::start(uint64_t start_ns) {
  started_ = true;
  last_event_ns_ = start_ns;
  end_ns_ = start_ns + (options_.stages.empty() ? options_.duration_ns : total_ns(options_.stages));
  if (!options_.stages.empty()) {
    pacing_.start(start_ns, end_ns_ - start_ns);
    schedule_.emplace(start_ns, options_.stages, options_.share.index, options_.share.shares);
    return;
  }
  for (auto& client : clients_) fill(*client);
}

bool Lane::over(uint64_t now_ns) {
  if (!sending() || exhausted_) return true;
  if (!schedule_) return now_ns >= end_ns_;
  return schedule_->next_due_ns() == Schedule::kOver || now_ns >= end_ns_ + options_.grace_ns;
}

bool Lane::is_due(uint64_t now_ns) const {
  return schedule_ && !blocked_ && sending() && schedule_->is_due(now_ns);
}

uint64_t Lane::until_next_ns(uint64_t now_ns) const {
  return schedule_ && !blocked_ ? schedule_->until_next_ns(now_ns) : UINT64_MAX;
}

void Lane::fill(Client& client) {
  while (sending() && client.has_room()) {
    const uint64_t now = now_ns();
    if (now >= end_ns_ || !send(client, now, now)) return;
  }
}

void Lane::send_due() {
  while (schedule_ && sending() && !exhausted_) {
    const uint64_t now = now_ns();
    if (!schedule_->is_due(now)) break;
    Client* client = client_with_room();
    const uint64_t due = schedule_->next_due_ns();
    if (!client || !send(*client, due, now)) {
      blocked_ = !exhausted_;
      return;
    }
    pacing_.add(due, now);
    schedule_->take();
    if (blocked_) {
      tally_[Count::HeldBack].add();
    } else if (now - due > options_.lateness_ns_max) {
      tally_[Count::Overdue].add();
    }
  }
  blocked_ = false;
}

Client* Lane::client_with_room() {
  for (size_t tried = 0; tried < clients_.size(); ++tried) {
    Client* client = clients_[next_client_].get();
    next_client_ = next_client_ + 1 == clients_.size() ? 0 : next_client_ + 1;
    if (client->has_room()) return client;
  }
  return nullptr;
}

bool Lane::send(Client& client, uint64_t due_ns, uint64_t now_ns) {
  if (question_.empty()) question_ = questions_->next();
  if (question_.empty()) {
    exhausted_ = true;
    return false;
  }
  const Bytes message =
      cookies_ ? cookies_->put(client.number, question_, options_.option_octets) : question_;
  if (!client.send(message, {.tag = 0, .due_ns = due_ns, .sent_ns = now_ns})) return false;
  ++sent_;
  ++waiting_;
  last_event_ns_ = now_ns;
  tally_[Count::Due].add();
  tally_[Count::Sent].add();
  tally_[Count::OctetsSent].add(message.size());
  tally_.lateness_ns.add(now_ns - due_ns);
  question_ = {};
  return true;
}

void Lane::send_more(Client& client) {
  if (!sending()) return;
  if (!schedule_) return fill(client);
  if (!blocked_) return;
  next_client_ = client.number;
  send_due();
}

// ---------------------------------------------------------------------------------------------------
// What becomes of it

void Lane::on_answer(Client& client, const Query& query, Bytes message, uint64_t now_ns) {
  --waiting_;
  last_event_ns_ = now_ns;
  tally_.latency_from_due_ns.add(now_ns - query.due_ns);
  tally_.latency_from_sent_ns.add(now_ns - query.sent_ns);
  count_answer(message);
  if (cookies_) cookies_->learn(client.number, message);
  send_more(client);
}

void Lane::count_answer(Bytes message) {
  const uint16_t flags = load_be16(message.data() + 2);
  const uint16_t rcode = whole_rcode(message, flags);
  tally_[Count::Answered].add();
  tally_[Count::OctetsReceived].add(message.size());
  tally_.rcodes[std::min<size_t>(rcode, kRcodes - 1)].add();
  if (flags & dns::kFlagTc) tally_[Count::Truncated].add();
  if (rcode == dns::rcode::kNoError && load_be16(message.data() + 6) == 0) {
    tally_[Count::Empty].add();
  }
}

void Lane::on_lost(Client& client, const Query& query, clients::Loss loss) {
  --waiting_;
  tally_[loss == clients::Loss::Timeout ? Count::TimedOut : Count::Interrupted].add();
  tally_.latency_from_due_ns.add(query.sent_ns - query.due_ns + options_.timeout_ns);
  send_more(client);
}

void Lane::on_stray(Client&, clients::Verdict verdict, Bytes message) {
  constexpr Count kCounters[] = {Count::Answered, Count::Duplicate, Count::Late, Count::Unexpected,
                                 Count::Mismatched};
  tally_[kCounters[static_cast<size_t>(verdict)]].add();
  tally_[Count::OctetsReceived].add(message.size());
}

void Lane::check_timeouts(uint64_t now_ns) {
  if (now_ns < options_.timeout_ns) return;  // shortly after boot
  for (auto& client : clients_) client->give_up(now_ns - options_.timeout_ns);
}

// ---------------------------------------------------------------------------------------------------
// Ending

void Lane::stop(uint64_t now_ns) {
  if (std::exchange(stopped_, true) || !schedule_) return;
  uint64_t unsent = 0;
  for (; !exhausted_ && sent_ + unsent < options_.count_max && unsent < kUnsentMax; ++unsent) {
    if (!schedule_->is_due(now_ns)) break;
    tally_.latency_from_due_ns.add(options_.timeout_ns);
    schedule_->take();
  }
  tally_[Count::Due].add(unsent);
  tally_[Count::Unsent].add(unsent);
}

void Lane::close() {
  tally_[Count::Interrupted].add(waiting_);
  for (; waiting_ > 0; --waiting_) tally_.latency_from_due_ns.add(options_.timeout_ns);
  for (auto& client : clients_) client->close();
}

bool Lane::active() const {
  return std::ranges::any_of(clients_, [](const auto& client) { return client->active(); });
}

uint64_t Lane::answers_dropped() const {
  uint64_t count = 0;
  for (const auto& client : clients_) count += client->answers_dropped();
  return count;
}

}  // namespace dotring::flood
