// The control frames of Frame Streams for dnstap, by libfstrm: what is said before and after the
// data.
//
// A file: START, data, STOP. Between two programs: READY, then the reader's ACCEPT, START, data,
// STOP, then the reader's FINISH.

#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/bytes.h"

namespace dotring::appliance::frame_stream {

std::vector<uint8_t> ready();
std::vector<uint8_t> start();
std::vector<uint8_t> stop();

enum class Reply : uint8_t { Incomplete, Accepted, Finished, Refused };
/// What the first control frame in `octets` says; Refused: anything else than one we can go on
/// with.
Reply read_reply(Bytes octets);

}  // namespace dotring::appliance::frame_stream
