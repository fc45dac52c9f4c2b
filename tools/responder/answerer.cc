#include "tools/responder/answerer.h"

#include <algorithm>

#include "tools/responder/query_log.h"
#include "tools/responder/server_stream.h"

namespace dotring::responder {
namespace {

constexpr uint16_t kResponsePaddingMultiple = 468;  // RFC 8467, 4.1
constexpr uint64_t kStalledIdleTimeoutMs = 3'600'000;

bool on_stream(const query::ClientQuery& query) {
  return query.transport != query::Transport::Udp;
}

ServerStream& stream_of(listen::ClientSession& session) {
  return static_cast<ServerStream&>(session.stream());
}

bool is_spoilt(const Behaviour& behaviour) {
  return behaviour.wrong_id || behaviour.wrong_question || behaviour.garbage ||
         behaviour.garbage_stream || behaviour.half_frame;
}

}  // namespace

Answerer::Answerer(io::Loop& loop, const Options& options, std::shared_ptr<const Rules> rules,
                   const HashKey& seed)
    : loop_(loop),
      options_(options),
      rules_(std::move(rules)),
      random_(seed),
      delayed_(loop.timers(), options.delayed_max) {
  delayed_.bind<&Answerer::on_due>(this);
}

void Answerer::handle(query::ReplyPort& port, const query::ClientQuery& query) {
  statistics_.queries[static_cast<size_t>(query.transport)].add();
  const dns::QueryView view = dns::view_query(query.message);
  if (options_.log_queries) log_query(query, view);
  if (view.verdict == dns::QueryVerdict::Drop) {
    statistics_.malformed.add();
    return port.drop_reply(query.reply_to);
  }
  const Behaviour& behaviour = rules_->match(view.question.name);
  if (behaviour.loss > 0 && random_.unit() < behaviour.loss) {
    statistics_.lost.add();
    return port.drop_reply(query.reply_to);
  }
  const uint64_t wait_us = delay_us(behaviour);
  if (wait_us == 0) return answer(port, query, view, behaviour);
  if (delayed_.hold(port, query, (loop_.now_us() + wait_us + 999) / 1000)) {
    return statistics_.delayed.add();
  }
  statistics_.delayed_full.add();
  answer(port, query, view, behaviour);
}

uint64_t Answerer::delay_us(const Behaviour& behaviour) {
  uint64_t delay_us = 0;
  if (behaviour.latency.shape != Latency::Shape::None)
    delay_us = behaviour.latency.draw_us(random_);
  if (behaviour.reorder > 0 && random_.unit() < behaviour.reorder) {
    delay_us += behaviour.reorder_us;
  }
  if (behaviour.stall_us > 0) {
    const uint64_t phase_us = loop_.now_us() % behaviour.stall_every_us;
    if (phase_us < behaviour.stall_us) delay_us += behaviour.stall_us - phase_us;
  }
  return delay_us;
}

// The rules may have been exchanged since, so the name is looked up again.
void Answerer::on_due(query::ReplyPort& port, const query::ClientQuery& query) {
  const dns::QueryView view = dns::view_query(query.message);
  answer(port, query, view, rules_->match(view.question.name));
}

void Answerer::answer(query::ReplyPort& port, const query::ClientQuery& query,
                      const dns::QueryView& view, const Behaviour& behaviour) {
  if (!on_stream(query)) {
    if (!behaviour.drop) return reply(port, query, view, behaviour);
    statistics_.dropped.add();
    return port.drop_reply(query.reply_to);
  }
  auto& listener = static_cast<listen::TcpListener&>(port);
  if (!begin_on_stream(listener, query.reply_to, behaviour)) {
    statistics_.dropped.add();
    port.drop_reply(query.reply_to);
  } else if (behaviour.half_frame || behaviour.garbage_stream) {
    send_broken_frame(listener, query.reply_to, view, behaviour);
  } else {
    reply(port, query, view, behaviour);
  }
  end_on_stream(listener, query.reply_to, behaviour);
}

bool Answerer::begin_on_stream(listen::TcpListener& listener, const query::ReplyTo& to,
                               const Behaviour& behaviour) {
  listen::ClientSession* session = listener.session_of(to);
  if (!session || stream_of(*session).stalled()) return false;
  if (behaviour.idle_close_ms > 0) session->set_idle_timeout(behaviour.idle_close_ms);
  if (behaviour.reset_after > 0 && session->queries() >= behaviour.reset_after) {
    stream_of(*session).reset_when_closed();
    session->abort(listen::SessionEnd::Local);
    return false;
  }
  if (!behaviour.stall_connection) return !behaviour.drop;
  stream_of(*session).stall();
  session->set_idle_timeout(kStalledIdleTimeoutMs);
  return behaviour.half_frame;
}

void Answerer::end_on_stream(listen::TcpListener& listener, const query::ReplyTo& to,
                             const Behaviour& behaviour) {
  listen::ClientSession* session = listener.session_of(to);
  if (!session || stream_of(*session).stalled()) return;
  const bool enough = behaviour.close_after > 0 && session->queries() >= behaviour.close_after;
  if (enough || behaviour.half_frame) session->finish(listen::SessionEnd::Local);
}

ReplyForm Answerer::form_of(const query::ClientQuery& query, const dns::QueryView& view) const {
  ReplyForm form;
  form.datagram = !on_stream(query);
  form.size_max = dns::kMessageSizeMax;
  if (form.datagram) {
    const size_t client_max = view.has_opt ? view.edns.udp_size : dns::kUdpSizeWithoutEdns;
    form.size_max = std::min(client_max, options_.udp_size_max);
    return form;
  }
  if (query.transport == query::Transport::Tls && view.edns.padding) {
    form.pad_to_multiple = kResponsePaddingMultiple;
  }
  if (view.edns.keepalive_100ms) form.keepalive_100ms = options_.keepalive_100ms;
  return form;
}

void Answerer::reply(query::ReplyPort& port, const query::ClientQuery& query,
                     const dns::QueryView& view, const Behaviour& behaviour) {
  const ReplyForm form = form_of(query, view);
  const MutableBytes room = port.reserve_reply(query.reply_to, reply_room(view, behaviour, form));
  const size_t whole = room.empty() ? 0 : synthesize(view, behaviour, form, room);
  if (whole == 0) return port.drop_reply(query.reply_to);
  count_reply(room.first(whole));
  if (is_spoilt(behaviour)) spoil(view, behaviour, room.first(whole));
  const size_t size = behaviour.half_frame ? whole / 2 : whole;
  if (behaviour.twice) scratch_.assign(room.begin(), room.begin() + static_cast<ptrdiff_t>(size));
  port.send_reply(query.reply_to, size);
  if (behaviour.twice) send_again(port, query, scratch_);
}

void Answerer::count_reply(Bytes message) {
  const uint16_t flags = load_be16(message.data() + 2);
  statistics_.rcodes[flags & dns::kRcodeMask].add();
  if (flags & dns::kFlagTc) statistics_.truncated.add();
}

void Answerer::spoil(const dns::QueryView& view, const Behaviour& behaviour, MutableBytes message) {
  statistics_.faults.add();
  if (behaviour.wrong_id) store_be16(message.data(), static_cast<uint16_t>(view.header.id + 1));
  if (behaviour.wrong_question && view.has_question) {
    // The first letter of the name becomes another; of the root's question the type does.
    uint8_t& octet = message[dns::kHeaderSize + (view.question.name.size() > 1 ? 1u : 2u)];
    octet = (octet | 0x20) == 'x' ? 'y' : 'x';
  }
  if (behaviour.garbage || behaviour.garbage_stream) {
    for (uint8_t& octet : message) octet = static_cast<uint8_t>(random_.next());
  }
}

void Answerer::send_again(query::ReplyPort& port, const query::ClientQuery& query, Bytes message) {
  statistics_.faults.add();
  if (!on_stream(query)) {
    return static_cast<listen::UdpListener&>(port).send_besides(query.reply_to, message);
  }
  listen::ClientSession* session =
      static_cast<listen::TcpListener&>(port).session_of(query.reply_to);
  if (session) session->send_besides(message);
}

// Half of a frame that is right, or a whole one that is not.
void Answerer::send_broken_frame(listen::TcpListener& listener, const query::ReplyTo& to,
                                 const dns::QueryView& view, const Behaviour& behaviour) {
  ReplyForm form;
  form.size_max = dns::kMessageSizeMax;
  scratch_.resize(2 + reply_room(view, behaviour, form));
  const MutableBytes frame = scratch_;
  const size_t size = synthesize(view, behaviour, form, frame.subspan(2));
  store_be16(frame.data(), static_cast<uint16_t>(size));
  statistics_.faults.add();
  if (behaviour.garbage_stream) {
    for (uint8_t& octet : frame) octet = static_cast<uint8_t>(random_.next());
  }
  if (listen::ClientSession* session = listener.session_of(to)) {
    session->stream().send(frame.first(behaviour.half_frame ? 2 + size / 2 : 2 + size));
  }
  listener.drop_reply(to);
}

}  // namespace dotring::responder
