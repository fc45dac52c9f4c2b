#include "tools/dotring/log/line.h"

namespace dotring::appliance {
namespace {

bool is_continuation(char octet) {
  return (static_cast<unsigned char>(octet) & 0xc0) == 0x80;
}

/// Octets of the UTF-8 sequence at the start of `text`; 0 when it is none. Overlong forms and
/// surrogates are caught by the range of the second octet (Unicode, table 3-7).
size_t utf8_size(std::string_view text) {
  const auto octet = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = octet(0);
  const size_t size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size == 0 || size > text.size()) return 0;
  for (size_t i = 1; i < size; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  if ((first == 0xe0 && octet(1) < 0xa0) || (first == 0xed && octet(1) > 0x9f)) return 0;
  if ((first == 0xf0 && octet(1) < 0x90) || (first == 0xf4 && octet(1) > 0x8f)) return 0;
  return size;
}

void append_escaped(std::string& line, char octet) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(octet);
  if (octet == '"' || octet == '\\') {
    line += '\\';
    line += octet;
  } else if (value < ' ' || value == 0x7f) {
    line += "\\u00";
    line += kDigits[value >> 4];
    line += kDigits[value & 15];
  } else {
    line += octet;
  }
}

bool needs_quotes(std::string_view text) {
  for (const char octet : text) {
    if (octet <= ' ' || octet == '"' || octet == '\\' || octet == '=' || octet == 0x7f) return true;
  }
  return text.empty();
}

}  // namespace

std::string json_quoted(std::string_view text) {
  std::string line = "\"";
  while (!text.empty()) {
    const bool ascii = static_cast<unsigned char>(text[0]) < 0x80;
    const size_t size = ascii ? 1 : utf8_size(text);
    if (ascii) {
      append_escaped(line, text[0]);
    } else {
      line += size == 0 ? std::string_view("?") : text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return line + "\"";
}

void Field::append_to(std::string& line, LogFormat format) const {
  const std::string_view text = text_.substr(0, kFieldTextMax);
  if (format == LogFormat::Json) {
    line += "," + json_quoted(name_) + ":";
    line += is_number_ ? std::to_string(number_) : json_quoted(text);
  } else {
    line += " " + std::string(name_) + "=";
    line += is_number_           ? std::to_string(number_)
            : needs_quotes(text) ? json_quoted(text)
                                 : std::string(text);
  }
}

std::string render_event(LogFormat format, std::string_view event, const Fields& fields) {
  std::string line =
      format == LogFormat::Json ? "\"event\":" + json_quoted(event) : std::string(event);
  for (const Field& field : fields) field.append_to(line, format);
  return line;
}

}  // namespace dotring::appliance
