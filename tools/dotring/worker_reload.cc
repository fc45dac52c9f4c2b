// A reload as one worker sees it.
//
// All of it runs between two callbacks of the loop, so no part is in the middle of anything.

#include <algorithm>

#include "tools/dotring/worker_parts.h"

namespace dotring::appliance {
namespace {

constexpr uint64_t kTidyMs = 50;

/// Whether all that has changed is none of the pipeline's business.
bool same_queries(const Configuration& one, const Configuration& other) {
  constexpr std::array<std::string_view, 8> kOthers = {"access", "rate",  "rrl",   "cookies",
                                                       "log",    "admin", "audit", "dnstap"};
  for (const Key* key : changed_keys(one, other)) {
    if (std::find(kOthers.begin(), kOthers.end(), key->section()) == kOthers.end()) return false;
  }
  return true;
}

}  // namespace

std::optional<ConfigError> WorkerParts::prepare(std::shared_ptr<const InForce> next) {
  tidy();
  if (!multiplexer_.has_room_for(upstream_options(next->configuration))) {
    return ConfigError{"upstream.servers", "", "",
                       "too many together with those of before that are still closing; try again "
                       "in a moment"};
  }
  if (generations_.room()) return std::nullopt;
  return ConfigError{"", "", "",
                     "questions are in flight from before earlier reloads; try again when they are "
                     "answered (upstream.timeout_ms)"};
}

void WorkerParts::apply(std::shared_ptr<const InForce> next) {
  const std::shared_ptr<const InForce> before = std::exchange(in_force_, std::move(next));
  const bool same =
      in_force_->redis == before->redis && same_queries(configuration(), before->configuration);
  if (!same) begin_generation(before.get());
  apply_observers();
  if (in_force_->redis != before->redis) generations_.start_redis();
  apply_guard();
  apply_upstreams(*before);
  tell_sources();
  tidy();
}

void WorkerParts::begin_generation(const InForce* before) {
  generations_.begin(*in_force_, before);
  for (listen::UdpListener& listener : udp_) listener.set_handler(generations_.pipeline());
  for (listen::TcpListener& listener : tcp_) listener.set_handler(generations_.pipeline());
}

// Earlier pipelines tell the same observers: of those that went nobody knows any more.
void WorkerParts::apply_observers() {
  apply_journal();
  observers_.clear();
  if (top_) observers_.add(&*top_);
  observers_.add(in_force_->audit->recorder(index_));
  if (refused_journal_) observers_.add(&*refused_journal_);
  generations_.pipeline().set_observer(observers_.empty() ? nullptr : &observers_);
}

void WorkerParts::apply_journal() {
  const LogOptions& log = configuration().log;
  if (!log.refused_clients) {
    refused_journal_.reset();
  } else if (!refused_journal_) {
    refused_journal_.emplace(shared_.log);
  }
  RefusedJournal* journal = refused_journal_ ? &*refused_journal_ : nullptr;
  if (journal) journal->set_per_second(log.refused_clients_per_second);
  for (listen::TcpListener& listener : tcp_) listener.set_refusal_observer(journal);
}

void WorkerParts::apply_guard() {
  guard_.replace(configuration().protect.guard, in_force_->protect->parts(shared_.clock));
  generations_.pipeline().set_guard(guard_.idle() ? nullptr : &guard_);
  generations_.pipeline().set_client_limit(shared_.client_limit);
  for (listen::TcpListener& listener : tcp_) listener.set_access(in_force_->protect->access());
}

// Counters of those that are not asked any more, as no stream of theirs is left.
void WorkerParts::forget_servers() {
  std::erase_if(tls_statistics_, [this](const auto& one) {
    return std::none_of(dialed_.begin(), dialed_.end(), [&](const DialedServer& dialed) {
      return dialed.server.name() == one.first;
    });
  });
}

void WorkerParts::tidy() {
  const bool servers_gone = multiplexer_.tidy();
  if (servers_gone) forget_servers();
  if (!generations_.tidy() || !servers_gone) loop_.arm_in(tidy_, kTidyMs);
}

}  // namespace dotring::appliance
