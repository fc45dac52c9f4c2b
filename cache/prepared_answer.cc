#include "cache/prepared_answer.h"

#include "engine/dns/stored_answer.h"

namespace dotring::cache {

bool PreparedAnswer::prepare(Bytes message, const dns::AnswerView& view, const TtlPolicy& policy,
                             const Lifetime& lifetime) {
  size_ = dns::to_stored_form(message, view, message_.data());
  ttl_count_ = 0;
  bool all_fit = true;
  dns::for_each_ttl(this->message(), [&](size_t offset, uint16_t) {
    uint8_t* ttl = message_.data() + offset;
    store_be32(ttl, policy.clamp_ttl(load_be32(ttl), lifetime));
    all_fit = all_fit && ttl_count_ < kTtlsMax;
    if (all_fit) ttl_offsets_[ttl_count_++] = static_cast<uint16_t>(offset);
  });
  return all_fit;
}

void PreparedAnswer::age(uint32_t age_s) {
  dns::age_ttls({message_.data(), size_}, ttl_offsets_.data(), ttl_count_, age_s, 0);
}

}  // namespace dotring::cache
