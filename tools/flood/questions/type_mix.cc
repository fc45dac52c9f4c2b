#include "tools/flood/questions/type_mix.h"

#include <charconv>

#include "tools/common/dns_words.h"

namespace dotring::flood {
namespace {

std::optional<double> parse_weight(std::string_view text) {
  double weight = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
  const bool good = error == std::errc() && end == text.data() + text.size() && weight > 0;
  return good && weight < 1e9 ? std::optional(weight) : std::nullopt;
}

}  // namespace

std::optional<TypeMix> TypeMix::parse(std::string_view text) {
  TypeMix mix;
  double sum = 0;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(',', start), text.size());
    const std::string_view entry = text.substr(start, end - start);
    const size_t colon = entry.find(':');
    const auto type = type_from_text(entry.substr(0, colon));
    const auto weight =
        colon == entry.npos ? std::optional(1.0) : parse_weight(entry.substr(colon + 1));
    if (!type || !weight) return std::nullopt;
    mix.entries_.push_back({*type, sum += *weight});
    start = end + 1;
  }
  for (Entry& entry : mix.entries_) entry.up_to /= sum;
  mix.first_type_ = mix.entries_.front().type;
  return mix;
}

uint16_t TypeMix::draw(Random& random) const {
  if (!mixed()) return first_type_;
  const double at = random.unit();
  for (const Entry& entry : entries_) {
    if (at < entry.up_to) return entry.type;
  }
  return entries_.back().type;
}

}  // namespace dotring::flood
