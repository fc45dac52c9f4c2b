#include "engine/dns/question.h"

namespace dotring::dns {
namespace {

constexpr uint8_t kAllBits = QuestionKey::kDo | QuestionKey::kCd | QuestionKey::kRd;

bool is_lower(Bytes name) {
  for (const uint8_t octet : name) {
    if (octet >= 'A' && octet <= 'Z') return false;
  }
  return true;
}

}  // namespace

QuestionKey::QuestionKey(const Question& question, uint8_t bits, const HashKey& hash_key) {
  const size_t name_size = question.name.size();
  assert(name_size >= 1 && name_size <= kNameSizeMax);
  copy_lower(question.name, octets_.data());
  store_be16(octets_.data() + name_size, question.type);
  store_be16(octets_.data() + name_size + 2, question.klass);
  octets_[name_size + 4] = bits;
  size_ = static_cast<uint16_t>(name_size + 5);
  hash_ = siphash13(hash_key, bytes());
}

std::optional<QuestionKey> QuestionKey::from_bytes(Bytes bytes, const HashKey& hash_key) {
  const size_t name_size = plain_name_size(bytes);
  if (name_size == 0 || bytes.size() != name_size + 5) return std::nullopt;
  if (!is_lower(bytes.first(name_size)) || (bytes.back() & ~kAllBits) != 0) return std::nullopt;
  const uint8_t* behind_name = bytes.data() + name_size;
  const Question question{bytes.first(name_size), load_be16(behind_name),
                          load_be16(behind_name + 2)};
  return QuestionKey(question, bytes.back(), hash_key);
}

}  // namespace dotring::dns
