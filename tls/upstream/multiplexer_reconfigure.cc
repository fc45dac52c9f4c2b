// Other servers and other options while questions are under way.
//
// Servers stand in the order of the options, because policies go by it, and those that are gone
// behind them until their last stream is closed. So places change: whatever remembers a server by
// its place is told the new one here.

#include "tls/upstream/multiplexer.h"

namespace dotring::upstream {
namespace {

/// Where a server stands now, by where it stood; nowhere: it is gone.
using Places = std::vector<std::optional<size_t>>;

ServerSet moved(ServerSet set, const Places& places) {
  ServerSet result = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    if ((set >> i & 1) && places[i]) result |= ServerSet{1} << *places[i];
  }
  return result;
}

}  // namespace

bool Multiplexer::has_room_for(const Options& options) const {
  size_t gone = 0;
  for (const auto& server : servers_) {
    const bool stays =
        !server->draining() &&
        std::any_of(options.servers.begin(), options.servers.end(),
                    [&](const auto& one) { return one.same_server(server->options()); });
    if (!stays && !server->closed()) ++gone;
  }
  return options.servers.size() + gone <= kServersMax;
}

void Multiplexer::reconfigure(const Options& options, const DialerFor& dialer_for) {
  tidy();
  const uint32_t questions_max = options_.questions_max;
  const uint32_t ids_max = options_.connection.ids_max;
  options_ = options;
  options_.questions_max = questions_max;
  options_.connection.ids_max = ids_max;
  std::vector<const Server*> before;
  for (const auto& server : servers_) before.push_back(server.get());
  Servers next;
  std::vector<Server*> added;
  for (const ServerOptions& wanted : options_.servers) {
    std::unique_ptr<Server> server = take_server(wanted);
    if (!server) {
      ServerHandler& handler = *this;
      server = std::make_unique<Server>(options_, wanted, next.size(), time_, random_.fork(),
                                        dialer_for(wanted), handler);
      added.push_back(server.get());
    }
    next.push_back(std::move(server));
  }
  for (std::unique_ptr<Server>& gone : servers_) {
    if (gone) next.push_back(std::move(gone));
  }
  rearrange(std::move(next), before);
  for (size_t i = options_.servers.size(); i < servers_.size(); ++i) servers_[i]->drain();
  choice_ = Choice(options_.policy, options_.servers);
  for (Server* server : added) server->start();
}

/// The one that stays, out of servers_; null: there is none.
std::unique_ptr<Server> Multiplexer::take_server(const ServerOptions& wanted) {
  for (std::unique_ptr<Server>& server : servers_) {
    if (server && !server->draining() && server->options().same_server(wanted)) {
      return std::move(server);
    }
  }
  return nullptr;
}

void Multiplexer::rearrange(Servers next, const std::vector<const Server*>& before) {
  Places places(before.size());
  for (size_t i = 0; i < next.size(); ++i) {
    const auto at = std::find(before.begin(), before.end(), next[i].get());
    if (at != before.end()) places[static_cast<size_t>(at - before.begin())] = i;
    next[i]->options_changed(i);
  }
  servers_ = std::move(next);
  standings_.resize(servers_.size());
  for (uint32_t i = 0; i < inquiries_.capacity(); ++i) {
    if (!inquiries_.in_use(i)) continue;
    Inquiry& inquiry = *inquiries_.at(i);
    inquiry.asked = moved(inquiry.asked, places);
    inquiry.refused = moved(inquiry.refused, places);
    for (Attempt& attempt : inquiry.attempts) {
      // Of one that is over only its usual time is asked for: any server's will do.
      const bool known = attempt.server < places.size() && places[attempt.server];
      attempt.server = static_cast<uint16_t>(known ? *places[attempt.server] : 0);
    }
  }
}

bool Multiplexer::tidy() {
  while (servers_.size() > options_.servers.size() && servers_.back()->closed()) {
    servers_.pop_back();
  }
  standings_.resize(servers_.size());
  return servers_.size() == options_.servers.size();
}

}  // namespace dotring::upstream
