#include "tools/flood/questions/numbered_names.h"

#include <algorithm>

#include "engine/dns/name.h"

namespace dotring::flood {
namespace {

constexpr size_t kDigits = 8;
constexpr size_t kDigitsOffset = dns::kHeaderSize + 1;

void write_digits(uint64_t number, uint8_t* to) {
  for (size_t i = kDigits; i > 0; --i, number >>= 4) {
    to[i - 1] = static_cast<uint8_t>("0123456789abcdef"[number & 15]);
  }
}

}  // namespace

std::unique_ptr<NumberedNames> NumberedNames::create(const Options& options, const HashKey& seed,
                                                     Share share,
                                                     std::shared_ptr<const Zipf> zipf) {
  const auto name = dns::name_from_text(std::string(kDigits, '0') + "." + options.suffix);
  if (!name) return nullptr;
  auto source =
      std::unique_ptr<NumberedNames>(new NumberedNames(options, seed, share, std::move(zipf)));
  source->message_ = make_query(options.form, name->wire(), options.types.first());
  source->type_offset_ = dns::kHeaderSize + name->size;
  return source;
}

uint64_t NumberedNames::next_number() {
  if (options_.names == 0) return in_turn(asked_);
  if (options_.unseen > 0 && random_.unit() < options_.unseen) {
    return options_.names + in_turn(unseen_);
  }
  if (options_.order == Order::Sequential) return in_turn(asked_) % options_.names;
  if (zipf_) return zipf_->draw(random_);
  return random_.below(static_cast<uint32_t>(options_.names));
}

MutableBytes NumberedNames::next() {
  write_digits(options_.first_name + next_number(), message_.data() + kDigitsOffset);
  if (options_.types.mixed()) {
    store_be16(message_.data() + type_offset_, options_.types.draw(random_));
  }
  return message_;
}

}  // namespace dotring::flood
