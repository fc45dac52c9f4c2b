#include "tools/flood/questions/listed_questions.h"

#include <cstdio>

#include "engine/dns/name.h"

namespace dotring::flood {
namespace {

// "uHHHHHHHHHHHH": a label that no name of a list begins with.
constexpr size_t kLabelSize = 13;

size_t name_size_of(Bytes message) {
  return dns::plain_name_size(message.subspan(dns::kHeaderSize));
}

}  // namespace

ListedQuestions::ListedQuestions(std::shared_ptr<const QuestionList> list, const Options& options,
                                 const HashKey& seed, Share share)
    : list_(std::move(list)), options_(options), share_(share), random_(seed) {}

std::optional<size_t> ListedQuestions::next_index() {
  if (options_.zipf) return options_.zipf->draw(random_);
  const uint64_t number = asked_++ * share_.shares + share_.index;
  if (options_.passes > 0 && number / list_->size() >= options_.passes) return std::nullopt;
  return number % list_->size();
}

MutableBytes ListedQuestions::next() {
  const auto index = next_index();
  if (!index) return {};
  const Bytes message = list_->message(*index);
  message_.assign(message.begin(), message.end());
  if (options_.unseen > 0 && random_.unit() < options_.unseen) put_label_in_front();
  if (options_.types) replace_type();
  return message_;
}

// A name or message that has no room left for a label is asked as it is.
void ListedQuestions::put_label_in_front() {
  const size_t size = name_size_of(message_);
  if (size == 0 || size + 1 + kLabelSize > dns::kNameSizeMax) return;
  if (message_.size() + 1 + kLabelSize > UINT16_MAX) return;
  char label[1 + kLabelSize + 1];
  const uint64_t number = unseen_++ * share_.shares + share_.index;
  std::snprintf(label, sizeof label, "%cu%012llx", static_cast<char>(kLabelSize),
                static_cast<unsigned long long>(number & 0xffffffffffff));
  message_.insert(message_.begin() + dns::kHeaderSize, label, label + 1 + kLabelSize);
}

void ListedQuestions::replace_type() {
  const size_t size = name_size_of(message_);
  if (size == 0 || message_.size() < dns::kHeaderSize + size + 4) return;
  store_be16(message_.data() + dns::kHeaderSize + size, options_.types->draw(random_));
}

}  // namespace dotring::flood
