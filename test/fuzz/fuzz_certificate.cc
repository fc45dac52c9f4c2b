// Certificates: reading one never leaves its bytes, and what it gives lies inside them.

#include <cassert>
#include <cstdlib>
#include <vector>

#include "tls/certificate_view.h"
#include "tls/trust.h"

namespace dotring::tls {
namespace {

void check_inside(Bytes part, Bytes whole) {
  if (part.empty()) return;
  assert(part.data() >= whole.data());
  assert(part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace
}  // namespace dotring::tls

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace dotring;
  const Bytes der(data, size);
  const auto view = tls::CertificateView::parse(der);
  if (!view) return 0;
  assert(!view->public_key_info.empty());
  tls::check_inside(view->public_key_info, der);
  tls::check_inside(bytes_of(view->not_before), der);
  tls::check_inside(bytes_of(view->not_after), der);
  for (const std::string_view name : view->dns_names) tls::check_inside(bytes_of(name), der);
  assert(view->names_text().size() < 4 * 260 + 40);
  assert(tls::date_text(view->not_after).size() < 20);
  assert(tls::spki_pin_of(der));
  return 0;
}
