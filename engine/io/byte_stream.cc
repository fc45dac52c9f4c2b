#include "engine/io/byte_stream.h"

namespace dotring::io {

const char* to_text(CloseReason reason) {
  switch (reason) {
    case CloseReason::Local:
      return "closed by us";
    case CloseReason::Peer:
      return "closed by the peer";
    case CloseReason::Reset:
      return "connection lost";
    case CloseReason::ConnectFailed:
      return "connect failed";
    case CloseReason::ConnectTimeout:
      return "connect timed out";
    case CloseReason::SecurityFailed:
      return "peer not trusted";
    case CloseReason::ProtocolFailed:
      return "protocol violated";
    case CloseReason::SendStalled:
      return "peer stopped reading";
  }
  return "unknown";
}

}  // namespace dotring::io
