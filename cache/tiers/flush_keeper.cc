#include "cache/tiers/flush_keeper.h"

#include <algorithm>

namespace dotring::cache::tiers {

size_t apply(const FlushRule& rule, MemoryStore& memory) {
  const Bytes name = rule.name.wire();
  if (!rule.subtree) return memory.remove(name);
  return name.size() == 1 ? memory.clear() : memory.remove_subtree(name);
}

FlushKeeper::FlushKeeper(const Options& options, MemoryStore& memory, redis::KeyValue& redis,
                         Envelope envelope, FlushLog& log, TurnTime time, const io::Clock& wall)
    : options_(options),
      memory_(memory),
      redis_(redis),
      envelope_(std::move(envelope)),
      log_(log),
      time_(time),
      wall_(wall) {
  look_.keeper = this;
  look_.on_done = &FlushKeeper::on_list;
  timer_.bind<&FlushKeeper::look>(this);
}

FlushKeeper::~FlushKeeper() {
  stop();
}

void FlushKeeper::stop() {
  timer_.cancel();
  if (looking_) redis_.cancel_get(look_);
  looking_ = false;
}

size_t FlushKeeper::list_size_max(const FlushLog::Options& options) {
  return 2 * options.rules_max * (9 + dns::kNameSizeMax) + Envelope::kOverheadMax + 2;
}

// -------------------------------------------------------------------------------------------------
// The list

void FlushKeeper::look() {
  timer_.cancel();
  look_again_ = looking_;
  if (looking_) return;
  looking_ = redis_.get(look_, bytes_of(list_key()));
  if (!looking_) look_in(options_.retry_ms);
}

void FlushKeeper::look_in(uint64_t delay_ms) {
  const uint64_t due_ms = time_.now_ms() + delay_ms;
  if (!timer_.armed() || timer_.due_ms() > due_ms) time_.arm(timer_, due_ms);
}

void FlushKeeper::on_list(redis::Get& get, redis::GetResult result, Bytes value) {
  static_cast<Look&>(get).keeper->on_list(result, value);
}

void FlushKeeper::on_list(redis::GetResult result, Bytes value) {
  looking_ = false;
  if (result == redis::GetResult::Failed) return look_in(options_.retry_ms);
  std::vector<FlushRule> rules;
  if (result == redis::GetResult::Found) rules = open(value, list_key());
  merge(rules);
  log_.set_known();
  if (!log_.all_in(rules, wall_.wall_s())) write_list();
  look_in(look_again_ ? 0 : options_.look_every_ms);
}

void FlushKeeper::write_list() {
  const std::vector<uint8_t> rules = log_.encode(wall_.wall_s());
  redis_.set(bytes_of(list_key()), seal(rules, list_key()), kLifeMaxS * 1000);
  const bool sent = redis_.publish(options_.channel, seal(rules, options_.channel));
  (sent ? statistics_.published : statistics_.publish_drops).add();
}

// -------------------------------------------------------------------------------------------------
// Messages

void FlushKeeper::on_message(Bytes message) {
  if (merge(open(message, options_.channel))) look_in(options_.look_after_news_ms);
}

void FlushKeeper::on_gap() {
  statistics_.gaps.add();
  look_in(0);
}

std::vector<FlushRule> FlushKeeper::open(Bytes value, std::string_view context) {
  if (room_.size() < value.size()) room_.resize(value.size());
  Bytes body;
  if (envelope_.open(value, bytes_of(context), room_, body) == EnvelopeFault::None) {
    if (auto rules = FlushLog::decode(body)) return *std::move(rules);
  }
  statistics_.messages_refused.add();
  return {};
}

// True: there was something new in it.
bool FlushKeeper::merge(const std::vector<FlushRule>& rules) {
  std::vector<FlushRule> news;
  for (const FlushRule& rule : rules) {
    if (log_.add(rule, wall_.wall_s())) news.push_back(rule);
  }
  if (news.size() == 1) apply(news.front(), memory_);
  if (news.size() > 1) apply_together(news);
  statistics_.received.add(news.size());
  return !news.empty();
}

// In one walk over memory: after a gap there may be hundreds, and our worker stands still
// meanwhile.
void FlushKeeper::apply_together(const std::vector<FlushRule>& rules) {
  FlushLog together({.rules_max = rules.size()});
  for (const FlushRule& rule : rules) together.add(rule, wall_.wall_s());
  memory_.remove_if([&](Bytes name) { return together.hides(name, 0); });
}

Bytes FlushKeeper::seal(const std::vector<uint8_t>& body, std::string_view context) {
  room_.resize(std::max(room_.size(), body.size() + Envelope::kOverheadMax));
  const MutableBytes room(room_);
  std::memcpy(room.data() + envelope_.head_size(), body.data(), body.size());
  return room.first(envelope_.close(room, body.size(), bytes_of(context)));
}

}  // namespace dotring::cache::tiers
