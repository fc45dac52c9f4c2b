#include "cache/redis/reply_reader.h"

#include <hiredis/hiredis.h>

#include <algorithm>

namespace dotring::cache::redis {
namespace {

// A buffer that is empty and larger than this is given back.
constexpr size_t kIdleBufferMax = 64 << 10;

#if HIREDIS_MAJOR >= 1
using ElementCount = size_t;
#else
using ElementCount = int;
#endif

ReplyType type_of(const redisReadTask& task) {
  switch (task.type) {
    case REDIS_REPLY_STATUS:
      return ReplyType::Status;
    case REDIS_REPLY_ERROR:
      return ReplyType::Error;
#if HIREDIS_MAJOR >= 1
    case REDIS_REPLY_PUSH:
      return ReplyType::Push;
#endif
    default:
      return ReplyType::Text;
  }
}

}  // namespace

// What hiredis calls for each element. Its "objects" are our node numbers plus one, so that none is
// null; null says that a limit is broken, and ends the reading.
struct ReplyReader::Builder {
  static ReplyReader& owner(const redisReadTask* task) {
    return *static_cast<ReplyReader*>(task->privdata);
  }
  static void* object(size_t node) { return reinterpret_cast<void*>(node + 1); }
  static size_t node_of(void* object) { return reinterpret_cast<size_t>(object) - 1; }

  /// The place of the element that `task` reads.
  static size_t place(ReplyReader& self, const redisReadTask* task) {
    ReplyTree& tree = self.tree_;
    if (task->parent) {
      return tree.nodes[node_of(task->parent->obj)].start + static_cast<size_t>(task->idx);
    }
    tree.text.clear();
    tree.nodes.assign(1, {});
    return 0;
  }

  static void* add(const redisReadTask* task, ReplyType type, Bytes text, int64_t integer) {
    ReplyReader& self = owner(task);
    const size_t node = place(self, task);
    ReplyTree& tree = self.tree_;
    if (tree.text.size() + text.size() > self.options_.size_max) return nullptr;
    tree.nodes[node] = {type, integer, tree.text.size(), text.size()};
    tree.text.insert(tree.text.end(), text.begin(), text.end());
    return object(node);
  }

  static void* string(const redisReadTask* task, char* text, size_t size) {
    Bytes bytes = bytes_of({text, size});
#if HIREDIS_MAJOR >= 1
    if (task->type == REDIS_REPLY_VERB) bytes = bytes.subspan(std::min<size_t>(4, size));  // "txt:"
#endif
    return add(task, type_of(*task), bytes, 0);
  }

  static void* integer(const redisReadTask* task, long long value) {
    return add(task, ReplyType::Integer, {}, value);
  }

  static void* nil(const redisReadTask* task) {
    return add(task, ReplyType::Nil, {}, 0);
  }

  static void* array(const redisReadTask* task, ElementCount count) {
    ReplyReader& self = owner(task);
    const size_t elements = static_cast<size_t>(count);
    int depth = 0;
    for (const redisReadTask* at = task; at->parent; at = at->parent) ++depth;
    const size_t node = place(self, task);
    ReplyTree& tree = self.tree_;
    if (depth >= kDepthMax) return nullptr;
    if (elements > self.options_.elements_max) return nullptr;
    if (tree.nodes.size() + elements > self.options_.elements_max + 1) return nullptr;
    const ReplyType type = type_of(*task) == ReplyType::Push ? ReplyType::Push : ReplyType::Array;
    tree.nodes[node] = {type, 0, tree.nodes.size(), elements};
    tree.nodes.resize(tree.nodes.size() + elements);
    return object(node);
  }

#if HIREDIS_MAJOR >= 1
  static void* number(const redisReadTask* task, double, char* text, size_t size) {
    return add(task, ReplyType::Text, bytes_of({text, size}), 0);
  }
  static void* boolean(const redisReadTask* task, int value) {
    return integer(task, value);
  }
#endif

  static void free(void*) {}

  static redisReplyObjectFunctions make() {
    redisReplyObjectFunctions functions{};
    functions.createString = string;
    functions.createArray = array;
    functions.createInteger = integer;
    functions.createNil = nil;
    functions.freeObject = free;
#if HIREDIS_MAJOR >= 1
    functions.createDouble = number;
    functions.createBool = boolean;
#endif
    return functions;
  }
};

void ReplyReader::Free::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

ReplyReader::ReplyReader(const Options& options) : options_(options) {
  tree_.nodes.resize(1);
  reset();
}

ReplyReader::~ReplyReader() = default;

void ReplyReader::reset() {
  // hiredis does not write to it.
  static redisReplyObjectFunctions functions = Builder::make();
  reader_.reset(redisReaderCreateWithFunctions(&functions));
  assert(reader_ && "out of memory");
  reader_->privdata = this;
  reader_->maxbuf = kIdleBufferMax;
  what_ = nullptr;
}

void ReplyReader::feed(Bytes bytes) {
  if (what_) return;
  redisReaderFeed(reader_.get(), reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

ReplyReader::Next ReplyReader::next() {
  if (what_) return Next::Broken;
  void* object = nullptr;
  if (redisReaderGetReply(reader_.get(), &object) != REDIS_OK) {
    const bool limit = reader_->err == REDIS_ERR_OOM;
    return broken(limit ? "a reply above the limits" : "bytes that are no reply");
  }
  if (object) return Next::Reply;
  const size_t waiting = reader_->len - reader_->pos;
  if (waiting > options_.size_max) return broken("a reply that does not end");
  return Next::NeedMore;
}

ReplyReader::Next ReplyReader::broken(const char* what) {
  what_ = what;
  return Next::Broken;
}

// hiredis' buffer doubles as it grows, and holds what was fed besides the unfinished reply.
size_t ReplyReader::memory_max(const Options& options, size_t feed_max) {
  const size_t buffer = 2 * (options.size_max + feed_max);
  const size_t text = 2 * options.size_max;
  const size_t nodes = 2 * (size_t{options.elements_max} + 1) * sizeof(ReplyTree::Node);
  return buffer + text + nodes;
}

}  // namespace dotring::cache::redis
