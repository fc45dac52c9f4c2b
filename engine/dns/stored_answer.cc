#include "engine/dns/stored_answer.h"

#include <algorithm>
#include <cassert>

namespace dotring::dns {

size_t to_stored_form(Bytes message, const AnswerView& view, uint8_t* to) {
  assert(view.fault == AnswerFault::None && view.opt_offset <= message.size());
  std::memcpy(to, message.data(), view.opt_offset);
  Header header = view.header;
  header.flags = static_cast<uint16_t>(header.flags & ~kFlagTc);
  header.additional_count = view.additional_before_opt;
  write_header(header, to);
  set_stored_extended_error(to, view.edns.extended_error);
  copy_lower(view.question.name, to + kHeaderSize);
  return view.opt_offset;
}

AnswerView view_stored(Bytes message, const Question& question) {
  AnswerView view = view_answer(message, question);
  if (view.fault == AnswerFault::None) view.edns.extended_error = stored_extended_error(message);
  return view;
}

std::optional<uint16_t> stored_extended_error(Bytes message) {
  const uint16_t info_code = load_be16(message.data());
  return info_code != 0 ? std::optional(info_code) : std::nullopt;
}

void set_stored_extended_error(uint8_t* message, std::optional<uint16_t> info_code) {
  store_be16(message, info_code.value_or(0));
}

void age_ttls(MutableBytes message, const uint16_t* offsets, size_t count, uint32_t age_s,
              uint32_t floor_s) {
  for (size_t i = 0; i < count; ++i) {
    assert(size_t{offsets[i]} + 4 <= message.size());
    uint8_t* at = message.data() + offsets[i];
    const uint32_t ttl = ttl_meant(load_be32(at));
    store_be32(at, std::max(ttl > age_s ? ttl - age_s : 0, floor_s));
  }
}

void set_ttls(MutableBytes message, const uint16_t* offsets, size_t count, uint32_t ttl_s) {
  for (size_t i = 0; i < count; ++i) {
    assert(size_t{offsets[i]} + 4 <= message.size());
    store_be32(message.data() + offsets[i], ttl_s);
  }
}

}  // namespace dotring::dns
