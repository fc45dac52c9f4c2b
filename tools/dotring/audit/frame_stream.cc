#include "tools/dotring/audit/frame_stream.h"

#include <fstrm.h>

#include <memory>

namespace dotring::appliance::frame_stream {
namespace {

constexpr std::string_view kContentType = "protobuf:dnstap.Dnstap";
constexpr size_t kHeaderSize = 8;  // zeros that tell it from data, and its size

struct Destroy {
  void operator()(fstrm_control* control) const { fstrm_control_destroy(&control); }
};
using Control = std::unique_ptr<fstrm_control, Destroy>;

const uint8_t* content_type() {
  return bytes_of(kContentType).data();
}

std::vector<uint8_t> encoded(fstrm_control_type type, bool with_content_type) {
  const Control control(fstrm_control_init());
  fstrm_control_set_type(control.get(), type);
  if (with_content_type) {
    fstrm_control_add_field_content_type(control.get(), content_type(), kContentType.size());
  }
  std::vector<uint8_t> octets(FSTRM_CONTROL_FRAME_LENGTH_MAX + kHeaderSize);
  size_t size = octets.size();
  const fstrm_res result =
      fstrm_control_encode(control.get(), octets.data(), &size, FSTRM_CONTROL_FLAG_WITH_HEADER);
  octets.resize(result == fstrm_res_success ? size : 0);
  return octets;
}

}  // namespace

std::vector<uint8_t> ready() {
  return encoded(FSTRM_CONTROL_READY, true);
}

std::vector<uint8_t> start() {
  return encoded(FSTRM_CONTROL_START, true);
}

std::vector<uint8_t> stop() {
  return encoded(FSTRM_CONTROL_STOP, false);
}

Reply read_reply(Bytes octets) {
  if (octets.size() < kHeaderSize) return Reply::Incomplete;
  const size_t size = load_be32(octets.data() + 4);
  if (load_be32(octets.data()) != 0 || size > FSTRM_CONTROL_FRAME_LENGTH_MAX) return Reply::Refused;
  if (octets.size() < kHeaderSize + size) return Reply::Incomplete;
  const Control control(fstrm_control_init());
  fstrm_control_type type;
  if (fstrm_control_decode(control.get(), octets.data(), kHeaderSize + size,
                           FSTRM_CONTROL_FLAG_WITH_HEADER) != fstrm_res_success ||
      fstrm_control_get_type(control.get(), &type) != fstrm_res_success) {
    return Reply::Refused;
  }
  if (type == FSTRM_CONTROL_FINISH) return Reply::Finished;
  const bool same = fstrm_control_match_field_content_type(
                        control.get(), content_type(), kContentType.size()) == fstrm_res_success;
  return type == FSTRM_CONTROL_ACCEPT && same ? Reply::Accepted : Reply::Refused;
}

}  // namespace dotring::appliance::frame_stream
