// What the top lists cost a query: nearly always a decrement, and the counting of one in `sample`.
//
// Ten thousand names in random order, more than there are places: the dear case, in which most
// names that are counted take somebody's place.

#include <benchmark/benchmark.h>

#include "tools/dotring/control/top_lists.h"

namespace dotring::appliance {
namespace {

struct Asked {
  dns::Name name;
  dns::QueryView view;
};

std::vector<Asked> ten_thousand() {
  std::vector<Asked> all(10'000);
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].name = *dns::name_from_text("host-" + std::to_string(i) + ".example.com");
    all[i].view.has_question = true;
    all[i].view.question = {all[i].name.wire(), dns::type::kA, dns::kClassIn};
  }
  return all;
}

void TopListsQuery(benchmark::State& state) {
  TopOptions options;
  options.clients = true;
  options.sample = static_cast<uint32_t>(state.range(0));
  TopLists lists(options, {1, 2});
  const std::vector<Asked> all = ten_thousand();
  const Endpoint client{*IpAddress::parse("192.0.2.1"), 5353};
  Random random({3, 4});
  std::vector<uint32_t> order(1 << 16);
  for (uint32_t& one : order) one = random.below(static_cast<uint32_t>(all.size()));
  size_t at = 0;
  for (auto _ : state) {
    lists.on_query_ended({.query = {},
                          .reply = {},
                          .view = all[order[at++ % order.size()]].view,
                          .client = client,
                          .transport = query::Transport::Udp,
                          .from = query::AnsweredFrom::Memory,
                          .rcode = 0,
                          .dropped = std::nullopt,
                          .received_us = 1,
                          .answered_us = 1});
  }
}
BENCHMARK(TopListsQuery)->ArgName("sample")->Arg(1)->Arg(16)->Arg(1'000'000);

}  // namespace
}  // namespace dotring::appliance
