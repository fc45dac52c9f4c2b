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
  if (!may_write(account.answered_us)) {
    ++left_out_;
    return;
  }
  log_.warning("client_refused",
               {{"client", account.client.address.to_text()},
                {"transport", kTransportNames[static_cast<size_t>(account.transport)]},
                {"cause", limited ? "limited" : "refused"},
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
