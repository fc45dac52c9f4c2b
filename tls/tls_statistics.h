// What TLS streams count. One object per owner of streams (a server's pool, a listener), not per
// stream: the histogram alone is 9.5 KB. One writer, the loop's thread.

#pragma once

#include "engine/base/counter.h"
#include "engine/base/histogram.h"

namespace dotring::tls {

struct TlsStatistics {
  Counter handshakes_full;
  Counter handshakes_resumed;
  Counter handshakes_failed;  ///< certificate, alert, garbage, or the peer left; timeouts included
  Counter tickets_declined;   ///< handshakes that ended so (TLS 1.2 only); not in handshakes_failed
  Counter records_written;    ///< with application data
  Counter plaintext_bytes_in;
  Counter plaintext_bytes_out;
  Counter ciphertext_bytes_in;
  Counter ciphertext_bytes_out;
  Counter broken_streams;  ///< open streams that ended by a bad record or an alert
  Histogram handshake_us;  ///< from the open TCP connection to on_open()
};

}  // namespace dotring::tls
