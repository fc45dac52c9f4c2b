// One command on its way to a server: its words, formatted by hiredis into a stream's queue.

#pragma once

#include <array>

#include "engine/base/bytes.h"
#include "engine/io/byte_stream.h"

namespace dotring::cache::redis {

/// Refers to its words; they outlive it.
class Command {
 public:
  static constexpr size_t kWordsMax = 8;

  /// `Command("SET", key, value)`: string_views and Bytes.
  template <typename... Words>
  explicit Command(Words... words) {
    static_assert(sizeof...(words) <= kWordsMax);
    (add(words), ...);
  }

  void add(Bytes word);
  void add(std::string_view word) { add(bytes_of(word)); }
  void add(const char* word) { add(std::string_view(word)); }

  /// Octets of the formatted command at most.
  size_t size_max() const;
  /// False when `stream` has no room (or memory is out): nothing was written.
  bool write_to(io::ByteStream& stream) const;

 private:
  std::array<const char*, kWordsMax> words_;
  std::array<size_t, kWordsMax> sizes_;
  size_t count_ = 0;
};

/// A number as a word.
class NumberWord {
 public:
  explicit NumberWord(uint64_t value);
  Bytes bytes() const { return bytes_of({text_.data(), size_}); }

 private:
  std::array<char, 20> text_;
  size_t size_;
};

}  // namespace dotring::cache::redis
