// One reply of a server: a value, or an array of replies, as a view into the reader that took it.

#pragma once

#include <cassert>
#include <vector>

#include "engine/base/bytes.h"

namespace dotring::cache::redis {

enum class ReplyType : uint8_t {
  Nil,      ///< also: an element that did not come
  Text,     ///< bulk and verbatim strings, doubles and large numbers as text
  Status,   ///< "OK"
  Error,    ///< "ERR unknown command"
  Integer,  ///< booleans too
  Array,    ///< sets and maps (key, value, key, value...) too
  Push,     ///< an array that is no answer to a command (RESP3)
};

/// Where the parts of one reply lie. Only ReplyReader writes it.
struct ReplyTree {
  struct Node {
    ReplyType type = ReplyType::Nil;
    int64_t integer = 0;
    size_t start = 0;  ///< of the text in `text`, or of the elements in `nodes`
    size_t size = 0;   ///< octets, or elements
  };
  std::vector<Node>
      nodes;  ///< the first is the reply itself; elements of one array follow each other
  std::vector<uint8_t> text;
};

/// Valid until the reader is asked for the next reply.
class Reply {
 public:
  Reply(const ReplyTree& tree, size_t index) : tree_(tree), node_(tree.nodes[index]) {}

  ReplyType type() const { return node_.type; }
  bool is(ReplyType type) const { return node_.type == type; }
  bool is_array() const { return is(ReplyType::Array) || is(ReplyType::Push); }

  /// Of Text, Status and Error; empty for others.
  Bytes bytes() const {
    const bool has = is(ReplyType::Text) || is(ReplyType::Status) || is(ReplyType::Error);
    return has ? Bytes(tree_.text).subspan(node_.start, node_.size) : Bytes();
  }
  std::string_view text() const { return text_of(bytes()); }
  /// Of Integer; 0 for others.
  int64_t integer() const { return node_.integer; }
  /// Elements of Array and Push; 0 for others.
  size_t size() const { return is_array() ? node_.size : 0; }
  /// `index` < size().
  Reply operator[](size_t index) const {
    assert(index < size());
    return {tree_, node_.start + index};
  }

 private:
  const ReplyTree& tree_;
  const ReplyTree::Node& node_;
};

}  // namespace dotring::cache::redis
