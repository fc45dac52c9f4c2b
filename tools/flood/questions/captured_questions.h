// The queries of a capture as a list of questions: their order, messages and nothing else.

#pragma once

#include <string>

#include "tools/flood/questions/question_list.h"

namespace dotring::flood {

/// pcap or pcapng, compressed or not; "-": standard input. Not empty: why it cannot be read at all.
/// What ends early is used up to there, and counts as skipped.
std::string read_capture(const std::string& path, QuestionList& list);

}  // namespace dotring::flood
