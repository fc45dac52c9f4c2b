#include "tools/replay/pairing.h"

#include <algorithm>
#include <array>

#include "engine/dns/header.h"
#include "engine/dns/name.h"

namespace dotring::replay {
namespace {

// A client that asks the same again and again under one id cannot make each answer dear.
constexpr int kStepsMax = 64;

// The first question's octets; empty where there is none that can be read.
Bytes question_of(Bytes message) {
  const Bytes rest = message.subspan(dns::kHeaderSize);
  if (dns::read_header(message).question_count == 0) return {};
  const size_t name_size = dns::plain_name_size(rest);
  return name_size > 0 && rest.size() >= name_size + 4 ? rest.first(name_size + 4) : Bytes();
}

// Failures may come without the question.
bool answers(Bytes answer, Bytes query) {
  const Bytes asked = question_of(query);
  const Bytes answered = question_of(answer);
  const dns::Header header = dns::read_header(answer);
  if (header.question_count == 0) return header.rcode() != dns::rcode::kNoError || asked.empty();
  if (asked.size() != answered.size() || asked.empty()) return asked.size() == answered.size();
  const size_t name_size = asked.size() - 4;
  return dns::equal_ignoring_case(asked.first(name_size), answered.first(name_size)) &&
         equal(asked.subspan(name_size), answered.subspan(name_size));
}

}  // namespace

Pairing::Pairing(const Options& options, const HashKey& hash_key, Give give)
    : options_(options), hash_key_(hash_key), give_(std::move(give)), buckets_(1 << 16, 0) {}

uint64_t Pairing::hash_of(const Endpoint& client, const Endpoint& server, bool tcp,
                          uint16_t id) const {
  std::array<uint8_t, 39> key;
  std::ranges::copy(client.address.octets, key.begin());
  std::ranges::copy(server.address.octets, key.begin() + 16);
  store_be16(key.data() + 32, client.port);
  store_be16(key.data() + 34, server.port);
  store_be16(key.data() + 36, id);
  key[38] = tcp;
  return siphash13(hash_key_, key);
}

void Pairing::take(const capture::Message& message) {
  advance(message.time_ns);
  if (message.kind == capture::MessageKind::Query) {
    take_query(message);
  } else if (options_.wanted) {
    take_answer(message);
  }
}

void Pairing::take_query(const capture::Message& message) {
  Asked asked{message.time_ns,
              message.source,
              message.tcp,
              false,
              {message.octets.begin(), message.octets.end()},
              {}};
  if (!options_.wanted) return give_(std::move(asked));
  const uint64_t hash =
      hash_of(message.source, message.destination, message.tcp, load_be16(message.octets.data()));
  uint64_t& newest = bucket_of(hash);
  waiting_.push_back({std::move(asked), message.destination, hash, newest});
  newest = first_ + waiting_.size();
  octets_ += message.octets.size();
  while (waiting_.size() > options_.waiting_max || octets_ > options_.octets_max) give_first();
}

void Pairing::take_answer(const capture::Message& message) {
  Entry* entry = find(message);
  if (!entry) {
    ++statistics_.without_query;
    return;
  }
  ++statistics_.paired;
  entry->asked.answered = true;
  entry->asked.answer.assign(message.octets.begin(), message.octets.end());
  octets_ += message.octets.size();
  give_ready();
}

// The oldest that fits: whoever asks again under the same id is answered in order. Buckets lead
// from the newest to what has been given already, which ends them.
Pairing::Entry* Pairing::find(const capture::Message& answer) {
  const uint64_t hash =
      hash_of(answer.destination, answer.source, answer.tcp, load_be16(answer.octets.data()));
  Entry* found = nullptr;
  uint64_t number = bucket_of(hash);
  for (int step = 0; step < kStepsMax && number > first_; ++step) {
    Entry& entry = waiting_[number - 1 - first_];
    number = entry.older;
    if (entry.hash == hash && !entry.asked.answered && answers(answer.octets, entry.asked.query)) {
      found = &entry;
    }
  }
  return found;
}

void Pairing::give_first() {
  Asked asked = std::move(waiting_.front().asked);
  waiting_.pop_front();
  ++first_;
  octets_ -= asked.query.size() + asked.answer.size();
  give_(std::move(asked));
}

void Pairing::give_ready() {
  while (!waiting_.empty() && waiting_.front().asked.answered) give_first();
}

void Pairing::advance(uint64_t time_ns) {
  while (!waiting_.empty() && time_ns > waiting_.front().asked.time_ns + options_.answer_wait_ns) {
    give_first();
    give_ready();
  }
}

void Pairing::finish() {
  while (!waiting_.empty()) give_first();
}

}  // namespace dotring::replay
