// Messages for tests: queries and answers built from words, replies read back by ldns.
//
// ldns is the second opinion: nothing here uses dotring's own writer or views to judge a reply.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"
#include "test/engine/query/words.h"

namespace dotring::query {

using Octets = std::vector<uint8_t>;

/// The EDNS option COOKIE (RFC 7873 section 4), and a client's.
inline constexpr uint16_t kCookie = 10;
inline const Octets kClientCookie = {1, 2, 3, 4, 5, 6, 7, 8};

/// "www.Example.com", uncompressed, in the case given.
Octets name_wire(const std::string& name);
/// "A", "TYPE65280"; 0 for what ldns does not know.
uint16_t type_number(const std::string& type);

struct QuerySpec {
  std::string name;
  std::string type = "A";
  uint16_t klass = 1;
  uint16_t id = 0;
  uint8_t opcode = 0;
  bool rd = true, ad = false, cd = false, z = false;
  bool edns = false, dnssec_ok = false;
  uint16_t udp_size = 1232;
  uint8_t version = 0;
  uint16_t question_count = 1;
  int opt_count = 1;
  Octets options = {};  ///< of the OPT record, in wire form
  Octets behind = {};   ///< octets behind the last record
};

Octets make_query(const QuerySpec& spec);

struct AnswerSpec {
  std::string name;
  std::string type;
  std::string rcode = "NOERROR";
  bool aa = false, tc = false, ad = false, z = false;
  bool edns = true;
  uint16_t rcode_extended = 0;  ///< upper bits, in the OPT record
  Octets options;
  std::vector<std::string> answers, authority, additional;  ///< presentation form
};

/// With OPT, as an upstream gives it.
Octets make_answer(const AnswerSpec& spec);

/// One EDNS option in wire form.
Octets make_option(uint16_t code, const Octets& value);

/// What ldns says of a reply.
struct ParsedReply {
  bool parsed = false;
  uint16_t id = 0;
  bool qr = false, aa = false, tc = false, rd = false, ra = false, ad = false, cd = false;
  bool z = false;
  uint8_t opcode = 0;
  uint16_t rcode = 0;  ///< 12 bits
  std::string rcode_name;
  Octets question_name;  ///< in the case it has in the reply
  uint16_t question_type = 0, question_class = 0, question_count = 0;
  bool edns = false, dnssec_ok = false;
  uint16_t udp_size = 0;
  uint8_t version = 0;
  std::vector<std::pair<uint16_t, Octets>> options;
  std::vector<std::string> answers, authority, additional;
};

ParsedReply parse_reply(const Octets& message);

}  // namespace dotring::query
