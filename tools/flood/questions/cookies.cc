#include "tools/flood/questions/cookies.h"

#include <algorithm>

#include "engine/dns/answer_view.h"

namespace dotring::flood {

Cookies::ClientCookie Cookies::client_cookie(uint32_t client) const {
  uint8_t number[4];
  store_be16(number, static_cast<uint16_t>(client >> 16));
  store_be16(number + 2, static_cast<uint16_t>(client));
  const uint64_t hash = siphash24(seed_, number);
  ClientCookie cookie;
  static_assert(sizeof hash == kClientCookieSize);
  std::memcpy(cookie.data(), &hash, sizeof hash);
  return cookie;
}

MutableBytes Cookies::put(uint32_t client, MutableBytes message, size_t option_octets) {
  const ClientCookie cookie = client_cookie(client);
  std::ranges::copy(cookie, message.last(kClientCookieSize).begin());
  const ServerCookie& theirs = server_cookies_[client];
  if (theirs.size == 0) return message;
  message_.assign(message.begin(), message.end());
  message_.insert(message_.end(), theirs.octets.begin(), theirs.octets.begin() + theirs.size);
  const auto grow = [&](size_t from_end, size_t size) {
    store_be16(&message_[message.size() - from_end - 2], static_cast<uint16_t>(size + theirs.size));
  };
  grow(kClientCookieSize, kClientCookieSize);
  grow(option_octets, option_octets);
  return message_;
}

void Cookies::learn(uint32_t client, Bytes answer) {
  const Bytes cookies = dns::view_answer(answer, {}).edns.cookie;
  if (cookies.size() < kClientCookieSize + kServerCookieMin) return;
  const Bytes theirs = cookies.subspan(kClientCookieSize);
  const bool ours = std::ranges::equal(cookies.first(kClientCookieSize), client_cookie(client));
  if (!ours || theirs.size() > kServerCookieMax) return;
  server_cookies_[client].size = static_cast<uint8_t>(theirs.size());
  std::ranges::copy(theirs, server_cookies_[client].octets.begin());
}

}  // namespace dotring::flood
