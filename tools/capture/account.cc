#include "tools/capture/account.h"

namespace dotring::capture {
namespace {

struct Words {
  const char* key;
  const char* text;
};

constexpr std::array<Words, kFates> kWords = {{
    {"queries", "with queries"},
    {"answers", "with answers"},
    {"fragment_used", "fragments of datagrams with messages"},
    {"segment_used", "segments of messages"},
    {"not_ip", "not IP"},
    {"unknown_link", "of a link type that is not known"},
    {"other_protocol", "neither UDP nor TCP"},
    {"other_port", "of other ports"},
    {"no_payload", "TCP without payload"},
    {"repeated", "repeated segments or fragments"},
    {"cut_off", "cut off by the snap length"},
    {"malformed", "malformed headers"},
    {"not_dns", "on the port, but not DNS"},
    {"fragment_incomplete", "fragments without the rest"},
    {"fragment_overlap", "fragments that contradict each other"},
    {"segment_incomplete", "segments without the rest of the message"},
    {"segment_unaligned", "TCP joined in the middle of a message"},
}};

}  // namespace

const char* to_text(Fate fate) {
  return kWords[static_cast<size_t>(fate)].text;
}

const char* to_key(Fate fate) {
  return kWords[static_cast<size_t>(fate)].key;
}

bool is_loss(Fate fate) {
  return fate == Fate::UnknownLink || fate >= Fate::CutOff;
}

}  // namespace dotring::capture
