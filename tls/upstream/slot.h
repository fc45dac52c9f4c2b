// Places for the streams of one server. Each has a connection, which is opened again and again, our
// own question on it, and what the server keeps in mind of it.
//
// What it is not: a decision. When streams are opened, replaced and closed is said in
// server_streams.cc and server_apart.cc.

#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "tls/upstream/connection.h"
#include "tls/upstream/probe.h"

namespace dotring::upstream {

struct Slot {
  enum class Use : uint8_t { All, Apart };

  /// `for_connection`: what a Connection is made of.
  template <typename... Arguments>
  Slot(const dns::QuestionKey& root, Use use, Arguments&&... for_connection)
      : connection(std::forward<Arguments>(for_connection)...),
        probe(root),
        apart(use == Use::Apart) {
    probe.timer().bind<&Slot::on_probe_timeout>(this);
  }

  /// In flight, ours not included.
  size_t questions() const { return connection.in_flight() - (probe.under_way() ? 1 : 0); }
  /// How many questions it may carry with one that wants this company at most.
  uint16_t company_with(uint16_t wanted) const {
    return connection.in_flight() == 0 ? wanted : std::min(company, wanted);
  }
  /// Something makes us ask; to keep it open we ask in any case.
  bool in_doubt() const { return probe.under_way() && !keeping_open; }
  /// Our question may be the one that is slow: any answer since it left means that the stream
  /// lives. And it may be one that this server does not answer: nobody else waits, so that nothing
  /// is known of the server.
  void on_probe_timeout() {
    if (!probe.under_way()) return;
    const bool alive = connection.last_answer_us() >= probe.sent_us();
    if (alive) return connection.abandon(probe.attempt());
    const bool unknown = keeping_open && questions() == 0;
    connection.end(unknown ? EndCause::Local : EndCause::Silent, "no answers");
  }

  Connection connection;
  Probe probe;
  const bool apart;           ///< only for questions that are kept apart
  bool renewing = false;      ///< its replacement is being opened
  bool keeping_open = false;  ///< the probe under way has no other reason than the idle limit
  bool proving = false;       ///< opened after a failure, its probe is not answered yet
  uint16_t company = 0;       ///< apart: the most questions that those on it allow
  uint64_t waited_us = 0;     ///< probing: how long a question had waited in vain
};

/// As many as were added; connections do not move.
class Slots {
 public:
  void add(std::unique_ptr<Slot> slot) { slots_.push_back(std::move(slot)); }
  auto begin() const { return slots_.begin(); }
  auto end() const { return slots_.end(); }
  bool empty() const { return slots_.empty(); }
  size_t size() const { return slots_.size(); }

  size_t count(Connection::State state) const {
    return static_cast<size_t>(std::count_if(
        begin(), end(), [&](const auto& slot) { return slot->connection.state() == state; }));
  }
  bool all_closed() const { return count(Connection::State::Closed) == slots_.size(); }
  /// Null: none is closed.
  Slot* closed() const {
    return find_if(
        [](const Slot& slot) { return slot.connection.state() == Connection::State::Closed; });
  }
  /// Null: it is not here.
  Slot* of(const Connection& connection) const {
    return find_if([&](const Slot& slot) { return &slot.connection == &connection; });
  }

 private:
  template <typename Predicate>
  Slot* find_if(Predicate predicate) const {
    const auto found =
        std::find_if(begin(), end(), [&](const auto& slot) { return predicate(*slot); });
    return found == end() ? nullptr : found->get();
  }

  std::vector<std::unique_ptr<Slot>> slots_;
};

}  // namespace dotring::upstream
