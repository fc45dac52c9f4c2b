#include "tls/certificate_view.h"

#include <algorithm>

#include "engine/base/cursor.h"

namespace dotring::tls {
namespace {

// ITU-T X.690: tags of the parts that are read.
constexpr uint8_t kSequence = 0x30;
constexpr uint8_t kObjectIdentifier = 0x06;
constexpr uint8_t kBoolean = 0x01;
constexpr uint8_t kOctetString = 0x04;
constexpr uint8_t kUtcTime = 0x17;
constexpr uint8_t kGeneralizedTime = 0x18;
constexpr uint8_t kVersion = 0xa0;     // [0] EXPLICIT
constexpr uint8_t kExtensions = 0xa3;  // [3] EXPLICIT
// RFC 5280, 4.2.1.6: GeneralName.
constexpr uint8_t kDnsName = 0x82;
constexpr uint8_t kIpAddress = 0x87;

constexpr uint8_t kSubjectAltName[] = {0x55, 0x1d, 0x11};

struct Element {
  uint8_t tag = 0;
  Bytes whole;
  Bytes content;
};

size_t read_length(Reader& reader) {
  const uint8_t first = reader.u8();
  if (first < 0x80) return first;
  const int octets = first & 0x7f;
  if (octets < 1 || octets > 3) reader.fail();
  size_t length = 0;
  for (int i = 0; i < octets && reader.ok(); ++i) length = length << 8 | reader.u8();
  return length;
}

// The next element of a sequence; `from` advances past it. Gives tag 0 and fails `ok` at nonsense.
class Sequence {
 public:
  explicit Sequence(Bytes content) : content_(content), reader_(content) {}

  bool more() const { return reader_.ok() && reader_.remaining() > 0; }
  bool ok() const { return reader_.ok(); }

  Element next() {
    const size_t start = reader_.offset();
    Element element;
    element.tag = reader_.u8();
    element.content = reader_.bytes(read_length(reader_));
    if (!reader_.ok()) return {};
    element.whole = content_.subspan(start, reader_.offset() - start);
    return element;
  }
  Element next(uint8_t tag) {
    const Element element = next();
    if (element.tag != tag) reader_.fail();
    return element;
  }
  bool next_is(uint8_t tag) const { return more() && content_[reader_.offset()] == tag; }

 private:
  Bytes content_;
  Reader reader_;
};

bool read_validity(Bytes content, CertificateView& view) {
  Sequence validity(content);
  const Element before = validity.next();
  const Element after = validity.next();
  const auto is_time = [](const Element& e) {
    return e.tag == kUtcTime || e.tag == kGeneralizedTime;
  };
  view.not_before = text_of(before.content);
  view.not_after = text_of(after.content);
  return validity.ok() && is_time(before) && is_time(after);
}

bool read_alt_names(Bytes der, CertificateView& view) {
  Sequence outer(der);
  Sequence names(outer.next(kSequence).content);
  while (outer.ok() && names.more()) {
    const Element name = names.next();
    if (name.tag == kDnsName) view.dns_names.push_back(text_of(name.content));
    if (name.tag == kIpAddress && name.content.size() == 4) {
      view.addresses.push_back(IpAddress::from_ipv4(name.content.data()));
    }
    if (name.tag == kIpAddress && name.content.size() == 16) {
      view.addresses.push_back(IpAddress::from_ipv6(name.content.data()));
    }
  }
  return outer.ok() && names.ok();
}

bool read_extensions(Bytes content, CertificateView& view) {
  Sequence outer(content);
  Sequence extensions(outer.next(kSequence).content);
  while (outer.ok() && extensions.more()) {
    Sequence extension(extensions.next(kSequence).content);
    const Element identifier = extension.next(kObjectIdentifier);
    if (extension.next_is(kBoolean)) extension.next();
    const Element value = extension.next(kOctetString);
    if (!extension.ok()) return false;
    if (equal(identifier.content, kSubjectAltName) && !read_alt_names(value.content, view))
      return false;
  }
  return outer.ok() && extensions.ok();
}

void append_printable(std::string& text, std::string_view name) {
  if (!text.empty()) text += ", ";
  for (char c : name.substr(0, 255)) text += c > ' ' && c < 0x7f ? c : '?';
}

}  // namespace

// RFC 5280, 4.1: Certificate and TBSCertificate.
std::optional<CertificateView> CertificateView::parse(Bytes der) {
  CertificateView view;
  Sequence file(der);
  Sequence certificate(file.next(kSequence).content);
  Sequence body(certificate.next(kSequence).content);
  if (body.next_is(kVersion)) body.next();
  body.next();           // serialNumber
  body.next(kSequence);  // signature
  body.next(kSequence);  // issuer
  const Element validity = body.next(kSequence);
  body.next(kSequence);  // subject
  view.public_key_info = body.next(kSequence).whole;
  const bool ok =
      file.ok() && certificate.ok() && body.ok() && read_validity(validity.content, view);
  if (!ok) return std::nullopt;
  while (body.more()) {
    const Element part = body.next();
    if (part.tag == kExtensions && !read_extensions(part.content, view)) return std::nullopt;
  }
  if (!body.ok()) return std::nullopt;
  return view;
}

bool CertificateView::has_address(const IpAddress& address) const {
  return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

std::string CertificateView::names_text() const {
  constexpr size_t kShown = 4;
  std::string text;
  size_t shown = 0;
  for (std::string_view name : dns_names) {
    if (shown++ < kShown) append_printable(text, name);
  }
  for (const IpAddress& address : addresses) {
    if (shown++ < kShown) append_printable(text, address.to_text());
  }
  if (shown > kShown) text += " and " + std::to_string(shown - kShown) + " more";
  return text.empty() ? "no name" : text;
}

std::string date_text(std::string_view time) {
  const bool digits = time.size() >= 13 && std::all_of(time.begin(), time.end() - 1,
                                                       [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || (time.size() != 13 && time.size() != 15)) return "an unknown date";
  std::string text;
  if (time.size() == 13) text = time[0] < '5' ? "20" : "19";  // RFC 5280, 4.1.2.5.1
  text += time.substr(0, time.size() - 11);
  const std::string_view rest = time.substr(time.size() - 11);
  return text + '-' + std::string(rest.substr(0, 2)) + '-' + std::string(rest.substr(2, 2));
}

}  // namespace dotring::tls
