// Questions for names made from numbers: HHHHHHHH.SUFFIX, H being hexadecimal digits.
//
// All questions of a run have one size, and a name can be told from its number alone. Names are
// drawn by Zipf's law or evenly, or asked in order; a share of them was never asked before.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tools/flood/questions/query_form.h"
#include "tools/flood/questions/question_source.h"
#include "tools/flood/questions/type_mix.h"
#include "tools/flood/questions/zipf.h"

namespace dotring::flood {

enum class Order : uint8_t { Random, Sequential };

class NumberedNames final : public QuestionSource {
 public:
  struct Options {
    uint64_t names = 10'000;  ///< how many different names; 0: no name twice
    uint64_t first_name = 0;  ///< the number of the first one
    Order order = Order::Random;
    double zipf = 0;    ///< exponent of the popularity, for Order::Random
    double unseen = 0;  ///< share of names that nobody asked for before, numbered behind the others
    std::string suffix = "example";
    TypeMix types{dns::type::kA};
    QueryForm form = {};
  };

  /// Numbers have eight digits.
  static constexpr uint64_t kNameMax = UINT32_MAX;
  /// Above, a popularity takes too much memory.
  static constexpr uint64_t kZipfNamesMax = 100'000'000;

  /// Null when `options.suffix` is not a name that fits behind the digits. `zipf` is for as many
  /// names, and may be null.
  static std::unique_ptr<NumberedNames> create(const Options& options, const HashKey& seed,
                                               Share share, std::shared_ptr<const Zipf> zipf);

  MutableBytes next() override;

 private:
  NumberedNames(const Options& options, const HashKey& seed, Share share,
                std::shared_ptr<const Zipf> zipf)
      : options_(options), share_(share), random_(seed), zipf_(std::move(zipf)) {}

  uint64_t next_number();
  uint64_t in_turn(uint64_t& count) const { return count++ * share_.shares + share_.index; }

  const Options options_;
  const Share share_;
  Random random_;
  std::shared_ptr<const Zipf> zipf_;
  uint64_t asked_ = 0;
  uint64_t unseen_ = 0;
  size_t type_offset_ = 0;
  std::vector<uint8_t> message_;  ///< the message of any name, its digits to be filled in
};

}  // namespace dotring::flood
