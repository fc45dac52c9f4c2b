#include "engine/protect/server_cookies.h"

#include <bit>
#include <cassert>

namespace dotring::protect {
namespace {

constexpr size_t kVersionAt = 8;
constexpr size_t kTimeAt = 12;
constexpr size_t kHashAt = 16;
constexpr size_t kOptionSizeMax = 40;
constexpr uint8_t kVersion = 1;

uint64_t little_endian(uint64_t word) {
  return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
}

uint64_t load(const uint8_t* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return little_endian(word);
}

bool size_possible(size_t size) {
  return size == ServerCookies::kClientSize ||
         (size >= 2 * ServerCookies::kClientSize && size <= kOptionSizeMax);
}

}  // namespace

ServerCookies::ServerCookies(const Options& options, const std::vector<Secret>& secrets)
    : options_(options) {
  assert(!secrets.empty());
  for (const Secret& secret : secrets) keys_.push_back({load(secret.data()), load(&secret[8])});
}

uint64_t ServerCookies::hash(const HashKey& key, Bytes before_hash, const IpAddress& client) {
  std::array<uint8_t, kHashAt + 16> input;
  const Bytes address = client.wire();
  std::memcpy(input.data(), before_hash.data(), kHashAt);
  std::memcpy(input.data() + kHashAt, address.data(), address.size());
  return little_endian(siphash24(key, Bytes(input).first(kHashAt + address.size())));
}

// Serial number arithmetic (RFC 9018, 4.3).
bool ServerCookies::in_time(uint32_t made_s, uint32_t wall_s) const {
  const auto age_s = static_cast<int32_t>(wall_s - made_s);
  return age_s <= static_cast<int64_t>(options_.valid_s) &&
         age_s >= -static_cast<int64_t>(options_.ahead_s);
}

bool ServerCookies::is_young(uint32_t made_s, uint32_t wall_s) const {
  return static_cast<int32_t>(wall_s - made_s) < static_cast<int64_t>(options_.renew_s);
}

ServerCookies::Cookie ServerCookies::make(Bytes client_cookie, const IpAddress& client,
                                          uint32_t wall_s) const {
  Cookie cookie{};
  std::memcpy(cookie.data(), client_cookie.data(), kClientSize);
  cookie[kVersionAt] = kVersion;
  store_be32(&cookie[kTimeAt], wall_s);
  const uint64_t hashed = hash(keys_[0], cookie, client);
  std::memcpy(&cookie[kHashAt], &hashed, sizeof hashed);
  return cookie;
}

// Null: none of ours, or of another time.
const HashKey* ServerCookies::maker_of(Bytes option, const IpAddress& client,
                                       uint32_t wall_s) const {
  if (option.size() != kSize || option[kVersionAt] != kVersion) return nullptr;
  if (!in_time(load_be32(&option[kTimeAt]), wall_s)) return nullptr;
  uint64_t claimed;
  std::memcpy(&claimed, &option[kHashAt], sizeof claimed);
  for (const HashKey& key : keys_) {
    if (hash(key, option, client) == claimed) return &key;
  }
  return nullptr;
}

ServerCookies::Judged ServerCookies::judge(Bytes option, const IpAddress& client,
                                           uint32_t wall_s) const {
  Judged judged{CookieState::None, {}};
  if (!size_possible(option.size())) return judged;
  const HashKey* maker = maker_of(option, client, wall_s);
  const bool alone = option.size() == kClientSize;
  judged.state = maker ? CookieState::Valid : alone ? CookieState::Missing : CookieState::Invalid;
  if (maker == &keys_[0] && is_young(load_be32(&option[kTimeAt]), wall_s)) {
    std::memcpy(judged.reply.data(), option.data(), kSize);
  } else {
    judged.reply = make(option, client, wall_s);
  }
  return judged;
}

}  // namespace dotring::protect
