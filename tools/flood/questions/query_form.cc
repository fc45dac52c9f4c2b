#include "tools/flood/questions/query_form.h"

#include <charconv>

namespace dotring::flood {
namespace {

constexpr uint16_t kDnssecOk = 0x8000;
constexpr size_t kOptionHeadSize = 4;

void append(std::vector<uint8_t>& to, std::initializer_list<uint16_t> words) {
  for (const uint16_t word : words) {
    to.push_back(static_cast<uint8_t>(word >> 8));
    to.push_back(static_cast<uint8_t>(word));
  }
}

void append(std::vector<uint8_t>& to, Bytes bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

// The cookie is the last option, so that its place can be counted from the end.
void append_opt(std::vector<uint8_t>& to, const QueryForm& form) {
  to.push_back(0);
  const uint16_t flags = form.dnssec_ok ? kDnssecOk : 0;
  const auto octets = static_cast<uint16_t>(form.option_octets());
  append(to, {dns::type::kOpt, form.edns_size, 0, flags, octets});
  for (const QueryForm::Option& option : form.options) {
    append(to, {option.code, static_cast<uint16_t>(option.value.size())});
    append(to, Bytes(option.value));
  }
  if (!form.cookie) return;
  append(to, {dns::option::kCookie, kClientCookieSize});
  to.resize(to.size() + kClientCookieSize);
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

size_t QueryForm::option_octets() const {
  size_t octets = cookie ? kOptionHeadSize + kClientCookieSize : 0;
  for (const Option& option : options) octets += kOptionHeadSize + option.value.size();
  return octets;
}

std::vector<uint8_t> make_query(const QueryForm& form, Bytes name, uint16_t type) {
  std::vector<uint8_t> message;
  uint16_t flags = form.recursion_desired ? dns::kFlagRd : 0;
  if (form.checking_disabled) flags |= dns::kFlagCd;
  append(message, {0, flags, 1, 0, 0, form.edns_size > 0});
  append(message, name);
  append(message, {type, dns::kClassIn});
  if (form.edns_size > 0) append_opt(message, form);
  return message;
}

std::string parse_option(std::string_view text, QueryForm::Option& option) {
  const size_t colon = std::min(text.find(':'), text.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + colon, option.code);
  if (error != std::errc() || end != text.data() + colon) return "wanted CODE:HEXADECIMAL";
  std::string_view digits = text.substr(std::min(colon + 1, text.size()));
  if (digits.size() % 2 != 0 || digits.size() > 2 * 4096) return "not whole octets";
  for (; !digits.empty(); digits.remove_prefix(2)) {
    const int high = digit_of(digits[0]), low = digit_of(digits[1]);
    if (high < 0 || low < 0) return "wanted hexadecimal digits behind the colon";
    option.value.push_back(static_cast<uint8_t>(high << 4 | low));
  }
  return "";
}

}  // namespace dotring::flood
