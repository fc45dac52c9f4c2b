#include "tools/dotring/log/refused_journal.h"

#include <utility>

namespace dotring::appliance {
namespace {

constexpr std::array<const char*, query::kTransports> kTransportNames = {"udp", "tcp", "tls",
                                                                         "https"};

}  // namespace

void RefusedJournal::on_query_ended(const query::QueryAccount& account) {
  const bool limited = account.from == query::AnsweredFrom::Limited;
  if (!limited && account.from != query::AnsweredFrom::Refused) return;
  tell(account.client, account.transport, limited ? "limited" : "refused", account.answered_us);
}

void RefusedJournal::on_connection_refused(const Endpoint& peer, query::Transport transport,
                                           listen::Refusal refusal, uint64_t now_us) {
  switch (refusal) {
    case listen::Refusal::Access:
      return tell(peer, transport, "refused", now_us);
    case listen::Refusal::Client:
      return tell(peer, transport, "limited", now_us);
    case listen::Refusal::Full:
      return tell(peer, transport, "full", now_us);
  }
}

void RefusedJournal::tell(const Endpoint& client, query::Transport transport,
                          std::string_view cause, uint64_t now_us) {
  if (!may_write(now_us)) {
    ++left_out_;
    return;
  }
  log_.warning("client_refused", {{"client", client.address.to_text()},
                                  {"transport", kTransportNames[static_cast<size_t>(transport)]},
                                  {"cause", cause},
                                  {"left_out", std::exchange(left_out_, 0)}});
}

bool RefusedJournal::may_write(uint64_t now_us) {
  constexpr uint64_t kUsPerS = 1'000'000;
  if (now_us / kUsPerS != second_) {
    second_ = now_us / kUsPerS;
    written_ = 0;
  }
  if (written_ >= per_second_) return false;
  ++written_;
  return true;
}

}  // namespace dotring::appliance
