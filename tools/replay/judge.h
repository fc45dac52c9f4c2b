// Compares what each query got on two sides, counts, and keeps the first differences as text.
//
// Left is what was recorded, or the answer of the --versus server; right is the server's.

#pragma once

#include <optional>

#include "tools/replay/comparison.h"
#include "tools/replay/tally.h"

namespace dotring::replay {

struct Asked;

class Judge {
 public:
  struct Options {
    size_t examples_max = 10;
    const char* left = "recorded";
    const char* right = "got";
  };
  using Answer = std::optional<Bytes>;

  Judge(const Options& options, const HashKey& hash_key, ComparisonTally& tally)
      : options_(options), tally_(tally), comparison_(hash_key) {}

  /// Messages have at least a header.
  void judge(const Asked& asked, Answer left, Answer right);

 private:
  void count(const Differences& differences);
  std::string describe(const Asked& asked, const Differences& differences, const Outline& left,
                       const Outline& right) const;

  const Options options_;
  ComparisonTally& tally_;
  Comparison comparison_;
};

}  // namespace dotring::replay
