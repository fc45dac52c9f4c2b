#include "engine/dns/query_view.h"

#include "engine/dns/record.h"

namespace dotring::dns {
namespace {

// The only question, uncompressed: nothing stands before it that it could point to.
void read_question(Bytes message, Reader& reader, QueryView& view) {
  const size_t name_size = plain_name_size(message.subspan(reader.offset()));
  if (name_size == 0) return reader.fail();
  view.question.name = reader.bytes(name_size);
  view.question.type = reader.u16();
  view.question.klass = reader.u16();
  view.has_question = reader.ok();
}

void read_questions(Bytes message, Reader& reader, QueryView& view) {
  if (view.header.question_count == 1) return read_question(message, reader, view);
  for (uint32_t i = 0; i < view.header.question_count && reader.ok(); ++i) {
    skip_name(reader);
    reader.skip(4);
  }
}

// The first OPT wins, so that a reply to a message with two of them is still written for that
// client.
void read_first_opt(Bytes message, Reader& reader, const Record& record, QueryView& view) {
  Reader opt(message.first(record.end()), record.ttl_offset - 2);
  view.edns = read_opt(opt);
  view.has_opt = true;
  if (!opt.ok()) reader.fail();
}

// RFC 6891, 6.1.1: at most one OPT, its owner the root.
void read_additional(Bytes message, Reader& reader, QueryView& view) {
  for (uint32_t i = 0; i < view.header.additional_count && reader.ok(); ++i) {
    const Record record = read_record(reader);
    if (!reader.ok() || record.type != type::kOpt) continue;
    if (view.has_opt || message[record.offset] != 0) {
      reader.fail();
    } else {
      read_first_opt(message, reader, record, view);
    }
  }
}

// RFC 1995, 3: an IXFR query carries the client's SOA in the authority section.
bool authority_allowed(const QueryView& view) {
  return view.header.authority_count == 0 ||
         (view.header.authority_count == 1 && view.question.type == type::kIxfr);
}

void read_sections_between(Reader& reader, const QueryView& view) {
  const uint32_t records = uint32_t{view.header.answer_count} + view.header.authority_count;
  for (uint32_t i = 0; i < records && reader.ok(); ++i) {
    if (read_record(reader).type == type::kOpt) reader.fail();
  }
}

QueryVerdict judge(const QueryView& view, bool well_formed) {
  const Header& header = view.header;
  if (header.opcode() != opcode::kQuery) return QueryVerdict::NotImp;
  if (!well_formed || header.question_count != 1) return QueryVerdict::FormErr;
  if (header.answer_count != 0 || !authority_allowed(view)) return QueryVerdict::FormErr;
  return view.edns.version == 0 ? QueryVerdict::Accept : QueryVerdict::BadVers;
}

}  // namespace

QueryView view_query(Bytes message) {
  QueryView view;
  if (message.size() < kHeaderSize) return view;
  view.header = read_header(message);
  if (view.header.has(kFlagQr)) return view;
  Reader reader(message, kHeaderSize);
  read_questions(message, reader, view);
  read_sections_between(reader, view);
  read_additional(message, reader, view);
  view.verdict = judge(view, reader.ok() && reader.remaining() == 0);
  return view;
}

}  // namespace dotring::dns
