// Which questions are asked, in which order: the same seed asks the same.
//
// Names are HHHHHHHH.SUFFIX, H being the hexadecimal digits of a number, so all questions of a run
// have one size and a name can be told from its number alone. Pure: no clock, no I/O.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/dns/constants.h"

namespace dotring::flood {

class QuestionSource {
 public:
  enum class Order : uint8_t { Random, Sequential };

  struct Options {
    uint64_t names = 10'000;  ///< how many different names; 0: no name twice
    uint64_t first_name = 0;  ///< the number of the first one
    Order order = Order::Random;
    std::string suffix = "example";
    uint16_t type = dns::type::kA;
    uint16_t edns_size = 0;  ///< octets announced in an OPT record; 0: no OPT record
    bool dnssec_ok = false;  ///< needs an OPT record
  };

  /// Numbers have eight digits.
  static constexpr uint64_t kNameMax = UINT32_MAX;

  /// Nothing when `options.suffix` is not a name that fits behind the digits.
  static std::optional<QuestionSource> create(const Options& options, const HashKey& seed);

  /// The number of the next question's name.
  uint64_t next();

  /// Octets of every message.
  size_t message_size() const { return message_.size(); }
  /// Writes message_size() octets.
  void write(uint64_t name, uint16_t id, uint8_t* to) const;
  /// Whether the question section of `message` is the one that was asked, in the same case.
  bool is_question_of(uint64_t name, Bytes message) const;

 private:
  QuestionSource(const Options& options, const HashKey& seed) : options_(options), random_(seed) {}

  Options options_;
  Random random_;
  uint64_t asked_ = 0;
  size_t question_size_ = 0;
  std::vector<uint8_t> message_;  ///< the message of any name, its digits to be filled in
};

}  // namespace dotring::flood
