#include "engine/query/waiting_room.h"

#include <cassert>

namespace dotring::query {
namespace {

// A valid cookie shows the same as a handshake: a flood of forged addresses over UDP leaves room
// for both.
Transport place_of(const Asker& asker) {
  const bool proven_datagram = asker.transport() == Transport::Udp && asker.proven();
  return proven_datagram ? Transport::Tcp : asker.transport();
}

}  // namespace

WaitingRoom::WaitingRoom(const Options& options, const TurnClock& clock, ReplySender& sender,
                         Statistics& statistics)
    : options_(options),
      clock_(clock),
      sender_(sender),
      statistics_(statistics),
      admission_(options.admission),
      places_(options.admission.in_flight_max) {}

size_t WaitingRoom::memory_max(const Options& options) {
  return options.admission.in_flight_max * Slab<Waiter>::memory_of_one();
}

std::optional<WaitLimit> WaitingRoom::keep_place(const WaiterQueue* queue, const Asker& asker) {
  if (queue && queue->count >= options_.per_question_max) return WaitLimit::Question;
  if (!admission_.has_place(place_of(asker))) return WaitLimit::Clients;
  if (client_limit_ && !client_limit_->enter(asker.client().address)) return WaitLimit::Client;
  admission_.enter(place_of(asker));
  return std::nullopt;
}

void WaitingRoom::release_place(const Asker& asker) {
  admission_.leave(place_of(asker));
  if (client_limit_) client_limit_->leave(asker.client().address);
}

void WaitingRoom::enter(WaiterQueue& queue, const Asker& asker) {
  Waiter* waiter = places_.take(asker, clock_.now_us);
  assert(waiter);  // as many places as admission lets in
  queue.waiters.push_back(*waiter);
  ++queue.count;
  statistics_.waiting.add();
}

void WaitingRoom::leave(Waiter& waiter) {
  statistics_.waiting.subtract();
  statistics_.wait_us.add(clock_.now_us - waiter.arrived_us);
  release_place(waiter.asker);
  places_.give_back(&waiter);
}

template <typename Send>
void WaitingRoom::for_each(WaiterQueue& queue, const dns::QuestionKey& key, Send&& send) {
  List<Waiter> leaving;
  leaving.splice_back(queue.waiters);
  queue.count = 0;
  std::array<uint8_t, dns::kNameSizeMax> name;
  while (Waiter* waiter = leaving.pop_front()) {
    const Asker& asker = waiter->asker;
    const dns::QueryView query = asker.view(key, name);
    send(Recipient{.port = asker.port(),
                   .reply_to = asker.reply_to(),
                   .transport = asker.transport(),
                   .client = asker.client(),
                   .query = query,
                   .proven = asker.proven(),
                   .received_us = waiter->arrived_us,
                   .cookie = asker.cookie()});
    leave(*waiter);
  }
}

void WaitingRoom::send_message(WaiterQueue& queue, const dns::QuestionKey& key, AnsweredFrom from,
                               Bytes stored, uint16_t flags, std::optional<ExtendedError> error) {
  for_each(queue, key,
           [&](const Recipient& to) { sender_.send_message(to, from, stored, flags, error); });
}

void WaitingRoom::send_error(WaiterQueue& queue, const dns::QuestionKey& key, AnsweredFrom from,
                             uint16_t rcode, std::optional<ExtendedError> error) {
  for_each(queue, key, [&](const Recipient& to) { sender_.send_error(to, from, rcode, error); });
}

void WaitingRoom::drop(WaiterQueue& queue, const dns::QuestionKey& key, DropReason reason) {
  for_each(queue, key,
           [&](const Recipient& to) { sender_.drop(to, AnsweredFrom::Nothing, reason); });
}

}  // namespace dotring::query
