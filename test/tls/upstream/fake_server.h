// A DoT server that the test scripts: it answers after a latency, or has one of the faults that
// servers have.

#pragma once

#include <deque>
#include <string>

#include "test/tls/upstream/fake_stream.h"

namespace dotring::upstream {

enum class Fault {
  None,
  Refuses,            ///< connections
  BadCertificate,     ///< the handshake fails
  NoCommonCipher,     ///< the same, but not over the certificate
  StallsInHandshake,  ///< never opens
  Silent,             ///< opens, reads, answers nothing
  ClosesAfterEachAnswer,
  ResetsUnderLoad,  ///< on the tenth query in flight of a stream
  Garbage,          ///< bytes that are no DNS
  WrongId,
  WrongQuestion,
  AnswersTwice,
  DeclinesATicket,  ///< ends the first handshake, which would do without the ticket
  HalfFrame,        ///< half of an answer, then nothing
};
inline constexpr uint32_t kFaultCount = static_cast<uint32_t>(Fault::HalfFrame) + 1;

class FakeServer final : public Dialer {
 public:
  Fault fault = Fault::None;
  Fault poison = Fault::None;  ///< for names that begin with "bad"; ends or stalls their stream
  uint64_t latency_ms = 5;     ///< names that begin with "dropped" are never answered
  uint64_t connect_ms = 2;
  uint64_t idle_close_ms = 0;  ///< closes streams idle for so long; 0: never
  AnswerFields fields;
  bool resumes = false;
  bool answers_probes = true;
  size_t queue_max = 1 << 20;

  int dialled = 0;
  int queries_seen = 0;
  int probes_seen = 0;
  int answers_sent = 0;
  size_t streams_most = 0;
  std::vector<std::string> names_seen;

  std::unique_ptr<io::ByteStream> dial(io::StreamHandler& handler) override {
    ++dialled;
    streams_.push_back({std::make_shared<FakePeer>(handler), 0, 0, {}});
    streams_most = std::max(streams_most, streams_.size());
    return std::make_unique<FakeStream>(streams_.back().peer, queue_max);
  }
  bool resumed(const io::ByteStream&) const override { return resumes; }
  DialFailure failure(const io::ByteStream&) const override {
    if (fault == Fault::DeclinesATicket) return DialFailure::TicketDeclined;
    return fault == Fault::BadCertificate ? DialFailure::CertificateRefused : DialFailure::Other;
  }

  size_t open_streams() const {
    size_t open = 0;
    for (const Stream& stream : streams_) open += stream.usable();
    return open;
  }
  size_t live_streams() const { return streams_.size(); }

  /// What the network and the server do until `now_ms`.
  void turn(uint64_t now_ms) {
    now_ms_ = now_ms;
    // By index and by copy: what is called may dial.
    for (size_t i = 0; i < streams_.size(); ++i) turn_stream(i);
    std::erase_if(streams_, [](const Stream& stream) { return stream.peer->gone(); });
  }
  void reset_all() {
    for (size_t i = 0; i < streams_.size(); ++i) {
      const auto peer = streams_[i].peer;
      if (peer->opened()) peer->finish(io::CloseReason::Reset);
    }
  }
  void send_to_all(Bytes bytes) {
    for (size_t i = 0; i < streams_.size(); ++i) {
      const auto peer = streams_[i].peer;
      if (peer->opened()) peer->send(bytes);
    }
  }
  /// From now on everything is as it should be.
  void recover() {
    fault = poison = Fault::None;
    latency_ms = 5;
    connect_ms = 2;
    idle_close_ms = 0;
    fields = {};
    queue_max = 1 << 20;
    for (Stream& stream : streams_) stream.stalled = false;
  }

 private:
  struct Pending {
    SeenQuery query;
    uint64_t due_ms;
  };
  struct Stream {
    std::shared_ptr<FakePeer> peer;
    uint64_t dialled_ms;  ///< 0 until its first turn
    uint64_t traffic_ms;
    std::deque<Pending> pending;
    bool stalled = false;  ///< a question stopped it for good

