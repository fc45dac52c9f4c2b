#include "engine/query/asker.h"

#include <bit>
#include <cassert>

namespace dotring::query {

AskedCase::AskedCase(Bytes name) {
  assert(name.size() <= dns::kNameSizeMax);
  for (size_t i = 0; i < name.size(); ++i) {
    const bool upper = static_cast<uint8_t>(name[i] - 'A') < 26;
    upper_[i / kBits] |= uint64_t{upper} << i % kBits;
  }
}

void AskedCase::apply(MutableBytes name) const {
  for (size_t word = 0; word < upper_.size(); ++word) {
    for (uint64_t bits = upper_[word]; bits != 0; bits &= bits - 1) {
      name[word * kBits + static_cast<size_t>(std::countr_zero(bits))] ^= 0x20;
    }
  }
}

Asker::Asker(const Recipient& to)
    : port_(&to.port),
      reply_to_(to.reply_to),
      asked_case_(to.query.question.name),
      client_(to.client),
      id_(to.query.header.id),
      flags_(to.query.header.flags),
      udp_size_(to.query.edns.udp_size),
      transport_(to.transport),
      proven_(to.proven),
      cookie_size_(static_cast<uint8_t>(to.cookie.size())),
      has_opt_(to.query.has_opt),
      dnssec_ok_(to.query.edns.dnssec_ok),
      padding_(to.query.edns.padding),
      keepalive_(to.query.edns.keepalive_100ms.has_value()) {
  assert(to.cookie.size() <= cookie_.size());
  if (!to.cookie.empty()) std::memcpy(cookie_.data(), to.cookie.data(), to.cookie.size());
}

dns::QueryView Asker::view(const dns::QuestionKey& key,
                           std::array<uint8_t, dns::kNameSizeMax>& name) const {
  std::memcpy(name.data(), key.name().data(), key.name().size());
  const MutableBytes asked(name.data(), key.name().size());
  asked_case_.apply(asked);
  dns::QueryView view;
  view.verdict = dns::QueryVerdict::Accept;
  view.header.id = id_;
  view.header.flags = flags_;
  view.header.question_count = 1;
  view.question = {asked, key.type(), key.klass()};
  view.has_question = true;
  view.has_opt = has_opt_;
  view.edns.udp_size = udp_size_;
  view.edns.dnssec_ok = dnssec_ok_;
  view.edns.padding = padding_;
  if (keepalive_) view.edns.keepalive_100ms = 0;
  return view;
}

}  // namespace dotring::query
