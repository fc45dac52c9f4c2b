// dnstap: CLIENT_QUERY and, where there is one, CLIENT_RESPONSE, each a frame of a Frame Stream.
//
// A response has the query's time beside its own, so that readers need not find the pair.

#pragma once

#include <string>

#include "tools/dotring/audit/client_mask.h"
#include "tools/dotring/audit/format.h"

namespace dotring::appliance {

class DnstapFormat final : public Format {
 public:
  /// `identity`: of this server, empty: none; `version`: of this program.
  DnstapFormat(const ClientMask& mask, std::string identity, std::string version)
      : mask_(mask), identity_(std::move(identity)), version_(std::move(version)) {}

  void append(const Record& record, const WallTime& time, std::vector<uint8_t>& to) override;

 private:
  const ClientMask mask_;
  std::string identity_;
  std::string version_;
};

}  // namespace dotring::appliance