    static bool is_bad(const SeenQuery& query) {
      return dns::name_to_text(query.view().question.name).starts_with("bad");
    }
    bool usable() const { return !peer->gone() && peer->opened() && !peer->closing(); }
  };

  void turn_stream(size_t i) {
    const auto peer = streams_[i].peer;
    if (peer->closing()) return peer->finish(io::CloseReason::Local);
    if (!peer->opened()) return connect(i);
    read(i);
    if (fault == Fault::ResetsUnderLoad && streams_[i].pending.size() >= 10) {
      return peer->finish(io::CloseReason::Reset);
    }
    while (!streams_[i].stalled && !peer->gone() && !peer->closing() &&
           !streams_[i].pending.empty() && streams_[i].pending.front().due_ms <= now_ms_) {
      const SeenQuery query = streams_[i].pending.front().query;
      streams_[i].pending.pop_front();
      streams_[i].traffic_ms = now_ms_;
      const bool bad = poison != Fault::None && streams_[i].is_bad(query);
      streams_[i].stalled = bad && poison != Fault::ClosesAfterEachAnswer;
      if (bad && poison == Fault::ResetsUnderLoad) return peer->finish(io::CloseReason::Reset);
      answer(*peer, query, bad ? poison : fault);
    }
    const bool idle = idle_close_ms > 0 && streams_[i].pending.empty() &&
                      now_ms_ - streams_[i].traffic_ms >= idle_close_ms;
    if (idle) peer->finish(io::CloseReason::Peer);
  }

  void connect(size_t i) {
    if (streams_[i].dialled_ms == 0) streams_[i].dialled_ms = now_ms_;
    if (now_ms_ - streams_[i].dialled_ms < connect_ms) return;
    streams_[i].traffic_ms = now_ms_;
    const auto peer = streams_[i].peer;
    switch (fault) {
      case Fault::Refuses:
        return peer->finish(io::CloseReason::ConnectFailed, "connection refused");
      case Fault::BadCertificate:
        return peer->finish(io::CloseReason::SecurityFailed, "certificate expired");
      case Fault::NoCommonCipher:
        return peer->finish(io::CloseReason::SecurityFailed, "no cipher in common");
      case Fault::StallsInHandshake:
        return;
      case Fault::DeclinesATicket:
        peer->finish(io::CloseReason::SecurityFailed, "declined");
        fault = Fault::None;
        return;
      default:
        return peer->open();
    }
  }

  void read(size_t i) {
    auto queries = streams_[i].peer->take_queries();
    if (!queries.empty()) streams_[i].peer->writable();
    for (SeenQuery& query : queries) {
      const dns::QueryView view = query.view();
      const bool probe = view.question.name.size() == 1;
      probe ? ++probes_seen : ++queries_seen;
      names_seen.push_back(dns::name_to_text(view.question.name));
      streams_[i].traffic_ms = now_ms_;
      if (names_seen.back().starts_with("dropped") || (probe && !answers_probes)) continue;
      streams_[i].pending.push_back({query, now_ms_ + latency_ms});
    }
  }

  void answer(FakePeer& peer, const SeenQuery& query, Fault what_fault) {
    if (what_fault == Fault::Silent) return;
    ++answers_sent;
    if (what_fault == Fault::Garbage)
      return peer.send(bytes_of("HTTP/1.1 400 Bad Request\r\n\r\n"));
    AnswerFields what = fields;
    if (what_fault == Fault::WrongQuestion) what.other_name = "other.example.";
    std::vector<uint8_t> message = answer_to(query, what);
    if (what_fault == Fault::WrongId) message[1] ^= 1;
    if (what_fault == Fault::HalfFrame)
      return peer.send(Bytes(FakePeer::framed(message)).first(20));
    peer.send_message(message);
    if (what_fault == Fault::AnswersTwice) peer.send_message(message);
    if (what_fault == Fault::ClosesAfterEachAnswer) peer.finish(io::CloseReason::Peer);
  }

  uint64_t now_ms_ = 0;
  std::vector<Stream> streams_;
};

}  // namespace dotring::upstream
