#include "cache/tiers/flush_log.h"

#include <algorithm>
#include <string>

namespace dotring::cache::tiers {
namespace {

void append_rule(std::vector<uint8_t>& to, std::string_view name, bool subtree, uint64_t at_s) {
  uint8_t head[9];
  store_be32(head, static_cast<uint32_t>(at_s >> 32));
  store_be32(head + 4, static_cast<uint32_t>(at_s));
  head[8] = subtree;
  to.insert(to.end(), head, head + sizeof head);
  to.insert(to.end(), name.begin(), name.end());
}

std::vector<uint8_t> with_count(size_t count) {
  return {static_cast<uint8_t>(count >> 8), static_cast<uint8_t>(count)};
}

bool read_rule(Bytes bytes, Reader& reader, FlushRule& rule) {
  const uint64_t high = reader.u32();
  rule.at_s = high << 32 | reader.u32();
  const uint8_t subtree = reader.u8();
  rule.subtree = subtree == 1;
  const size_t size = reader.ok() ? dns::plain_name_size(bytes.subspan(reader.offset())) : 0;
  if (size == 0 || subtree > 1) return false;
  dns::copy_lower(reader.bytes(size), rule.name.octets.data());
  rule.name.size = static_cast<uint8_t>(size);
  return true;
}

}  // namespace

bool FlushLog::add(const FlushRule& rule, uint64_t wall_s) {
  if (rule.at_s > wall_s + kAheadMaxS || rule.at_s + options_.kept_s < wall_s) return false;
  const std::lock_guard guard(mutex_);
  forget_old(wall_s);
  const std::string name(text_of(rule.name.wire()));
  const auto known = times_.find(name);
  if (known == times_.end() && times_.size() >= options_.rules_max) make_room();
  Times& times = times_[name];
  uint64_t& time_s = rule.subtree ? times.subtree_s : times.exact_s;
  const bool news = rule.at_s > time_s;
  time_s = std::max(time_s, rule.at_s);
  update_size();
  return news;
}

void FlushLog::forget_old(uint64_t wall_s) {
  std::erase_if(times_, [&](const auto& entry) {
    return std::max(entry.second.exact_s, entry.second.subtree_s) + options_.kept_s < wall_s;
  });
}

void FlushLog::make_room() {
  uint64_t latest_s = 0;
  for (const auto& [name, times] : times_) {
    latest_s = std::max({latest_s, times.exact_s, times.subtree_s});
  }
  times_.clear();
  times_[std::string(1, '\0')].subtree_s = latest_s;
}

bool FlushLog::hides(Bytes name, uint64_t stored_s) const {
  if (size() == 0) return false;
  const std::lock_guard guard(mutex_);
  const auto covers = [&](uint64_t at_s) { return at_s > 0 && stored_s <= at_s + kMarginS; };
  for (size_t label = 0; label < name.size(); label += name[label] + size_t{1}) {
    const auto found = times_.find(text_of(name.subspan(label)));
    if (found == times_.end()) continue;
    const Times& times = found->second;
    if (covers(times.subtree_s) || (label == 0 && covers(times.exact_s))) return true;
  }
  return false;
}

// The same rule twice, exact and subtree, is two.
template <typename Visit>
void FlushLog::for_each(uint64_t wall_s, Visit&& visit) const {
  const auto counts = [&](uint64_t at_s) { return at_s > 0 && at_s + options_.kept_s >= wall_s; };
  for (const auto& [name, times] : times_) {
    if (counts(times.exact_s)) visit(name, false, times.exact_s);
    if (counts(times.subtree_s)) visit(name, true, times.subtree_s);
  }
}

std::vector<uint8_t> FlushLog::encode(uint64_t wall_s) const {
  const std::lock_guard guard(mutex_);
  std::vector<uint8_t> encoded = with_count(0);
  uint16_t count = 0;
  for_each(wall_s, [&](std::string_view name, bool subtree, uint64_t at_s) {
    append_rule(encoded, name, subtree, at_s);
    ++count;
  });
  store_be16(encoded.data(), count);
  return encoded;
}

std::vector<uint8_t> FlushLog::encode(const FlushRule& rule) {
  std::vector<uint8_t> encoded = with_count(1);
  append_rule(encoded, text_of(rule.name.wire()), rule.subtree, rule.at_s);
  return encoded;
}

std::optional<std::vector<FlushRule>> FlushLog::decode(Bytes bytes) {
  Reader reader(bytes);
  const size_t count = reader.u16();
  std::vector<FlushRule> rules;
  for (size_t i = 0; i < count; ++i) {
    FlushRule rule;
    if (!reader.ok() || !read_rule(bytes, reader, rule)) return std::nullopt;
    rules.push_back(rule);
  }
  const Bytes rest = bytes.subspan(reader.offset());
  const bool zeros = std::all_of(rest.begin(), rest.end(), [](uint8_t octet) { return !octet; });
  return reader.ok() && zeros ? std::optional(rules) : std::nullopt;
}

bool FlushLog::all_in(const std::vector<FlushRule>& rules, uint64_t wall_s) const {
  const std::lock_guard guard(mutex_);
  bool all = true;
  for_each(wall_s, [&](std::string_view name, bool subtree, uint64_t at_s) {
    all =
        all && std::any_of(rules.begin(), rules.end(), [&](const FlushRule& rule) {
          return rule.subtree == subtree && rule.at_s >= at_s && text_of(rule.name.wire()) == name;
        });
  });
  return all;
}

}  // namespace dotring::cache::tiers
