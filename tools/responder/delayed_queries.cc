#include "tools/responder/delayed_queries.h"

namespace dotring::responder {

bool DelayedQueries::hold(query::ReplyPort& port, const query::ClientQuery& query,
                          uint64_t due_ms) {
  Held* held = query.message.size() <= kQuerySizeMax ? held_.take() : nullptr;
  if (!held) return false;
  held->owner = this;
  held->port = &port;
  held->query = query;
  std::memcpy(held->message.data(), query.message.data(), query.message.size());
  held->query.message = {held->message.data(), query.message.size()};
  held->timer.bind<&Held::on_due>(held);
  timers_.arm(held->timer, due_ms);
  return true;
}

void DelayedQueries::run(Held& held) {
  due_(owner_, *held.port, held.query);
  held_.give_back(&held);
}

}  // namespace dotring::responder
