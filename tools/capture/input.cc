#include "tools/capture/input.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace dotring::capture {
namespace {

constexpr size_t kPieceSize = 64 << 10;

std::string error_text(int error) {
  return std::generic_category().message(error);
}

}  // namespace

Input::~Input() {
  if (descriptor_ > STDIN_FILENO) close(descriptor_);
}

std::optional<std::string> Input::open(const std::string& path) {
  descriptor_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) return error_text(errno);
  buffer_.resize(kPieceSize);
  find_decoder();
  if (!failure_.empty()) return failure_;
  return std::nullopt;
}

void Input::open(Bytes octets) {
  raw_ = octets;
  ended_ = true;
  find_decoder();
}

// A pipe may give its first octets one at a time.
void Input::find_decoder() {
  while (raw_.size() < kMagicSizeMax && fill()) {
  }
  decoder_ = make_decoder(raw_.first(std::min(raw_.size(), kMagicSizeMax)));
}

// More raw octets behind those that are left. False: there are none.
bool Input::fill() {
  if (ended_) return false;
  if (before_waiting_) before_waiting_();
  std::copy(raw_.begin(), raw_.end(), buffer_.begin());
  const size_t kept = raw_.size();
  ssize_t size = 0;
  do {
    size = ::read(descriptor_, buffer_.data() + kept, buffer_.size() - kept);
  } while (size < 0 && errno == EINTR);
  if (size < 0) failure_ = error_text(errno);
  ended_ = size <= 0;
  raw_ = Bytes(buffer_).first(kept + (size > 0 ? static_cast<size_t>(size) : 0));
  return !ended_;
}

size_t Input::take_raw(MutableBytes room) {
  if (raw_.empty()) fill();
  const size_t size = std::min(room.size(), raw_.size());
  std::copy_n(raw_.begin(), size, room.begin());
  raw_ = raw_.subspan(size);
  return size;
}

// The decoder may still have something to give when its input has ended.
size_t Input::decode_some(MutableBytes room) {
  while (failure_.empty()) {
    if (raw_.empty()) fill();
    const Decoder::Step step = decoder_->decode(raw_, room);
    raw_ = raw_.subspan(step.taken);
    failure_ = step.failure;
    if (step.given > 0) return step.given;
    const bool stuck = step.taken == 0 && (ended_ || !raw_.empty());
    if (!stuck || !failure_.empty()) continue;
    if (!decoder_->complete() || !raw_.empty()) failure_ = "the compressed data are cut off";
    return 0;
  }
  return 0;
}

size_t Input::take_peeked(MutableBytes room) {
  const size_t size = std::min(room.size(), peeked_.size());
  std::copy_n(peeked_.begin(), size, room.begin());
  peeked_.erase(peeked_.begin(), peeked_.begin() + static_cast<ptrdiff_t>(size));
  return size;
}

size_t Input::take_fresh(MutableBytes room) {
  if (!failure_.empty()) return 0;
  return decoder_ ? decode_some(room) : take_raw(room);
}

size_t Input::read_some(MutableBytes room) {
  return peeked_.empty() ? take_fresh(room) : take_peeked(room);
}

size_t Input::read(MutableBytes room) {
  size_t size = 0;
  while (size < room.size()) {
    const size_t more = read_some(room.subspan(size));
    if (more == 0) break;
    size += more;
  }
  return size;
}

Bytes Input::peek(size_t size) {
  size = std::min(size, kPeekMax);
  while (peeked_.size() < size) {
    uint8_t octet;
    if (take_fresh({&octet, 1}) == 0) break;
    peeked_.push_back(octet);
  }
  return Bytes(peeked_).first(std::min(size, peeked_.size()));
}

}  // namespace dotring::capture
