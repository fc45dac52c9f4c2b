// Bounds-checked reading and writing of bytes, with a sticky error.
//
// Reader and Writer never touch memory outside their span: the first operation that does not fit
// sets the error, and every later one does nothing and gives zeros. So a parser reads all its
// fields and asks ok() once.
//
// Invariant: 0 <= offset() <= size of the span.

#pragma once

#include "engine/base/bytes.h"

namespace dotring {

class Reader {
 public:
  explicit Reader(Bytes bytes, size_t offset = 0)
      : bytes_(bytes), offset_(offset), ok_(offset <= bytes.size()) {
    if (!ok_) offset_ = bytes.size();
  }

  bool ok() const { return ok_; }
  size_t offset() const { return offset_; }
  size_t remaining() const { return bytes_.size() - offset_; }
  void fail() { ok_ = false; }

  uint8_t u8() {
    const uint8_t* at = take(1);
    return at ? *at : 0;
  }
  uint16_t u16() {
    const uint8_t* at = take(2);
    return at ? load_be16(at) : 0;
  }
  uint32_t u32() {
    const uint8_t* at = take(4);
    return at ? load_be32(at) : 0;
  }
  Bytes bytes(size_t size) {
    const uint8_t* at = take(size);
    return at ? Bytes(at, size) : Bytes();
  }
  void skip(size_t size) { take(size); }

 private:
  const uint8_t* take(size_t size) {
    if (!ok_ || size > remaining()) {
      ok_ = false;
      return nullptr;
    }
    const uint8_t* at = bytes_.data() + offset_;
    offset_ += size;
    return at;
  }

  Bytes bytes_;
  size_t offset_;
  bool ok_;
};

class Writer {
 public:
  explicit Writer(MutableBytes bytes, size_t offset = 0)
      : bytes_(bytes), offset_(offset), ok_(offset <= bytes.size()) {
    if (!ok_) offset_ = bytes.size();
  }

  bool ok() const { return ok_; }
  size_t offset() const { return offset_; }
  size_t remaining() const { return bytes_.size() - offset_; }
  /// What has been written so far, from the start of the span.
  MutableBytes written() const { return bytes_.first(offset_); }
  void fail() { ok_ = false; }

  void u8(uint8_t value) {
    if (uint8_t* at = take(1)) *at = value;
  }
  void u16(uint16_t value) {
    if (uint8_t* at = take(2)) store_be16(at, value);
  }
  void u32(uint32_t value) {
    if (uint8_t* at = take(4)) store_be32(at, value);
  }
  void bytes(Bytes value) {
    if (uint8_t* at = take(value.size()); at && !value.empty()) {
      std::memcpy(at, value.data(), value.size());
    }
  }
  void zeros(size_t size) {
    if (uint8_t* at = take(size)) std::memset(at, 0, size);
  }
  /// Overwrites two bytes that were written before, e.g. a length known only afterwards.
  void patch_u16(size_t offset, uint16_t value) {
    if (ok_ && offset + 2 <= offset_) store_be16(bytes_.data() + offset, value);
  }

 private:
  uint8_t* take(size_t size) {
    if (!ok_ || size > remaining()) {
      ok_ = false;
      return nullptr;
    }
    uint8_t* at = bytes_.data() + offset_;
    offset_ += size;
    return at;
  }

  MutableBytes bytes_;
  size_t offset_;
  bool ok_;
};

}  // namespace dotring
