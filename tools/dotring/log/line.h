// One event as a line: a name and fields, as JSON or as text.
//
// What it is: rendering only; log.h writes. Whatever a field holds, the result is one line (and
// valid JSON).

#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tools/dotring/config/configuration.h"

namespace dotring::appliance {

/// One named value of an event. Views must outlive the call it is given to.
class Field {
 public:
  Field(std::string_view name, std::string_view text) : name_(name), text_(text) {}
  Field(std::string_view name, const char* text) : name_(name), text_(text) {}
  Field(std::string_view name, const std::string& text) : name_(name), text_(text) {}
  template <typename Number>
  requires std::is_integral_v<Number> Field(std::string_view name, Number number)
      : name_(name), number_(static_cast<int64_t>(number)), is_number_(true) {}

  void append_to(std::string& line, LogFormat format) const;

 private:
  std::string_view name_;
  std::string_view text_;
  int64_t number_ = 0;
  bool is_number_ = false;
};

/// Octets of one field; longer texts are cut.
inline constexpr size_t kFieldTextMax = 1000;

/// A list in braces, or a vector.
class Fields {
 public:
  Fields() = default;
  Fields(std::initializer_list<Field> fields) : fields_(fields.begin(), fields.size()) {}
  Fields(const std::vector<Field>& fields) : fields_(fields) {}

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::span<const Field> fields_;
};

/// Without time and level, which the log adds: `"event":"started","workers":2` or `started
/// workers=2`.
std::string render_event(LogFormat format, std::string_view event, const Fields& fields);

/// Quoted and escaped (RFC 8259). Octets that are no ASCII are passed through when they are UTF-8
/// and replaced by '?' when not.
std::string json_quoted(std::string_view text);

}  // namespace dotring::appliance
