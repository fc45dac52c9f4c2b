#include "test/engine/query/words.h"

#include <algorithm>
#include <sstream>

namespace dotring::query {

Words words_of(std::string_view line) {
  std::istringstream stream{std::string(line)};
  Words words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

bool take(Words& words, const std::string& word) {
  const auto it = std::find(words.begin(), words.end(), word);
  if (it == words.end()) return false;
  words.erase(it);
  return true;
}

std::optional<std::string> take_value(Words& words, const std::string& name) {
  for (auto it = words.begin(); it != words.end(); ++it) {
    if (it->rfind(name + "=", 0) != 0) continue;
    const std::string value = it->substr(name.size() + 1);
    words.erase(it);
    return value;
  }
  return std::nullopt;
}

std::optional<uint16_t> take_number(Words& words, const std::string& name) {
  const auto value = take_value(words, name);
  if (!value) return std::nullopt;
  return static_cast<uint16_t>(std::stoul(*value));
}

}  // namespace dotring::query
