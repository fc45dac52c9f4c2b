// The other end of fuzz_upstream's streams: what it has read, in which ways it answers, and an
// account of its own of what was asked.

#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/dns/framing.h"
#include "test/tls/upstream/fake_stream.h"

namespace dotring::upstream {

enum class Shape : uint8_t {
  Answer,
  ServFail,
  FinalRefusal,
  NxDomain,
  KeepaliveOver,
  KeepaliveShort,
  OtherQuestion,
  WithoutQuestion,
  OtherId,
  Cut,
  Query,
  Short,
};
inline constexpr uint8_t kShapes = 12;
inline constexpr uint8_t kAgain = 0x80;  // the same query may be answered once more

inline std::vector<uint8_t> shaped(const SeenQuery& query, Shape shape) {
  AnswerFields fields;
  if (shape == Shape::ServFail || shape == Shape::FinalRefusal) {
    fields.rcode = dns::rcode::kServFail;
  }
  if (shape == Shape::FinalRefusal) fields.extended_error = dns::extended_error::kBlocked;
  if (shape == Shape::NxDomain) fields.rcode = dns::rcode::kNxDomain;
  if (shape == Shape::KeepaliveOver) fields.keepalive_100ms = 0;
  if (shape == Shape::KeepaliveShort) fields.keepalive_100ms = 5;
  if (shape == Shape::OtherQuestion) fields.other_name = "other.example.";
  fields.without_question = shape == Shape::WithoutQuestion;
  std::vector<uint8_t> message = answer_to(query, fields);
  if (shape == Shape::OtherId) message[1] ^= 1;
  if (shape == Shape::Cut) message.pop_back();
  if (shape == Shape::Query) message[2] &= 0x7f;
  if (shape == Shape::Short) message.resize(11);
  return message;
}

/// Name, type and class of the first question, as in the message; empty: it has none.
inline std::string question_in(Bytes message) {
  Reader reader(message, dns::kHeaderSize);
  dns::skip_name(reader);
  reader.skip(4);
  if (!reader.ok()) return {};
  return std::string(text_of(message.first(reader.offset()).subspan(dns::kHeaderSize)));
}

/// One stream as its server sees it.
struct Stream {
  std::shared_ptr<FakePeer> peer;
  size_t server;
  std::vector<SeenQuery> read;
  std::vector<uint8_t> outbox;
  dns::Framing sent;  ///< what has arrived, for the count of whole messages
  std::unordered_map<uint16_t, std::string> asked;

  bool usable() const { return !peer->gone() && peer->opened() && !peer->closing(); }
  /// Notes which question each id that was written stands for.
  void note() {
    for (const SeenQuery& query : peer->queries()) asked[query.id()] = question_in(query.message);
  }
};
using Streams = std::vector<std::unique_ptr<Stream>>;

/// Dials streams to one of the servers.
class FuzzDialer final : public Dialer {
 public:
  FuzzDialer(Streams& streams, size_t server, size_t queue_max)
      : streams_(streams), server_(server), queue_max_(queue_max) {}

  std::unique_ptr<io::ByteStream> dial(io::StreamHandler& handler) override {
    auto peer = std::make_shared<FakePeer>(handler);
    streams_.push_back(std::make_unique<Stream>(Stream{peer, server_, {}, {}, {}, {}}));
    return std::make_unique<FakeStream>(peer, queue_max_);
  }
  bool resumed(const io::ByteStream&) const override { return streams_.size() % 2 == 0; }
  DialFailure failure(const io::ByteStream&) const override { return next_failure; }

  DialFailure next_failure = DialFailure::Other;

 private:
  Streams& streams_;
  size_t server_;
  size_t queue_max_;
};

}  // namespace dotring::upstream
