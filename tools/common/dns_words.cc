#include "tools/common/dns_words.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace dotring {
namespace {

// The registry's types that queries ask for (IANA, "Resource Record (RR) TYPEs").
constexpr std::pair<std::string_view, uint16_t> kTypes[] = {
    {"A", 1},       {"NS", 2},     {"CNAME", 5},       {"SOA", 6},         {"PTR", 12},
    {"HINFO", 13},  {"MX", 15},    {"TXT", 16},        {"RP", 17},         {"AFSDB", 18},
    {"SIG", 24},    {"KEY", 25},   {"AAAA", 28},       {"LOC", 29},        {"SRV", 33},
    {"NAPTR", 35},  {"KX", 36},    {"CERT", 37},       {"A6", 38},         {"DNAME", 39},
    {"APL", 42},    {"DS", 43},    {"SSHFP", 44},      {"RRSIG", 46},      {"NSEC", 47},
    {"DNSKEY", 48}, {"NSEC3", 50}, {"NSEC3PARAM", 51}, {"TLSA", 52},       {"SMIMEA", 53},
    {"HIP", 55},    {"CDS", 59},   {"CDNSKEY", 60},    {"OPENPGPKEY", 61}, {"CSYNC", 62},
    {"ZONEMD", 63}, {"SVCB", 64},  {"HTTPS", 65},      {"SPF", 99},        {"EUI48", 108},
    {"EUI64", 109}, {"AXFR", 252}, {"ANY", 255},       {"URI", 256},       {"CAA", 257},
};

constexpr std::pair<uint16_t, const char*> kRcodes[] = {
    {0, "NOERROR"},  {1, "FORMERR"},  {2, "SERVFAIL"},   {3, "NXDOMAIN"}, {4, "NOTIMP"},
    {5, "REFUSED"},  {6, "YXDOMAIN"}, {7, "YXRRSET"},    {8, "NXRRSET"},  {9, "NOTAUTH"},
    {10, "NOTZONE"}, {16, "BADVERS"}, {23, "BADCOOKIE"},
};

std::string upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return result;
}

}  // namespace

std::optional<uint16_t> type_from_text(std::string_view text) {
  const std::string word = upper(text);
  for (const auto& [name, type] : kTypes) {
    if (word == name) return type;
  }
  std::string_view digits = word;
  if (digits.starts_with("TYPE")) digits.remove_prefix(4);
  uint16_t type = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), type);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole ? std::optional(type) : std::nullopt;
}

std::string type_to_text(uint16_t type) {
  for (const auto& [name, number] : kTypes) {
    if (number == type) return std::string(name);
  }
  return "TYPE" + std::to_string(type);
}

std::string rcode_to_text(uint16_t rcode) {
  for (const auto& [number, name] : kRcodes) {
    if (number == rcode) return name;
  }
  return "RCODE" + std::to_string(rcode);
}

}  // namespace dotring
