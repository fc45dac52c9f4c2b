// The wire format on the hot path: what each query and each answer costs before anything is looked
// up.
//
// `dotring_micro --benchmark_filter=Dns`. HitWithoutLookup is the sum that each cache hit pays: a
// query read, its key made, the stored answer copied, aged and turned into a reply.

#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "engine/dns/message_view.h"
#include "engine/dns/message_writer.h"
#include "engine/dns/stored_answer.h"

namespace dotring::dns {
namespace {

using Octets = std::vector<uint8_t>;

constexpr HashKey kHashKey{1, 2};

// A query as clients send it: mixed case, with or without an OPT of 11 octets.
Octets make_query(bool with_opt) {
  const Name name = *name_from_text("WWW.some-Host.example.com");
  Octets query(512);
  Writer writer(query);
  write_header({0x1234, kFlagRd, 1, 0, 0, static_cast<uint16_t>(with_opt ? 1 : 0)}, query.data());
  writer = Writer(query, kHeaderSize);
  writer.bytes(name.wire());
  writer.u16(type::kA);
  writer.u16(kClassIn);
  if (with_opt) write_opt(writer, {});
  query.resize(writer.offset());
  return query;
}

// An answer with `addresses` A records and OPT.
Octets make_answer(int addresses) {
  Octets answer = make_query(false);
  answer.resize(2000);
  const size_t question_end = make_query(false).size();
  Writer writer(answer, question_end);
  for (int i = 0; i < addresses; ++i) {
    writer.u16(0xc00c);
    writer.u16(type::kA);
    writer.u16(kClassIn);
    writer.u32(300);
    writer.u16(4);
    writer.u32(0xc0000201);
  }
  write_opt(writer, {});
  answer.resize(writer.offset());
  write_header({0x1234, kFlagQr | kFlagRd | kFlagRa, 1, static_cast<uint16_t>(addresses), 0, 1},
               answer.data());
  return answer;
}

// An answer as the cache keeps it.
struct Stored {
  explicit Stored(int addresses) {
    const Octets answer = make_answer(addresses);
    const AnswerView view = view_answer(answer, {});
    if (view.fault != AnswerFault::None) std::abort();
    octets.resize(answer.size());
    octets.resize(to_stored_form(answer, view, octets.data()));
    for_each_ttl(octets,
                 [this](size_t at, uint16_t) { offsets.push_back(static_cast<uint16_t>(at)); });
  }
  Octets octets;
  std::vector<uint16_t> offsets;
};

void DnsViewQuery(benchmark::State& state) {
  const Octets query = make_query(state.range(0) != 0);
  for (auto _ : state) {
    const QueryView view = view_query(query);
    if (view.verdict != QueryVerdict::Accept) std::abort();
    benchmark::DoNotOptimize(&view);
  }
}
BENCHMARK(DnsViewQuery)->ArgName("opt")->Arg(0)->Arg(1);

void DnsQuestionKey(benchmark::State& state) {
  const Octets query = make_query(false);
  const QueryView view = view_query(query);
  for (auto _ : state) {
    const QuestionKey key(view.question, QuestionKey::kRd, kHashKey);
    benchmark::DoNotOptimize(key.hash());
  }
}
BENCHMARK(DnsQuestionKey);

void DnsCopyLower(benchmark::State& state) {
  const Octets query = make_query(false);
  const Bytes name = view_query(query).question.name;
  std::array<uint8_t, kNameSizeMax> lower;
  for (auto _ : state) {
    copy_lower(name, lower.data());
    benchmark::DoNotOptimize(lower.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(DnsCopyLower);

void DnsViewAnswer(benchmark::State& state) {
  const Octets answer = make_answer(static_cast<int>(state.range(0)));
  const Octets query = make_query(false);
  const Question question = view_query(query).question;
  for (auto _ : state) {
    const AnswerView view = view_answer(answer, question);
    if (view.fault != AnswerFault::None) std::abort();
    benchmark::DoNotOptimize(&view);
  }
}
BENCHMARK(DnsViewAnswer)->ArgName("records")->Arg(1)->Arg(8)->Arg(64);

void DnsToStoredForm(benchmark::State& state) {
  const Octets answer = make_answer(4);
  const AnswerView view = view_answer(answer, {});
  Octets stored(answer.size());
  for (auto _ : state) {
    benchmark::DoNotOptimize(to_stored_form(answer, view, stored.data()));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(DnsToStoredForm);

void DnsAgeTtls(benchmark::State& state) {
  Stored stored(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    age_ttls(stored.octets, stored.offsets.data(), stored.offsets.size(), 1, 1);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(DnsAgeTtls)->ArgName("records")->Arg(1)->Arg(4)->Arg(16);

void DnsWriteOpt(benchmark::State& state) {
  std::array<uint8_t, 512> room;
  OptFields fields;
  fields.pad_to_multiple = static_cast<uint16_t>(state.range(0));
  for (auto _ : state) {
    Writer writer(room, 100);
    write_opt(writer, fields);
    benchmark::DoNotOptimize(writer.offset());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(DnsWriteOpt)->ArgName("pad_to")->Arg(0)->Arg(128);

void DnsWriteUpstreamQuery(benchmark::State& state) {
  const Octets query = make_query(false);
  const QuestionKey key(view_query(query).question, QuestionKey::kRd, kHashKey);
  std::array<uint8_t, kUpstreamQuerySizeMax> room;
  OptFields opt;
  opt.pad_to_multiple = 128;
  for (auto _ : state) {
    benchmark::DoNotOptimize(write_upstream_query(key, 7, opt, room));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(DnsWriteUpstreamQuery);

void DnsHitWithoutLookup(benchmark::State& state) {
  const Octets query_octets = make_query(true);
  const Stored stored(static_cast<int>(state.range(0)));
  std::array<uint8_t, kUdpSizeDefault> room;
  for (auto _ : state) {
    const QueryView query = view_query(query_octets);
    const QuestionKey key(query.question, QuestionKey::kRd, kHashKey);
    benchmark::DoNotOptimize(key.hash());
    std::memcpy(room.data(), stored.octets.data(), stored.octets.size());
    age_ttls(room, stored.offsets.data(), stored.offsets.size(), 5, 0);
    benchmark::DoNotOptimize(finish_stored_reply(query, stored.octets.size(), {}, room));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(DnsHitWithoutLookup)->ArgName("records")->Arg(1)->Arg(4);

}  // namespace
}  // namespace dotring::dns
