// Numbers of a reply as people read them; "-" for what is not there or no number.

#pragma once

#include <string>

#include "tools/control/message.h"

namespace dotring::ctl {

/// The member `name` of an object; null where there is none.
const control::Json& member(const control::Json& object, const char* name);

std::string text_of(const control::Json& value);
/// "1234567": the name of something.
std::string number_of(const control::Json& value);
/// "1,234,567".
std::string count_of(const control::Json& value);
/// "12.3 MiB".
std::string size_of(const control::Json& value);
/// 0.931 is "93.1 %".
std::string share_of(const control::Json& value);
/// "3 d 4 h", "12 min 3 s": the two largest units.
std::string duration_of(const control::Json& seconds);
/// Microseconds as "12.3 ms"; 0: not measured, "-".
std::string latency_of(const control::Json& us);
/// With one digit behind the point.
std::string rate_of(const control::Json& value);

}  // namespace dotring::ctl
