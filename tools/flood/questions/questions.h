// The questions of a run as the user asked for them: loaded once, given to every thread in part.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tools/flood/questions/listed_questions.h"
#include "tools/flood/questions/numbered_names.h"

namespace dotring::flood {

struct QuestionOptions {
  enum class Kind : uint8_t { Numbered, Text, Binary, Names, Capture };

  Kind kind = Kind::Numbered;
  std::string file;                 ///< all but Numbered; "-": standard input (not for captures)
  uint64_t passes = 0;              ///< of Text, Binary, Capture: 0 without end
  NumberedNames::Options numbered;  ///< for Names too: zipf, unseen, types, form
  bool types_given = false;         ///< types stand in place of a file's own
};

class Questions {
 public:
  /// Null: `failure` says why not, in one line.
  static std::unique_ptr<Questions> load(const QuestionOptions& options, std::string& failure);

  std::unique_ptr<QuestionSource> make(const HashKey& seed, Share share) const;
  /// Lines or messages of the file that are no questions.
  uint64_t skipped() const { return list_ ? list_->skipped() : 0; }
  std::string first_skipped() const { return list_ ? list_->first_skipped() : ""; }

 private:
  explicit Questions(const QuestionOptions& options) : options_(options) {}
  std::string load_file();
  std::string load_stream();
  std::string set_popularity();

  const QuestionOptions options_;
  std::shared_ptr<QuestionList> list_;
  std::shared_ptr<const Zipf> zipf_;
};

}  // namespace dotring::flood
