#include "tls/resumption.h"

#include <cstring>
#include <utility>

namespace dotring::tls {

void TicketStore::clear() {
  for (Ticket& ticket : tickets_) wipe(ticket);
  tickets_.clear();
}

void TicketStore::put(Ticket ticket) {
  if (capacity_ == 0) return wipe(ticket);
  if (tickets_.size() == capacity_) {
    wipe(tickets_.front());
    tickets_.pop_front();
  }
  tickets_.push_back(std::move(ticket));
}

TicketStore::Ticket TicketStore::take() {
  if (tickets_.empty()) return {};
  Ticket newest = std::move(tickets_.back());
  tickets_.pop_back();
  return newest;
}

void TicketStore::wipe(Ticket& ticket) {
  if (!ticket.empty()) explicit_bzero(ticket.data(), ticket.size());
  ticket.clear();
}

}  // namespace dotring::tls
