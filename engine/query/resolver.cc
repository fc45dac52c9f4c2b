#include "engine/query/resolver.h"

#include <algorithm>
#include <cassert>

#include "engine/dns/stored_answer.h"

namespace dotring::query {
namespace {

constexpr uint64_t kUsPerMs = 1000;

// RFC 8767, 5: only these two say how the data is now; all others are failures.
bool refreshes(uint16_t rcode) {
  return rcode == dns::rcode::kNoError || rcode == dns::rcode::kNxDomain;
}

// About this hop's EDNS and cookies, nothing that a client could use.
bool hop_error(const dns::AnswerView& view) {
  return view.rcode == dns::rcode::kBadVers || view.rcode == dns::rcode::kBadCookie;
}

std::optional<ExtendedError> why(const Resolution& resolution) {
  if (resolution.failure == ForwardResult::Answered)
    return upstream_error(resolution.told.extended_error);
  const bool network = resolution.failure == ForwardResult::NetworkFailed;
  return ExtendedError{network ? dns::extended_error::kNetworkError
                               : dns::extended_error::kNoReachableAuthority};
}

}  // namespace

std::optional<ExtendedError> upstream_error(std::optional<uint16_t> info_code) {
  return info_code ? std::optional(ExtendedError{*info_code}) : std::nullopt;
}

ExtendedError stale_error(uint16_t answer_flags) {
  const bool negative = (answer_flags & dns::kRcodeMask) == dns::rcode::kNxDomain;
  return {negative ? dns::extended_error::kStaleNxDomain : dns::extended_error::kStaleAnswer};
}

void Resolution::on_timer() {
  resolver.on_timer(*this);
}

Resolver::Resolver(const Options& options, AnswerStore& store, Forwarder& forwarder,
                   TimerWheel& timers, const TurnClock& clock, ReplySender& sender,
                   Statistics& statistics)
    : options_(options),
      store_(store),
      forwarder_(forwarder),
      timers_(timers),
      clock_(clock),
      statistics_(statistics),
      waiting_room_(options.waiting_room, clock, sender, statistics),
      resolutions_(options.resolutions_max),
      table_(options.resolutions_max),
      scratch_(dns::kMessageSizeMax) {
  assert(options.forward_margin_ms < options.timeout_ms);
}

Resolver::~Resolver() {
  for (uint32_t i = 0; i < resolutions_.capacity(); ++i) {
    if (!resolutions_.in_use(i)) continue;
    Resolution& resolution = *resolutions_.at(i);
    detach(resolution);
    waiting_room_.drop(resolution.queue, resolution.key, DropReason::Shutdown);
  }
}

size_t Resolver::memory_max(const Options& options) {
  constexpr size_t kChainMax = 2 * sizeof(Resolution*);
  return WaitingRoom::memory_max(options.waiting_room) +
         options.resolutions_max * (Slab<Resolution>::memory_of_one() + kChainMax) +
         dns::kMessageSizeMax;
}

// -------------------------------------------------------------------------------------------------
// Questions come in

bool Resolver::wait(const dns::QuestionKey& key, const Asker& asker, bool stale_exists) {
  Resolution* resolution = table_.find(key);
  const WaiterQueue* queue = resolution ? &resolution->queue : nullptr;
  if (const auto limit = waiting_room_.keep_place(queue, asker)) return over(*limit);
  if (resolution) {
    statistics_.joined.add();
  } else if (has_room_for(asker)) {
    resolution = start(key, true);
  }
  if (!resolution) {
    waiting_room_.release_place(asker);
    return over(WaitLimit::Questions);
  }
  statistics_.misses.add();
  waiting_room_.enter(resolution->queue, asker);
  if (stale_exists) expect_stale(*resolution);
  return true;
}

bool Resolver::over(WaitLimit limit) {
  statistics_.over_limit[static_cast<size_t>(limit)].add();
  return false;
}

// A flood of random names from forged addresses leaves room for those who are who they say.
bool Resolver::has_room_for(const Asker& asker) const {
  if (asker.transport() != Transport::Udp || asker.proven()) return true;
  return resolutions_.used() < resolutions_.capacity() - resolutions_.capacity() / 4;
}

void Resolver::expect_stale(Resolution& resolution) {
  if (resolution.stale_due) return;
  resolution.stale_due = true;
  arm(resolution);
}

void Resolver::refresh(const dns::QuestionKey& key) {
  if (draining_ || !has_room_without_waiters() || table_.find(key)) return;
  if (start(key, false)) statistics_.refreshes.add();
}

bool Resolver::has_room_without_waiters() const {
  return resolutions_.used() < resolutions_.capacity() / 2;
}

bool Resolver::slow(const dns::QuestionKey& key) {
  const Resolution* resolution = table_.find(key);
  return resolution && clock_.now_us >= stale_at_us(*resolution);
}

Resolution* Resolver::start(const dns::QuestionKey& key, bool fetch_first) {
  Resolution* resolution = resolutions_.take(*this, key, clock_.now_us);
  if (!resolution) return nullptr;
  if (!(fetch_first && start_fetch(*resolution)) && !start_forward(*resolution)) {
    resolutions_.give_back(resolution);
    return nullptr;
  }
  table_.insert(*resolution);
  statistics_.resolutions.add();
  arm(*resolution);
  return resolution;
}

bool Resolver::start_fetch(Resolution& resolution) {
  resolution.fetch.on_done = &Resolver::fetch_done;
  resolution.fetch.started_us = clock_.now_us;
  resolution.fetching = store_.fetch(resolution.fetch);
  return resolution.fetching;
}

bool Resolver::start_forward(Resolution& resolution) {
  resolution.forward.on_done = &Resolver::forward_done;
  resolution.forward.deadline_us = deadline_us(resolution) - options_.forward_margin_ms * kUsPerMs;
  resolution.forward_tried = true;
  resolution.forwarding = forwarder_.start(resolution.forward);
  (resolution.forwarding ? statistics_.forwards : statistics_.forwards_refused).add();
  return resolution.forwarding;
}

// -------------------------------------------------------------------------------------------------
// Time passes

uint64_t Resolver::deadline_us(const Resolution& resolution) const {
  return resolution.started_us + options_.timeout_ms * kUsPerMs;
}

uint64_t Resolver::stale_at_us(const Resolution& resolution) const {
  return resolution.started_us + options_.stale_answer_delay_ms * kUsPerMs;
}

// The end of the bounded wait: for the upstream to be asked, or for its failure to be told.
uint64_t Resolver::fetch_until_us(const Resolution& resolution) const {
  if (resolution.failed_us > 0) return resolution.failed_us + options_.fetch_grace_ms * kUsPerMs;
  return resolution.fetch.started_us + std::min(options_.fetch_wait_us, resolution.fetch.wait_us);
}

bool Resolver::waits_for_fetch(const Resolution& resolution) const {
  return resolution.fetching && !resolution.forwarding &&
         (!resolution.forward_tried || resolution.failed_us > 0);
}

void Resolver::arm(Resolution& resolution) {
  uint64_t next_us = deadline_us(resolution);
  if (waits_for_fetch(resolution)) next_us = std::min(next_us, fetch_until_us(resolution));
  if (resolution.stale_due) next_us = std::min(next_us, stale_at_us(resolution));
  resolution.timer.bind<&Resolution::on_timer>(&resolution);
  timers_.arm(resolution.timer, (next_us + kUsPerMs - 1) / kUsPerMs);
}

void Resolver::on_timer(Resolution& resolution) {
  const uint64_t now_us = clock_.now_us;
  if (now_us >= deadline_us(resolution)) return on_deadline(resolution);
  if (waits_for_fetch(resolution) && now_us >= fetch_until_us(resolution)) {
    if (resolution.failed_us > 0) return fail(resolution);
    statistics_.fetch_slow.add();
    if (!start_forward(resolution)) resolution.failed_us = now_us;
  }
  if (resolution.stale_due && now_us >= stale_at_us(resolution)) {
    resolution.stale_due = false;
    serve_stale(resolution, statistics_.stale_after_delay);
  }
  arm(resolution);
}

void Resolver::on_deadline(Resolution& resolution) {
  statistics_.overdue.add();
  if (resolution.forwarding) resolution.failure = ForwardResult::TimedOut;
  fail(resolution);
}

// -------------------------------------------------------------------------------------------------
// Answers come back

void Resolver::forward_done(Forward& forward, ForwardResult result, Bytes message,
                            const dns::AnswerView& view) {
  Resolution& resolution = *static_cast<ResolutionForward&>(forward).resolution;
  Resolver& self = resolution.resolver;
  assert(resolution.forwarding);
  resolution.forwarding = false;
  self.statistics_.forward_results[static_cast<size_t>(result)].add();
  if (result == ForwardResult::Answered) return self.on_answer(resolution, message, view);
  resolution.failure = result;
  self.on_forward_failed(resolution);
}

// A slower tier that is still asked may have an answer, which is better than a fast failure.
void Resolver::on_forward_failed(Resolution& resolution) {
  if (!resolution.fetching) return fail(resolution);
  resolution.failed_us = clock_.now_us;
  arm(resolution);
}

void Resolver::on_answer(Resolution& resolution, Bytes message, const dns::AnswerView& view) {
  if (view.tailored() || hop_error(view)) {
    statistics_.answers_refused.add();
    resolution.failure = ForwardResult::NetworkFailed;
    return on_forward_failed(resolution);
  }
  const bool usable = refreshes(view.rcode);
  if (!usable) {
    resolution.failure = ForwardResult::Answered;
    resolution.told = {view.rcode, view.edns.extended_error};
    if (resolution.fetching) return on_forward_failed(resolution);
  }
  detach(resolution);
  if (!usable) tell(resolution);
  if (usable || !serve_stale(resolution, statistics_.stale_after_failure)) {
    give_answer(resolution, message, view);
  }
  keep(resolution.key, message, view);
  resolutions_.give_back(&resolution);
}

// Truncated answers are not kept (RFC 2181, 9), nor is what the stored form cannot hold: such an
// rcode passes each time.
void Resolver::keep(const dns::QuestionKey& key, Bytes message, const dns::AnswerView& view) {
  if (view.header.has(dns::kFlagTc) || view.rcode > dns::kRcodeMask) return;
  store_.store(key, message, view, clock_.now_s());
}

void Resolver::fetch_done(Fetch& fetch, Bytes answer) {
  Resolution& resolution = *static_cast<ResolutionFetch&>(fetch).resolution;
  assert(resolution.fetching);
  resolution.fetching = false;
  if (answer.empty()) return resolution.resolver.on_not_fetched(resolution);
  resolution.resolver.on_fetched(resolution, answer);
}

// An upstream that has been asked already goes on and fills the cache, as long as there is room for
// questions that nobody waits for: those must not turn away clients.
void Resolver::on_fetched(Resolution& resolution, Bytes answer) {
  statistics_.fetch_hits.add();
  const bool over = !resolution.forwarding || !has_room_without_waiters();
  if (over) detach(resolution);
  waiting_room_.send_message(resolution.queue, resolution.key, AnsweredFrom::SlowerTier, answer, 0,
                             upstream_error(dns::stored_extended_error(answer)));
  if (over) resolutions_.give_back(&resolution);
}

// An answer that is found there too old is in memory now, and may serve when the upstream is slow.
void Resolver::on_not_fetched(Resolution& resolution) {
  if (!resolution.forward_tried) start_forward(resolution);
  if (!resolution.forwarding) return fail(resolution);
  resolution.stale_due = true;
  arm(resolution);
}

// The failure is remembered where the upstream was asked about this question and gave no answer
// (RFC 9520, 2). Where no upstream could be asked, the forwarder's back-off protects them, and all
// names shall be well as soon as one is back.
void Resolver::fail(Resolution& resolution) {
  detach(resolution);
  tell(resolution);
  if (!serve_stale(resolution, statistics_.stale_after_failure)) {
    const bool our_own = resolution.failure != ForwardResult::Answered;
    if (our_own) statistics_.failed.add(resolution.queue.count);
    waiting_room_.send_error(resolution.queue, resolution.key,
                             our_own ? AnsweredFrom::Nothing : AnsweredFrom::Upstream,
                             resolution.told.rcode, why(resolution));
  }
  if (resolution.failure != ForwardResult::NoUpstream &&
      resolution.failure != ForwardResult::Cancelled) {
    store_.store_failure(resolution.key, resolution.told, clock_.now_s());
  }
  resolutions_.give_back(&resolution);
}

void Resolver::tell(const Resolution& resolution) const {
  if (!options_.on_failure) return;
  options_.on_failure(
      {resolution.key, resolution.failure, resolution.told.rcode, resolution.queue.count});
}

// Nobody can join any more, and nobody calls back: what follows may start the same question again.
void Resolver::detach(Resolution& resolution) {
  if (resolution.forwarding) forwarder_.cancel(resolution.forward);
  if (resolution.fetching) store_.cancel_fetch(resolution.fetch);
  resolution.forwarding = resolution.fetching = false;
  table_.remove(resolution);
  statistics_.resolutions.subtract();
}

// -------------------------------------------------------------------------------------------------
// Replies go out

// False: there is no answer that could serve, everybody still waits. Another worker may have got a
// fresh one meanwhile.
bool Resolver::serve_stale(Resolution& resolution, Counter& counter) {
  if (resolution.queue.empty()) return true;
  const Found found = store_.find_again(resolution.key, clock_.now_s(), scratch_);
  if (found.size == 0) return false;
  const Bytes message(scratch_.data(), found.size);
  if (found.freshness == Freshness::Fresh) {
    waiting_room_.send_message(resolution.queue, resolution.key, AnsweredFrom::Memory, message, 0,
                               upstream_error(found.extended_error));
    return true;
  }
  counter.add(resolution.queue.count);
  waiting_room_.send_message(resolution.queue, resolution.key, AnsweredFrom::Stale, message, 0,
                             stale_error(found.flags));
  return true;
}

void Resolver::give_answer(Resolution& resolution, Bytes message, const dns::AnswerView& view) {
  if (resolution.queue.empty()) return;
  const std::optional<ExtendedError> error = upstream_error(view.edns.extended_error);
  if (view.rcode > dns::kRcodeMask) {
    return waiting_room_.send_error(resolution.queue, resolution.key, AnsweredFrom::Upstream,
                                    view.rcode, error);
  }
  const size_t size = dns::to_stored_form(message, view, scratch_.data());
  store_.bound_ttls({scratch_.data(), size}, view);
  const uint16_t flags = view.header.flags & (dns::kFlagAa | dns::kFlagTc | dns::kFlagZ);
  waiting_room_.send_message(resolution.queue, resolution.key, AnsweredFrom::Upstream,
                             {scratch_.data(), size}, flags, error);
}

}  // namespace dotring::query
