#include "tools/dotring/control/top_lists.h"

#include <algorithm>
#include <array>
#include <map>

#include "engine/protect/network.h"

namespace dotring::appliance {
namespace {

constexpr size_t kAddressSize = sizeof(IpAddress::octets);
constexpr size_t kIpv6ClientBits = 64;

IpAddress client_of(const IpAddress& address) {
  return address.is_ipv4() ? address : protect::first_bits(address, kIpv6ClientBits);
}

std::optional<HeavyHitters> make_list(bool wanted, const TopOptions& options, size_t key_size_max,
                                      Random& random) {
  if (!wanted) return std::nullopt;
  return HeavyHitters(options.entries, key_size_max, random.fork());
}

}  // namespace

TopLists::TopLists(const TopOptions& options, const HashKey& seed)
    : options_(options),
      random_(seed),
      names_(make_list(options.names, options, dns::kNameSizeMax, random_)),
      clients_(make_list(options.clients, options, kAddressSize, random_)),
      skip_(gap()) {}

size_t TopLists::memory_max(const TopOptions& options) {
  size_t sum = 0;
  if (options.names) sum += HeavyHitters::memory_max(options.entries, dns::kNameSizeMax);
  if (options.clients) sum += HeavyHitters::memory_max(options.entries, kAddressSize);
  return sum;
}

void TopLists::on_query_ended(const query::QueryAccount& account) {
  if (--skip_ > 0) [[likely]]
    return;
  skip_ = gap();
  count(account);
}

void TopLists::count(const query::QueryAccount& account) {
  fade(account.answered_us);
  ++counted_;
  if (names_ && account.view.has_question) {
    std::array<uint8_t, dns::kNameSizeMax> lower;
    const Bytes name = account.view.question.name;
    dns::copy_lower(name, lower.data());
    names_->add(Bytes(lower).first(name.size()));
  }
  if (clients_) clients_->add(client_of(account.client.address).octets);
}

// After long silence there are as many halvings due as counts have bits, at the most.
void TopLists::fade(uint64_t now_us) {
  const uint64_t half_life_us = uint64_t{options_.half_life_s} * 1'000'000;
  if (halved_us_ == 0) halved_us_ = now_us;
  uint64_t due = (now_us - halved_us_) / half_life_us;
  halved_us_ += due * half_life_us;
  for (due = std::min<uint64_t>(due, 64); due > 0; --due) {
    if (names_) names_->halve();
    if (clients_) clients_->halve();
    counted_ /= 2;
    seconds_before_ = (seconds_before_ + options_.half_life_s) / 2;
  }
}

TopList TopLists::list(Kind kind, uint64_t now_us) {
  fade(now_us);
  TopList list;
  if (hitters(kind)) list.entries = hitters(kind)->entries();
  list.counted = counted_ * options_.sample;
  for (HeavyHitters::Entry& entry : list.entries) {
    entry.count *= options_.sample;
    entry.excess *= options_.sample;
  }
  list.seconds = seconds_before_ + static_cast<double>(now_us - halved_us_) * 1e-6;
  return list;
}

TopList merge(const std::vector<TopList>& lists, size_t count) {
  TopList sum;
  std::map<std::string, HeavyHitters::Entry> by_key;
  for (const TopList& list : lists) {
    sum.counted += list.counted;
    sum.seconds = std::max(sum.seconds, list.seconds);
    for (const HeavyHitters::Entry& entry : list.entries) {
      HeavyHitters::Entry& all = by_key[entry.key];
      all.key = entry.key;
      all.count += entry.count;
      all.excess += entry.excess;
    }
  }
  for (auto& [key, entry] : by_key) {
    if (entry.count > 0) sum.entries.push_back(std::move(entry));
  }
  std::ranges::stable_sort(sum.entries, std::greater<>(), &HeavyHitters::Entry::count);
  if (sum.entries.size() > count) sum.entries.resize(count);
  return sum;
}

std::string client_text(const std::string& key) {
  IpAddress address;
  std::copy_n(key.begin(), std::min(key.size(), kAddressSize), address.octets.begin());
  if (address.is_ipv4()) return address.to_text();
  return protect::Network{address, kIpv6ClientBits}.to_text();
}

}  // namespace dotring::appliance
