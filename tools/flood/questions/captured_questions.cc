#include "tools/flood/questions/captured_questions.h"

#include "tools/capture/capture_file.h"
#include "tools/capture/dissector.h"

namespace dotring::flood {

std::string read_capture(const std::string& path, QuestionList& list) {
  capture::CaptureFile file;
  if (auto failure = file.open(path)) return path + ": " + *failure;
  bool full = false;
  capture::Dissector dissector({}, {}, [&](const capture::Message& message) {
    if (message.kind == capture::MessageKind::Query && !full) full = !list.add(message.octets);
  });
  capture::Packet packet;
  while (!full && file.next(packet)) dissector.take(packet);
  dissector.finish();
  if (full) list.skip("the rest of the capture: too many queries");
  if (!file.failure().empty()) list.skip("the end of the capture: " + file.failure());
  return "";
}

}  // namespace dotring::flood
