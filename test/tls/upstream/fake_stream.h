// A stream without a network, and what the other end of it sees.

#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "engine/dns/message_view.h"
#include "tls/upstream/dialer.h"

namespace dotring::upstream {

class FakeStream;

/// One query as the server got it.
struct SeenQuery {
  std::vector<uint8_t> message;

  uint16_t id() const { return load_be16(message.data()); }
  dns::QueryView view() const { return dns::view_query(message); }
};

/// The other end. Outlives the stream, which its connection destroys.
class FakePeer {
 public:
  explicit FakePeer(io::StreamHandler& handler) : handler_(handler) {}

  bool gone() const { return stream_ == nullptr; }
  bool closing() const;
  bool opened() const { return opened_; }
  void open() {
    opened_ = true;
    handler_.on_open();
  }
  void send(Bytes bytes) {
    if (!gone() && !closing()) handler_.on_bytes(bytes);
  }
  void send_message(Bytes message) {
    std::vector<uint8_t> frame = framed(message);
    send(frame);
  }
  void writable() { handler_.on_writable(); }
  void finish(io::CloseReason reason, const char* detail = "test");
  /// What was written and not yet taken.
  std::vector<SeenQuery> queries() const;
  /// Takes it.
  std::vector<SeenQuery> take_queries();
  size_t bytes_written() const;

  static std::vector<uint8_t> framed(Bytes message) {
    std::vector<uint8_t> frame(2);
    store_be16(frame.data(), static_cast<uint16_t>(message.size()));
    frame.insert(frame.end(), message.begin(), message.end());
    return frame;
  }

 private:
  friend class FakeStream;
  io::StreamHandler& handler_;
  FakeStream* stream_ = nullptr;
  bool opened_ = false;
};

class FakeStream final : public io::ByteStream {
 public:
  FakeStream(std::shared_ptr<FakePeer> peer, size_t queue_max)
      : peer_(std::move(peer)), queue_max_(queue_max) {
    peer_->stream_ = this;
  }
  ~FakeStream() override { peer_->stream_ = nullptr; }

  void set_handler(io::StreamHandler*) override {}
  MutableBytes reserve(size_t size) override {
    if (closing_ || written_.size() + size > queue_max_) return {};
    room_.assign(size, 0xee);
    return room_;
  }
  void commit(size_t size) override {
    written_.insert(written_.end(), room_.begin(), room_.begin() + static_cast<ptrdiff_t>(size));
  }
  size_t bytes_queued() const override { return written_.size(); }
  void pause_reading() override {}
  void resume_reading() override {}
  void close() override { closing_ = true; }
  void abort() override { closing_ = true; }
  bool active() const override { return true; }

 private:
  friend class FakePeer;
  std::shared_ptr<FakePeer> peer_;
  const size_t queue_max_;
  std::vector<uint8_t> room_;
  std::vector<uint8_t> written_;
  bool closing_ = false;
};

inline bool FakePeer::closing() const {
  return stream_ && stream_->closing_;
}

inline size_t FakePeer::bytes_written() const {
  return stream_ ? stream_->written_.size() : 0;
}

inline void FakePeer::finish(io::CloseReason reason, const char* detail) {
  if (gone()) return;
  if (closing()) reason = io::CloseReason::Local;
  if (reason == io::CloseReason::Peer) handler_.on_peer_finished();
  handler_.on_closed(reason, detail);
}

inline std::vector<SeenQuery> FakePeer::queries() const {
  std::vector<SeenQuery> queries;
  if (gone()) return queries;
  Bytes left = stream_->written_;
  while (left.size() >= 2) {
    const size_t size = load_be16(left.data());
    const Bytes message = left.subspan(2, size);
    queries.push_back({{message.begin(), message.end()}});
    left = left.subspan(2 + size);
  }
  return queries;
}

inline std::vector<SeenQuery> FakePeer::take_queries() {
  std::vector<SeenQuery> taken = queries();
  if (!gone()) stream_->written_.clear();
  return taken;
}

/// The answer to a query: its header and question, and what the test asks for.
struct AnswerFields {
  uint16_t rcode = 0;
  std::optional<uint16_t> keepalive_100ms = {};
  std::optional<uint16_t> extended_error = {};
  const char* other_name = nullptr;  ///< answers another question
  bool without_question = false;
};

inline std::vector<uint8_t> answer_to(const SeenQuery& query, const AnswerFields& fields = {}) {
  const dns::QueryView view = query.view();
  std::vector<uint8_t> room(1024);
  Writer writer(room);
  writer.u16(query.id());
  writer.u16(static_cast<uint16_t>(dns::kFlagQr | dns::kFlagRd | dns::kFlagRa | fields.rcode));
  writer.u16(fields.without_question ? 0 : 1);
  writer.u16(0);
  writer.u16(0);
  writer.u16(1);
  const auto other = fields.other_name ? dns::name_from_text(fields.other_name) : std::nullopt;
  if (!fields.without_question) {
    writer.bytes(other ? other->wire() : view.question.name);
    writer.u16(view.question.type);
    writer.u16(view.question.klass);
  }
  dns::OptFields opt;
  opt.keepalive_100ms = fields.keepalive_100ms;
  opt.extended_error = fields.extended_error;
  dns::write_opt(writer, opt);
  room.resize(writer.offset());
  return room;
}

inline dns::QuestionKey key_of(const char* name, uint16_t type = dns::type::kA,
                               uint8_t bits = dns::QuestionKey::kRd) {
  const dns::Name wire = *dns::name_from_text(name);
  return dns::QuestionKey({wire.wire(), type, dns::kClassIn}, bits, HashKey{1, 2});
}

/// Makes streams; the test plays the peers.
class FakeDialer final : public Dialer {
 public:
  std::unique_ptr<io::ByteStream> dial(io::StreamHandler& handler) override {
    peers.push_back(std::make_shared<FakePeer>(handler));
    return std::make_unique<FakeStream>(peers.back(), queue_max);
  }
  bool resumed(const io::ByteStream&) const override { return resumes; }
  DialFailure failure(const io::ByteStream&) const override { return dial_failure; }

  std::vector<std::shared_ptr<FakePeer>> peers;
  size_t queue_max = 1 << 20;
  bool resumes = false;
  DialFailure dial_failure = DialFailure::Other;
};

}  // namespace dotring::upstream
