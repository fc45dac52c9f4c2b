#include "tools/clients/exchange.h"

#include <algorithm>
#include <bit>

#include "engine/dns/name.h"

namespace dotring::clients {
namespace {

constexpr uint32_t kOutstandingMax = 32768;
constexpr int kIdBits = 16;
constexpr uint32_t kPlacesPerQuery = 4;

// Nobody who answers gains by a collision; a fixed key is enough.
constexpr HashKey kHashKey{0x646f7472696e6721, 0x717565727969642e};

int place_bits_for(uint32_t outstanding_max) {
  return std::min(kIdBits, static_cast<int>(std::bit_width(outstanding_max * kPlacesPerQuery - 1)));
}

// Octets of the question; 0 where there is not exactly one, or not a whole one.
size_t question_size_of(Bytes message) {
  if (load_be16(message.data() + 4) != 1) return 0;
  const Bytes behind = message.subspan(dns::kHeaderSize);
  const size_t name_size = dns::plain_name_size(behind);
  return name_size > 0 && behind.size() >= name_size + 4 ? name_size + 4 : 0;
}

uint64_t hash_of(Bytes message, size_t question_size) {
  return siphash13(kHashKey, message.subspan(dns::kHeaderSize, question_size));
}

}  // namespace

Exchange::Exchange(const Options& options)
    : options_(options),
      place_bits_(place_bits_for(options.outstanding_max)),
      places_(size_t{1} << place_bits_) {
  assert(options.outstanding_max > 0 && options.outstanding_max <= kOutstandingMax);
}

uint16_t Exchange::id_of(const Place& place) const {
  const auto index = static_cast<uint32_t>(&place - places_.data());
  return static_cast<uint16_t>((uint32_t{place.uses} << place_bits_ | index) ^ options_.id_salt);
}

// At most half of the places wait, so over a round of the cursor each query passes one of them.
Exchange::Place& Exchange::next_place() {
  assert(has_room());
  const uint32_t mask = static_cast<uint32_t>(places_.size()) - 1;
  while (places_[cursor_].state == State::Waiting) cursor_ = (cursor_ + 1) & mask;
  Place& place = places_[cursor_];
  cursor_ = (cursor_ + 1) & mask;
  return place;
}

uint16_t Exchange::begin(Bytes message, const Query& query) {
  assert(message.size() >= dns::kHeaderSize);
  Place& place = next_place();
  ++place.uses;
  place.query = query;
  place.question_size = static_cast<uint16_t>(question_size_of(message));
  place.question_hash = hash_of(message, place.question_size);
  place.state = State::Waiting;
  waiting_.push_back(place);
  ++waiting_count_;
  return id_of(place);
}

bool Exchange::matches(const Place& place, Bytes message) const {
  const uint16_t flags = load_be16(message.data() + 2);
  if (!options_.accept_queries && !(flags & dns::kFlagQr)) return false;
  const bool has_question = load_be16(message.data() + 4) == 1;
  if (!has_question) return place.question_size == 0 || (flags & dns::kRcodeMask) != 0;
  return message.size() >= dns::kHeaderSize + place.question_size &&
         hash_of(message, place.question_size) == place.question_hash;
}

Verdict Exchange::take(Bytes message, Query& query) {
  if (message.size() < dns::kHeaderSize) return Verdict::Unexpected;
  const uint16_t id = load_be16(message.data());
  const size_t index = (id ^ options_.id_salt) & (places_.size() - 1);
  Place& place = places_[index];
  if (place.state == State::Unused || id_of(place) != id) return Verdict::Unexpected;
  if (!matches(place, message)) {
    return place.state == State::Waiting ? Verdict::Mismatched : Verdict::Unexpected;
  }
  if (place.state == State::Answered) return Verdict::Duplicate;
  if (place.state == State::GivenUp) return Verdict::Late;
  query = place.query;
  settle(place, State::Answered);
  return Verdict::Answer;
}

bool Exchange::give_up(uint64_t sent_before_ns, Query& query) {
  Place* oldest = waiting_.front();
  if (!oldest || oldest->query.sent_ns >= sent_before_ns) return false;
  query = oldest->query;
  settle(*oldest, State::GivenUp);
  return true;
}

void Exchange::settle(Place& place, State state) {
  place.state = state;
  place.unlink();
  --waiting_count_;
}

}  // namespace dotring::clients
