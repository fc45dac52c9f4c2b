// The audit log's lines: one JSON object per query.
//
//   {"time":"2025-01-31T23:59:59.123456Z","client":"192.0.2.1","port":4711,"transport":"udp",
//    "name":"www.example.com.","type":"A","class":"IN","flags":"rd ad do","rcode":"NOERROR",
//    "reply_flags":"ra","source":"memory","latency_us":0,"query_size":33,"size":49}
//
// Dropped queries have "dropped" with the reason in the place of rcode, reply_flags and size; those
// that cannot be read have no name, type and class. Names of fields only ever get more.

#pragma once

#include "tools/dotring/audit/client_mask.h"
#include "tools/dotring/audit/format.h"

namespace dotring::appliance {

class JsonFormat final : public Format {
 public:
  explicit JsonFormat(const ClientMask& mask) : mask_(mask) {}

  void append(const Record& record, const WallTime& time, std::vector<uint8_t>& to) override;

 private:
  const ClientMask mask_;
};

}  // namespace dotring::appliance
