// Names as people write them (RFC 1035, 5.1; RFC 4343, 2.1). For configuration and logs, not for
// the hot path.

#include "engine/dns/name.h"

namespace dotring::dns {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void append_octet(uint8_t octet, std::string& text) {
  const char c = static_cast<char>(octet);
  if (c == '.' || c == '\\' || c == ';' || c == '(' || c == ')' || c == '"') {
    text += {'\\', c};
  } else if (octet > 0x20 && octet < 0x7f) {
    text += c;
  } else {
    text += {'\\', static_cast<char>('0' + octet / 100), static_cast<char>('0' + octet / 10 % 10),
             static_cast<char>('0' + octet % 10)};
  }
}

// What follows a backslash at the start of `text`, which is cut by what was read.
std::optional<uint8_t> read_escape(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  if (!is_digit(text[0])) {
    const auto octet = static_cast<uint8_t>(text[0]);
    text.remove_prefix(1);
    return octet;
  }
  if (text.size() < 3 || !is_digit(text[1]) || !is_digit(text[2])) return std::nullopt;
  const int value = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
  text.remove_prefix(3);
  return value <= 255 ? std::optional<uint8_t>(static_cast<uint8_t>(value)) : std::nullopt;
}

// Collects octets into labels and keeps the limits.
class NameBuilder {
 public:
  bool add_octet(uint8_t octet) {
    const size_t label_size = size_ - label_start_ - 1;
    if (label_size == kLabelSizeMax || size_ >= kNameSizeMax - 1) return false;
    name_.octets[size_++] = octet;
    return true;
  }
  bool end_label() {
    const size_t label_size = size_ - label_start_ - 1;
    if (label_size == 0 || size_ >= kNameSizeMax) return false;
    name_.octets[label_start_] = static_cast<uint8_t>(label_size);
    label_start_ = size_++;
    return true;
  }
  bool inside_label() const { return size_ - label_start_ > 1; }
  Name finish() {
    name_.octets[label_start_] = 0;
    name_.size = static_cast<uint8_t>(label_start_ + 1);
    return name_;
  }

 private:
  Name name_;
  size_t label_start_ = 0;  // of the length octet of the label being collected
  size_t size_ = 1;
};

}  // namespace

std::string name_to_text(Bytes wire) {
  std::string text;
  size_t at = 0;
  while (at < wire.size() && wire[at] != 0) {
    const size_t label_end = at + 1 + wire[at];
    for (++at; at < label_end && at < wire.size(); ++at) append_octet(wire[at], text);
    text += '.';
  }
  return text.empty() ? "." : text;
}

std::optional<Name> name_from_text(std::string_view text) {
  NameBuilder builder;
  if (text == ".") return builder.finish();
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const char c = text[0];
    text.remove_prefix(1);
    if (c == '.') {
      if (!builder.end_label()) return std::nullopt;
      continue;
    }
    std::optional<uint8_t> octet = static_cast<uint8_t>(c);
    if (c == '\\') octet = read_escape(text);
    if (!octet || !builder.add_octet(*octet)) return std::nullopt;
  }
  if (builder.inside_label() && !builder.end_label()) return std::nullopt;
  return builder.finish();
}

}  // namespace dotring::dns
