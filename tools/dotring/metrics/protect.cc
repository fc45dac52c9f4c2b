// Who was turned away, and why; cookies.

#include <array>

#include "tools/dotring/metrics/sources.h"

namespace dotring::appliance {
namespace {

using protect::Action;

constexpr std::array<std::string_view, protect::kActions> kActionNames = {"serve", "drop", "refuse",
                                                                          "truncate", "badcookie"};
constexpr std::array<std::string_view, protect::kProofs> kProofNames = {"udp", "proven"};
constexpr std::array<std::string_view, protect::kReplyKinds> kReplyNames = {"answer", "empty",
                                                                            "nxdomain", "error"};
constexpr std::array<std::string_view, protect::kCookieStates> kCookieNames = {"none", "missing",
                                                                               "invalid", "valid"};

std::string name_of(Action action) {
  return std::string(kActionNames[static_cast<size_t>(action)]);
}

void add_access(MetricsPage& page, const std::vector<const protect::Statistics*>& all) {
  for (const Action action : {Action::Refuse, Action::Drop}) {
    const auto counter = [action](const protect::Statistics& s) -> const Counter& {
      return s.by_access[static_cast<size_t>(action)];
    };
    page.counter("dotring_access_turned_away_total",
                 "Queries of networks that the access list refuses or drops.", total(all, counter),
                 {{"list", "all"}, {"action", name_of(action)}});
  }
  page.counter("dotring_access_turned_away_total",
               "Queries of networks that the access list refuses or drops.",
               total(all, &protect::Statistics::by_listener),
               {{"list", "listener"}, {"action", name_of(Action::Refuse)}});
}

void add_rate(MetricsPage& page, const std::vector<const protect::Statistics*>& all) {
  for (size_t proof = 0; proof < protect::kProofs; ++proof) {
    for (size_t action = 1; action < protect::kActions; ++action) {
      const auto counter = [=](const protect::Statistics& s) -> const Counter& {
        return s.by_rate[proof][action];
      };
      page.counter("dotring_rate_limited_total",
                   "Queries over their client's rate, by what they got.", total(all, counter),
                   {{"client", std::string(kProofNames[proof])},
                    {"action", std::string(kActionNames[action])}});
    }
  }
}

void add_replies(MetricsPage& page, const std::vector<const protect::Statistics*>& all) {
  for (size_t kind = 0; kind < protect::kReplyKinds; ++kind) {
    for (const Action action : {Action::Truncate, Action::Drop}) {
      const auto counter = [=](const protect::Statistics& s) -> const Counter& {
        return s.by_reply[kind][static_cast<size_t>(action)];
      };
      page.counter("dotring_replies_limited_total",
                   "Equal replies to one client that were too many, by what became of them.",
                   total(all, counter),
                   {{"reply", std::string(kReplyNames[kind])}, {"action", name_of(action)}});
    }
  }
}

}  // namespace

void add_protect_metrics(MetricsPage& page, const MetricSources& sources) {
  const std::vector<const protect::Statistics*>& all = sources.guards;
  add_access(page, all);
  add_rate(page, all);
  add_replies(page, all);
  for (size_t i = 0; i < protect::kCookieStates; ++i) {
    page.counter(
        "dotring_cookies_total", "Queries by UDP, by the cookie they came with.",
        total(all, [i](const protect::Statistics& s) -> const Counter& { return s.cookies[i]; }),
        {{"cookie", std::string(kCookieNames[i])}});
  }
  page.counter("dotring_cookies_required_total",
               "BADCOOKIE to clients within their rate, because cookies are required.",
               total(all, &protect::Statistics::cookie_required));
}

}  // namespace dotring::appliance
