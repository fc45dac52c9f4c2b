#include "cache/redis/command.h"

#include <hiredis/hiredis.h>

#include <cassert>
#include <charconv>

namespace dotring::cache::redis {
namespace {

// "*8\r\n", and for each word "$", a length, and two line ends.
constexpr size_t kFrameSize = 8;
constexpr size_t kWordFrameSize = 26;

}  // namespace

void Command::add(Bytes word) {
  assert(count_ < kWordsMax);
  words_[count_] = reinterpret_cast<const char*>(word.data());
  sizes_[count_] = word.size();
  ++count_;
}

size_t Command::size_max() const {
  size_t size = kFrameSize;
  for (size_t i = 0; i < count_; ++i) size += kWordFrameSize + sizes_[i];
  return size;
}

// hiredis allocates the command it formats: with copy and free 130 ns for a GET and 310 ns for a
// SET of 300 octets, little beside the system's cost of the bytes.
bool Command::write_to(io::ByteStream& stream) const {
  char* formatted = nullptr;
  // Its parameter is not const in every version, but the words are only read.
  const auto words = const_cast<const char**>(words_.data());
  const auto size =
      redisFormatCommandArgv(&formatted, static_cast<int>(count_), words, sizes_.data());
  if (size < 0) return false;
  const bool sent = stream.send(bytes_of({formatted, static_cast<size_t>(size)}));
  redisFreeCommand(formatted);
  return sent;
}

NumberWord::NumberWord(uint64_t value) {
  const auto end = std::to_chars(text_.data(), text_.data() + text_.size(), value).ptr;
  size_ = static_cast<size_t>(end - text_.data());
}

}  // namespace dotring::cache::redis
