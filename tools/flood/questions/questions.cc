#include "tools/flood/questions/questions.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "tools/flood/questions/captured_questions.h"

namespace dotring::flood {

using Kind = QuestionOptions::Kind;

std::unique_ptr<Questions> Questions::load(const QuestionOptions& options, std::string& failure) {
  auto questions = std::unique_ptr<Questions>(new Questions(options));
  if (options.kind != Kind::Numbered) failure = questions->load_file();
  if (failure.empty()) failure = questions->set_popularity();
  if (!failure.empty()) return nullptr;
  if (options.kind == Kind::Numbered && !questions->make({}, {})) {
    failure = "--suffix " + options.numbered.suffix + ": not a domain name";
    return nullptr;
  }
  return questions;
}

std::string Questions::load_file() {
  list_ = std::make_shared<QuestionList>();
  const bool capture = options_.kind == Kind::Capture;
  const std::string failure = capture ? read_capture(options_.file, *list_) : load_stream();
  if (!failure.empty() || list_->size() > 0) return failure;
  const std::string why = list_->skipped() ? "; " + list_->first_skipped() : "";
  return options_.file + ": no questions in it" + why;
}

std::string Questions::load_stream() {
  std::ifstream file;
  const bool standard_input = options_.file == "-";
  if (!standard_input) file.open(options_.file, std::ios::binary);
  if (!standard_input && !file) return options_.file + ": " + std::strerror(errno);
  std::istream& input = standard_input ? std::cin : file;
  const NumberedNames::Options& numbered = options_.numbered;
  if (options_.kind == Kind::Text) read_text(input, numbered.form, *list_);
  if (options_.kind == Kind::Binary) read_binary(input, *list_);
  if (options_.kind == Kind::Names) {
    read_names(input, numbered.form, numbered.types.first(), *list_);
  }
  return "";
}

std::string Questions::set_popularity() {
  const NumberedNames::Options& numbered = options_.numbered;
  const bool names = options_.kind == Kind::Names;
  const bool even = options_.kind == Kind::Numbered && numbered.zipf == 0;
  if ((!names && options_.kind != Kind::Numbered) || even) return "";
  if (numbered.order == Order::Sequential || numbered.names == 0) return "";
  const uint64_t ranks = names ? list_->size() : numbered.names;
  if (ranks > NumberedNames::kZipfNamesMax) return "--zipf: too many names";
  zipf_ = std::make_shared<Zipf>(static_cast<uint32_t>(ranks), numbered.zipf);
  return "";
}

std::unique_ptr<QuestionSource> Questions::make(const HashKey& seed, Share share) const {
  const NumberedNames::Options& numbered = options_.numbered;
  if (options_.kind == Kind::Numbered) {
    return NumberedNames::create(numbered, seed, share, zipf_);
  }
  ListedQuestions::Options options;
  options.passes = options_.passes;
  options.zipf = zipf_;
  options.unseen = numbered.unseen;
  if (options_.types_given) options.types = numbered.types;
  return std::make_unique<ListedQuestions>(list_, options, seed, share);
}

}  // namespace dotring::flood
