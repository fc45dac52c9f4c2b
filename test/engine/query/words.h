// Lines of words, and taking known words out of them: what is left over was not understood.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dotring::query {

using Words = std::vector<std::string>;

Words words_of(std::string_view line);
/// Whether `word` was there.
bool take(Words& words, const std::string& word);
/// What followed "name=".
std::optional<std::string> take_value(Words& words, const std::string& name);
std::optional<uint16_t> take_number(Words& words, const std::string& name);

}  // namespace dotring::query
