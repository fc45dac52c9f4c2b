#include "tools/dotring/config/key.h"

#include <algorithm>
#include <numeric>

namespace dotring::appliance {
namespace {

/// Insertions, removals and replacements that turn one text into the other (Levenshtein).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row.back();
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

const Key* find_key(std::string_view name) {
  for (const Key& key : keys()) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

const Key* nearest_key(std::string_view name) {
  constexpr size_t kLengthMax = 64;  // bounds the work for a hostile file
  if (name.size() > kLengthMax) return nullptr;
  const Key* nearest = nullptr;
  size_t least = std::max<size_t>(3, name.size() / 3) + 1;
  for (const Key& key : keys()) {
    // People forget the section more often than they mistype it.
    const size_t steps = std::min(distance(name, key.name), distance(name, key.key()) + 1);
    if (steps >= least) continue;
    least = steps;
    nearest = &key;
  }
  return nearest;
}

std::vector<const Key*> changed_keys(const Configuration& one, const Configuration& other) {
  std::vector<const Key*> changed;
  for (const Key& key : keys()) {
    if (!key.same(one, other)) changed.push_back(&key);
  }
  return changed;
}

std::string environment_name(const Key& key) {
  std::string name = "DOTRING_" + std::string(key.name);
  for (char& letter : name) {
    if (letter == '.') letter = '_';
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return name;
}

std::vector<std::string> split_items(const Key& key, std::string_view text) {
  if (key.form != Form::List) return {std::string(text)};
  std::vector<std::string> items;
  while (!trimmed(text).empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    items.emplace_back(trimmed(item));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
  }
  return items;
}

std::string join_items(std::span<const std::string> items) {
  std::string joined;
  for (const std::string& item : items) joined += (joined.empty() ? "" : ",") + item;
  return joined;
}

}  // namespace dotring::appliance
