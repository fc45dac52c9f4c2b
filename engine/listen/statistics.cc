#include "engine/listen/statistics.h"

namespace dotring::listen {

const char* to_text(SessionEnd end) {
  switch (end) {
    case SessionEnd::Client:
      return "client";
    case SessionEnd::Reset:
      return "reset";
    case SessionEnd::Idle:
      return "idle";
    case SessionEnd::Lifetime:
      return "lifetime";
    case SessionEnd::QueriesMax:
      return "queries_max";
    case SessionEnd::BadFrame:
      return "bad_frame";
    case SessionEnd::SlowReader:
      return "slow_reader";
    case SessionEnd::SecurityFailed:
      return "security_failed";
    case SessionEnd::MemoryShort:
      return "memory_short";
    case SessionEnd::Drain:
      return "drain";
    case SessionEnd::Local:
      return "local";
    case SessionEnd::HandedOver:
      return "handed_over";
  }
  return "unknown";
}

}  // namespace dotring::listen
