#include "tls/trust.h"

#include <algorithm>
#include <cassert>

#include "tls/certificate_view.h"
#include "tls/wolfssl.h"

namespace dotring::tls {
namespace {

SpkiPin pin_of(Bytes public_key_info) {
  SpkiPin pin;
  const auto size = static_cast<word32>(public_key_info.size());
  const int failed = wc_Sha256Hash(public_key_info.data(), size, pin.data());
  assert(failed == 0);
  (void)failed;
  return pin;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

// RFC 9525, 6.3: a wildcard is the whole left-most label and stands for exactly one.
bool matches(std::string_view pattern, std::string_view name) {
  if (!pattern.starts_with("*.")) return equal_ignoring_case(pattern, name);
  const size_t dot = name.find('.');
  if (dot == 0 || dot == name.npos) return false;
  return equal_ignoring_case(pattern.substr(1), name.substr(dot));
}

bool carries(const CertificateView& leaf, std::string_view name) {
  if (const auto address = IpAddress::parse(name)) return leaf.has_address(*address);
  const auto match = [&](std::string_view pattern) { return matches(pattern, name); };
  return std::any_of(leaf.dns_names.begin(), leaf.dns_names.end(), match);
}

}  // namespace

std::optional<std::string> Trust::check() const {
  if (opportunistic || !authentication_name.empty() || !pins.empty()) return std::nullopt;
  return "neither a name nor a pin to authenticate the server by";
}

bool Trust::name_is_address() const {
  return IpAddress::parse(authentication_name).has_value();
}

std::string_view Trust::host_name() const {
  std::string_view name = authentication_name;
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

std::optional<std::string> Trust::complaint_about(const CertificateView& leaf) const {
  if (opportunistic) return std::nullopt;
  const std::string_view name = host_name();
  if (!name.empty() && !carries(leaf, name)) {
    return "certificate is not for " + std::string(name) + " but for " + leaf.names_text();
  }
  if (pins.empty()) return std::nullopt;
  const SpkiPin pin = pin_of(leaf.public_key_info);
  if (std::find(pins.begin(), pins.end(), pin) != pins.end()) return std::nullopt;
  return "public key " + to_text(pin) + " matches no pin";
}

std::optional<SpkiPin> spki_pin_of(Bytes certificate_der) {
  const auto view = CertificateView::parse(certificate_der);
  if (!view) return std::nullopt;
  return pin_of(view->public_key_info);
}

std::optional<SpkiPin> parse_spki_pin(std::string_view base64) {
  // 32 octets, padded. The decoder skips white space and wants room for the padding.
  const bool plausible = base64.size() == 44 && base64.find_first_of(" \t\r\n") == base64.npos;
  if (!plausible) return std::nullopt;
  byte decoded[48];
  word32 size = sizeof decoded;
  const auto* text = reinterpret_cast<const byte*>(base64.data());
  const int failed = Base64_Decode(text, static_cast<word32>(base64.size()), decoded, &size);
  SpkiPin pin;
  if (failed != 0 || size != pin.size()) return std::nullopt;
  std::copy_n(decoded, pin.size(), pin.begin());
  return pin;
}

std::string to_text(const SpkiPin& pin) {
  char text[64];
  word32 size = sizeof text;
  const int failed = Base64_Encode_NoNl(pin.data(), static_cast<word32>(pin.size()),
                                        reinterpret_cast<byte*>(text), &size);
  assert(failed == 0);
  (void)failed;
  return {text, size};
}

}  // namespace dotring::tls
