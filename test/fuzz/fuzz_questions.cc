// Files of questions for the load tester: whatever a file holds, what is asked is a message.
//
// The first octet chooses the format and what is done to each question before it is asked.

#include <cassert>
#include <sstream>

#include "engine/dns/constants.h"
#include "engine/dns/query_view.h"
#include "tools/flood/questions/listed_questions.h"

namespace dotring::flood {
namespace {

enum Choice : uint8_t { kFormats = 3, kUnseen = 4, kTypes = 8, kEdns = 16, kZipf = 32 };

QueryForm form_of(uint8_t choice) {
  QueryForm form;
  if (!(choice & kEdns)) return form;
  form.edns_size = 1232;
  form.cookie = true;
  return form;
}

void read(std::istream& input, uint8_t choice, QuestionList& list) {
  const QueryForm form = form_of(choice);
  if ((choice & kFormats) == 0) return read_text(input, form, list);
  if ((choice & kFormats) == 1) return read_names(input, form, dns::type::kA, list);
  read_binary(input, list);
}

// What was made from text is a query that any server accepts; what came as a message may be odd.
void check(Bytes message, uint8_t choice) {
  assert(message.size() >= dns::kHeaderSize && message.size() <= UINT16_MAX);
  if ((choice & kFormats) > 1) return;
  assert(dns::view_query(message).verdict == dns::QueryVerdict::Accept);
}

void ask_all(const std::shared_ptr<QuestionList>& list, uint8_t choice) {
  ListedQuestions::Options options{.passes = 1};
  if (choice & kUnseen) options.unseen = 0.5;
  if (choice & kTypes) options.types = TypeMix::parse("A,HTTPS");
  if (choice & kZipf) options.zipf = std::make_shared<Zipf>(static_cast<uint32_t>(list->size()), 1);
  ListedQuestions source(list, options, {1, 2}, {});
  for (size_t i = 0; i < list->size(); ++i) check(source.next(), choice);
  assert((choice & kZipf) || source.next().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::istringstream input(std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  const auto list = std::make_shared<QuestionList>();
  read(input, data[0], *list);
  assert((list->skipped() > 0) == !list->first_skipped().empty());
  if (list->size() > 0) ask_all(list, data[0]);
  return 0;
}

}  // namespace dotring::flood
