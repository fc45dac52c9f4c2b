#include "cache/redis/link.h"

#include <hiredis/hiredis.h>

#include <cassert>
#include <utility>

namespace dotring::cache::redis {
namespace {

#if HIREDIS_MAJOR >= 1
constexpr bool kReaderKnowsResp3 = true;
#else
constexpr bool kReaderKnowsResp3 = false;
#endif

// What introduces us comes first: the queue is empty.
constexpr size_t kNoLimit = SIZE_MAX;

const char* text_of_end(LinkEnd end) {
  return end == LinkEnd::Lost ? "closed by the server" : "ended";
}

LinkEnd end_of(io::CloseReason reason, bool was_open) {
  switch (reason) {
    case io::CloseReason::Local:
      return LinkEnd::Local;
    case io::CloseReason::SecurityFailed:
      return LinkEnd::Refused;
    case io::CloseReason::ProtocolFailed:
      return LinkEnd::Garbage;
    default:
      return was_open ? LinkEnd::Lost : LinkEnd::Failed;
  }
}

}  // namespace

Link::Link(const Context& context, const Credentials& credentials, uint32_t database,
           LinkHandler& handler)
    : context_(context),
      credentials_(credentials),
      database_(database),
      handler_(handler),
      without_hello_(!kReaderKnowsResp3),
      reader_({context.options.connection.reply_size_max,
               context.options.connection.reply_elements_max}) {
  timeout_.bind<&Link::on_timeout>(this);
}

// ---------------------------------------------------------------------------------------------------
// Opening

void Link::open(const Address& address) {
  assert(state_ == State::Closed || state_ == State::Closing);
  address_ = address;
  if (state_ == State::Closing) {
    wanted_ = true;
    return;
  }
  connect();
}

void Link::connect() {
  state_ = State::Connecting;
  wanted_ = false;
  reader_.reset();
  context_.statistics.connects.add();
  context_.arm_in(timeout_, context_.options.connection.connect_timeout_ms);
  stream_ = context_.dialer.dial(address_, *this);
}

void Link::on_open() {
  if (state_ != State::Connecting) return;  // ended in the same turn
  state_ = State::Introducing;
  required_ = optional_ = 0;
  if (without_hello_) {
    introduce();
  } else {
    say_hello();
  }
}

// RESP3, our credentials and our name by one command.
void Link::say_hello() {
  const std::string& name = context_.options.connection.client_name;
  const std::string user = credentials_.user.empty() ? "default" : credentials_.user;
  hello_asked_ = true;
  if (credentials_.given()) {
    queue(Command("HELLO", "3", "AUTH", user, credentials_.password, "SETNAME", name), kNoLimit);
  } else {
    queue(Command("HELLO", "3", "SETNAME", name), kNoLimit);
  }
}

// A server older than 6.0 knows no HELLO.
void Link::take_hello(const Reply& reply) {
  hello_asked_ = false;
  if (!reply.is(ReplyType::Error)) {
    select_database();
    return open_when_introduced();
  }
  const bool unknown =
      reply.text().starts_with("ERR unknown command") || reply.text().starts_with("NOPROTO");
  if (!unknown) return end(LinkEnd::Refused, std::string(reply.text()));
  without_hello_ = true;
  introduce();
}

// The same in RESP2: all at once, then the replies, one round trip.
void Link::introduce() {
  if (credentials_.given()) {
    ++required_;
    if (credentials_.user.empty()) {
      queue(Command("AUTH", credentials_.password), kNoLimit);
    } else {
      queue(Command("AUTH", credentials_.user, credentials_.password), kNoLimit);
    }
  }
  select_database();
  ++optional_;
  queue(Command("CLIENT", "SETNAME", context_.options.connection.client_name), kNoLimit);
}

void Link::select_database() {
  if (database_ == 0) return;
  ++required_;
  queue(Command("SELECT", NumberWord(database_).bytes()), kNoLimit);
}

void Link::take_introduction(const Reply& reply) {
  if (hello_asked_) return take_hello(reply);
  if (required_ > 0 && reply.is(ReplyType::Error)) {
    return end(LinkEnd::Refused, std::string(reply.text()));
  }
  --(required_ > 0 ? required_ : optional_);
  open_when_introduced();
}

void Link::open_when_introduced() {
  if (required_ + optional_ > 0) return;
  state_ = State::Open;
  timeout_.cancel();
  handler_.on_link_open();
}

// ---------------------------------------------------------------------------------------------------
// Commands out, replies in

bool Link::write(const Command& command, size_t queue_max) {
  return is_open() && queue(command, queue_max);
}

// All that is written at the same `now` leaves in one flush.
bool Link::queue(const Command& command, size_t queue_max) {
  if (stream_->bytes_queued() + command.size_max() > queue_max) return false;
  if (!command.write_to(*stream_)) return false;
  context_.statistics.commands.add();
  if (context_.now_us() != last_write_us_) context_.statistics.writes.add();
  last_write_us_ = context_.now_us();
  return true;
}

void Link::on_bytes(Bytes bytes) {
  if (state_ != State::Introducing && state_ != State::Open) return;
  reader_.feed(bytes);
  ReplyReader::Next next;
  while ((next = reader_.next()) == ReplyReader::Next::Reply) {
    take(reader_.reply());
    if (state_ != State::Introducing && state_ != State::Open) return;
  }
  if (next == ReplyReader::Next::Broken) end(LinkEnd::Garbage, reader_.what());
}

void Link::take(const Reply& reply) {
  if (state_ == State::Open) {
    handler_.on_reply(reply);
  } else if (!reply.is(ReplyType::Push)) {
    take_introduction(reply);
  }
}

// ---------------------------------------------------------------------------------------------------
// Ending

void Link::on_timeout() {
  end(LinkEnd::Failed, "no connection in time");
}

void Link::end(LinkEnd end, const std::string& detail) {
  if (std::exchange(wanted_, false)) return report(end, detail);
  if (state_ == State::Closed || state_ == State::Closing) return;
  state_ = State::Closing;
  stream_->abort();
  report(end, detail);
}

void Link::on_closed(io::CloseReason reason, const std::string& detail) {
  const State was = state_;
  const std::unique_ptr<io::ByteStream> closed = std::move(stream_);  // `detail` may live in it
  state_ = State::Closed;
  if (was != State::Closing) return report(end_of(reason, was == State::Open), detail);
  if (wanted_) connect();
}

void Link::report(LinkEnd end, const std::string& detail) {
  timeout_.cancel();
  const bool never_open = end == LinkEnd::Failed || end == LinkEnd::Refused;
  if (never_open) context_.statistics.connects_failed.add();
  if (end == LinkEnd::Lost) context_.statistics.lost.add();
  if (end == LinkEnd::Garbage) context_.statistics.garbage.add();
  handler_.on_link_ended(end, detail.empty() ? std::string(text_of_end(end)) : detail);
}

}  // namespace dotring::cache::redis
