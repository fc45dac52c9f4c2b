#include "cache/tiers/key_name.h"

#include <cassert>
#include <charconv>

namespace dotring::cache::tiers {
namespace {

struct TypeName {
  uint16_t type;
  std::string_view name;
};

// The IANA's names of the types that are asked for most; all others go by number.
constexpr TypeName kTypeNames[] = {{1, "A"},     {2, "NS"},     {5, "CNAME"},  {6, "SOA"},
                                   {12, "PTR"},  {15, "MX"},    {16, "TXT"},   {28, "AAAA"},
                                   {33, "SRV"},  {35, "NAPTR"}, {43, "DS"},    {48, "DNSKEY"},
                                   {52, "TLSA"}, {64, "SVCB"},  {65, "HTTPS"}, {257, "CAA"}};

bool is_plain(uint8_t octet) {
  return octet > ' ' && octet < 0x7f && octet != '.' && octet != '\\' && octet != '/';
}

}  // namespace

KeyName::KeyName(std::string_view prefix, const dns::QuestionKey& key, const SealKey* seal_key) {
  assert(prefix.size() <= kPrefixMax);
  append(prefix);
  if (seal_key) {
    append_hash(seal_key->hash(key.bytes()));
  } else {
    append_question(key);
  }
}

void KeyName::append_question(const dns::QuestionKey& key) {
  append("answer/");
  append_name(key.name());
  append('/');
  append_type(key.type());
  if (key.klass() == dns::kClassIn) {
    append("/IN/");
  } else {
    append("/CLASS");
    append_number(key.klass());
    append('/');
  }
  if (key.bits() & dns::QuestionKey::kRd) append('r');
  if (key.bits() & dns::QuestionKey::kDo) append('d');
  if (key.bits() & dns::QuestionKey::kCd) append('c');
  if (key.bits() == 0) append('-');
}

void KeyName::append(std::string_view text) {
  std::memcpy(octets_.data() + size_, text.data(), text.size());
  size_ += text.size();
}

void KeyName::append_number(uint16_t number) {
  char digits[8];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  append(std::string_view(digits, static_cast<size_t>(end - digits)));
}

void KeyName::append_octet(uint8_t octet) {
  if (is_plain(octet)) return append(static_cast<char>(octet));
  append('\\');
  append(static_cast<char>('0' + octet / 100));
  append(static_cast<char>('0' + octet / 10 % 10));
  append(static_cast<char>('0' + octet % 10));
}

void KeyName::append_name(Bytes name) {
  if (name.size() == 1) return append('.');
  for (size_t label = 0; name[label] != 0; label += name[label] + size_t{1}) {
    for (const uint8_t octet : name.subspan(label + 1, name[label])) append_octet(octet);
    append('.');
  }
}

void KeyName::append_type(uint16_t type) {
  for (const TypeName& known : kTypeNames) {
    if (known.type == type) return append(known.name);
  }
  append("TYPE");
  append_number(type);
}

void KeyName::append_hash(const SealKey::Hash& hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  append("sealed/");
  for (const uint8_t octet : hash) {
    append(kDigits[octet >> 4]);
    append(kDigits[octet & 15]);
  }
}

}  // namespace dotring::cache::tiers
