// Answers and keys for the tests of the cache: built record by record, read back by view_answer().

#pragma once

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "engine/dns/message_view.h"

namespace dotring::cache {

inline constexpr HashKey kHashKey{0x0123456789abcdef, 0xfedcba9876543210};

inline dns::QuestionKey key_of(std::string_view name, uint16_t type = dns::type::kA,
                               uint8_t bits = dns::QuestionKey::kRd) {
  const dns::Name wire = dns::name_from_text(name).value();
  return {dns::Question{wire.wire(), type, dns::kClassIn}, bits, kHashKey};
}

inline std::vector<uint8_t> wire_of(std::string_view name) {
  const dns::Name wire = dns::name_from_text(name).value();
  return {wire.octets.begin(), wire.octets.begin() + wire.size};
}

/// A message to which records are added in the order of its sections.
class Answer {
 public:
  explicit Answer(std::string_view name, uint16_t type = dns::type::kA, uint16_t flags = 0x8180) {
    message_.resize(dns::kHeaderSize);
    patch(0, 0x1234);
    patch(2, flags);
    patch(4, 1);
    append(wire_of(name));
    append16(type);
    append16(dns::kClassIn);
  }

  Answer& a(uint32_t ttl_s, uint8_t last_octet = 1) {
    return record(6, dns::type::kA, ttl_s, {192, 0, 2, last_octet});
  }
  Answer& cname(uint32_t ttl_s, std::string_view target) {
    return record(6, dns::type::kCname, ttl_s, wire_of(target));
  }
  Answer& text(uint32_t ttl_s, size_t size) {
    std::vector<uint8_t> rdata;
    while (size > 0) {
      const size_t part = std::min<size_t>(size, 255);
      rdata.push_back(static_cast<uint8_t>(part));
      rdata.insert(rdata.end(), part, 'x');
      size -= part;
    }
    return record(6, dns::type::kTxt, ttl_s, rdata);
  }
  Answer& soa(uint32_t ttl_s, uint32_t minimum_s) {
    std::vector<uint8_t> rdata(22, 0);
    store_be32(rdata.data() + 18, minimum_s);
    return record(8, dns::type::kSoa, ttl_s, rdata);
  }
  Answer& opt(uint8_t extended_rcode = 0, const std::vector<uint8_t>& options = {}) {
    message_.push_back(0);
    append16(dns::type::kOpt);
    append16(1232);
    append32(uint32_t{extended_rcode} << 24);
    append16(static_cast<uint16_t>(options.size()));
    append(options);
    return count(10);
  }
  Answer& extended_error(uint8_t info_code) { return opt(0, {0, 15, 0, 2, 0, info_code}); }
  /// `count_offset`: of the section's count in the header (6, 8, 10). The owner is the question's
  /// name.
  Answer& record(size_t count_offset, uint16_t type, uint32_t ttl_s,
                 const std::vector<uint8_t>& rdata) {
    append16(0xc00c);
    append16(type);
    append16(dns::kClassIn);
    append32(ttl_s);
    append16(static_cast<uint16_t>(rdata.size()));
    append(rdata);
    return count(count_offset);
  }

  Bytes bytes() const { return message_; }
  dns::AnswerView view() const {
    const dns::AnswerView view = dns::view_answer(message_, {});
    EXPECT_EQ(view.fault, dns::AnswerFault::None);
    return view;
  }

 private:
  void patch(size_t offset, uint16_t value) { store_be16(message_.data() + offset, value); }
  Answer& count(size_t offset) {
    patch(offset, static_cast<uint16_t>(load_be16(message_.data() + offset) + 1));
    return *this;
  }
  void append(const std::vector<uint8_t>& octets) {
    message_.insert(message_.end(), octets.begin(), octets.end());
  }
  void append16(uint16_t value) {
    message_.push_back(static_cast<uint8_t>(value >> 8));
    message_.push_back(static_cast<uint8_t>(value));
  }
  void append32(uint32_t value) {
    append16(static_cast<uint16_t>(value >> 16));
    append16(static_cast<uint16_t>(value));
  }

  std::vector<uint8_t> message_;
};

/// The TTLs of a message, in order.
inline std::vector<uint32_t> ttls_of(Bytes message) {
  std::vector<uint32_t> ttls;
  dns::for_each_ttl(message, [&](size_t offset, uint16_t) {
    ttls.push_back(load_be32(message.data() + offset));
  });
  return ttls;
}

}  // namespace dotring::cache
