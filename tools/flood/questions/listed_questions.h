// Questions from a list: in order, as often as asked for, or drawn by popularity.

#pragma once

#include <memory>

#include "tools/flood/questions/question_list.h"
#include "tools/flood/questions/question_source.h"
#include "tools/flood/questions/type_mix.h"
#include "tools/flood/questions/zipf.h"

namespace dotring::flood {

class ListedQuestions final : public QuestionSource {
 public:
  struct Options {
    uint64_t passes = 0;                    ///< in order, from first to last; 0: without end
    std::shared_ptr<const Zipf> zipf = {};  ///< drawn by it instead, without end
    double unseen = 0;                      ///< share of names that get a new label in front
    std::optional<TypeMix> types = {};      ///< drawn, in place of the list's own
  };

  ListedQuestions(std::shared_ptr<const QuestionList> list, const Options& options,
                  const HashKey& seed, Share share);

  MutableBytes next() override;

 private:
  std::optional<size_t> next_index();
  void put_label_in_front();
  void replace_type();

  const std::shared_ptr<const QuestionList> list_;
  const Options options_;
  const Share share_;
  Random random_;
  uint64_t asked_ = 0;
  uint64_t unseen_ = 0;
  std::vector<uint8_t> message_;
};

}  // namespace dotring::flood
