// What all queries of a run have in common besides their questions: flags and EDNS.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/dns/constants.h"

namespace dotring::flood {

struct QueryForm {
  struct Option {
    uint16_t code = 0;
    std::vector<uint8_t> value;
  };

  bool recursion_desired = true;
  bool checking_disabled = false;
  uint16_t edns_size = 0;  ///< octets announced in an OPT record; 0: no OPT record
  bool dnssec_ok = false;  ///< these need an OPT record
  bool cookie = false;     ///< room for a client cookie, to be filled in (cookies.h)
  std::vector<Option> options = {};

  /// Of the OPT record's options.
  size_t option_octets() const;
};

inline constexpr size_t kClientCookieSize = 8;

/// A query without id. `name` is uncompressed wire form.
std::vector<uint8_t> make_query(const QueryForm& form, Bytes name, uint16_t type);

/// "8:01020304" (code and value in hexadecimal, as dnsperf's -E takes it). Not empty: what is
/// wrong.
std::string parse_option(std::string_view text, QueryForm::Option& option);

}  // namespace dotring::flood
