// Many messages in one piece of memory, read from a file once and shared by all threads.
//
// Formats: dnsperf's text ("name type" on each line), dnsperf's binary (messages as on a TCP
// stream), and lists of names by popularity (one on each line).
//
// A file is untrusted: lines that hold no question and frames that hold no query are counted and
// skipped, and what can be used is used.

#pragma once

#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "tools/flood/questions/query_form.h"
#include "tools/flood/questions/type_mix.h"

namespace dotring::flood {

class QuestionList {
 public:
  /// Above, a file is refused: octets of messages.
  static constexpr size_t kBytesMax = size_t{4} << 30;

  size_t size() const { return starts_.size() - 1; }
  Bytes message(size_t index) const {
    return Bytes(bytes_).subspan(starts_[index], starts_[index + 1] - starts_[index]);
  }
  /// False: it is full.
  bool add(Bytes message);

  uint64_t skipped() const { return skipped_; }
  /// Where the first that was skipped stands, and why.
  const std::string& first_skipped() const { return first_skipped_; }
  void skip(std::string where);

 private:
  std::vector<uint8_t> bytes_;
  std::vector<size_t> starts_{0};
  uint64_t skipped_ = 0;
  std::string first_skipped_;
};

/// Lines "name type"; the type may be left out (A). Comments begin with ; or #.
void read_text(std::istream& input, const QueryForm& form, QuestionList& list);
/// Two octets of length, then a message; flags and EDNS are the file's own.
void read_binary(std::istream& input, QuestionList& list);
/// Lines with one name each; the type is to be drawn later.
void read_names(std::istream& input, const QueryForm& form, uint16_t type, QuestionList& list);

}  // namespace dotring::flood
