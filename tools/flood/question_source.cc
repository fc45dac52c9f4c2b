#include "tools/flood/question_source.h"

#include <array>

#include "engine/dns/name.h"

namespace dotring::flood {
namespace {

constexpr size_t kDigits = 8;
constexpr size_t kDigitsOffset = dns::kHeaderSize + 1;
constexpr uint32_t kDnssecOk = 0x8000;

std::array<uint8_t, kDigits> digits_of(uint64_t name) {
  std::array<uint8_t, kDigits> digits;
  for (size_t i = kDigits; i > 0; --i, name >>= 4) {
    digits[i - 1] = static_cast<uint8_t>("0123456789abcdef"[name & 15]);
  }
  return digits;
}

void append(std::vector<uint8_t>& to, std::initializer_list<uint32_t> words) {
  for (const uint32_t word : words) {
    to.push_back(static_cast<uint8_t>(word >> 8));
    to.push_back(static_cast<uint8_t>(word));
  }
}

}  // namespace

std::optional<QuestionSource> QuestionSource::create(const Options& options, const HashKey& seed) {
  const auto name = dns::name_from_text(std::string(kDigits, '0') + "." + options.suffix);
  if (!name) return std::nullopt;
  const bool with_opt = options.edns_size > 0;
  QuestionSource source(options, seed);
  append(source.message_, {0, dns::kFlagRd, 1, 0, 0, with_opt});
  const Bytes wire = name->wire();
  source.message_.insert(source.message_.end(), wire.begin(), wire.end());
  append(source.message_, {options.type, dns::kClassIn});
  source.question_size_ = source.message_.size() - dns::kHeaderSize;
  if (with_opt) {
    source.message_.push_back(0);
    append(source.message_,
           {dns::type::kOpt, options.edns_size, 0, options.dnssec_ok ? kDnssecOk : 0, 0});
  }
  return source;
}

uint64_t QuestionSource::next() {
  const uint64_t number = asked_++;
  if (options_.names == 0) return options_.first_name + number;
  const bool random = options_.order == Order::Random;
  const auto names = static_cast<uint32_t>(options_.names);
  return options_.first_name + (random ? random_.below(names) : number % options_.names);
}

void QuestionSource::write(uint64_t name, uint16_t id, uint8_t* to) const {
  std::memcpy(to, message_.data(), message_.size());
  store_be16(to, id);
  const auto digits = digits_of(name);
  std::memcpy(to + kDigitsOffset, digits.data(), digits.size());
}

bool QuestionSource::is_question_of(uint64_t name, Bytes message) const {
  if (message.size() < dns::kHeaderSize + question_size_) return false;
  if (load_be16(message.data() + 4) != 1) return false;
  const auto digits = digits_of(name);
  const Bytes after_digits = Bytes(message_).subspan(kDigitsOffset + kDigits);
  const size_t rest = question_size_ - 1 - kDigits;
  return message[dns::kHeaderSize] == kDigits &&
         equal(message.subspan(kDigitsOffset, kDigits), digits) &&
         equal(message.subspan(kDigitsOffset + kDigits, rest), after_digits.first(rest));
}

}  // namespace dotring::flood
