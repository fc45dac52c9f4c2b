#include "tls/self_signed.h"

#include <algorithm>
#include <memory>

#include "tls/error_text.h"
#include "tls/wolfssl.h"

namespace dotring::tls {
namespace {

using Der = std::vector<uint8_t>;

constexpr size_t kDerMax = 16384;
constexpr uint64_t kAuthorityFromS = 1577836800;   // 2020-01-01
constexpr uint64_t kAuthorityUntilS = 2493072000;  // 2049-01-01
constexpr uint64_t kLatestS = 2524607999;          // 2049-12-31 23:59:59

struct CertFree {
  void operator()(Cert* cert) const { wc_CertFree(cert); }
};
using CertPointer = std::unique_ptr<Cert, CertFree>;

class Generator {
 public:
  Generator() : ok_(wc_InitRng(&rng_) == 0) {}
  ~Generator() { wc_FreeRng(&rng_); }
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;
  bool ok() const { return ok_; }
  WC_RNG* rng() { return &rng_; }

 private:
  WC_RNG rng_{};
  bool ok_;
};

class Key {
 public:
  explicit Key(Generator& generator) {
    ok_ = wc_ecc_init(&key_) == 0 && wc_ecc_make_key(generator.rng(), 32, &key_) == 0;
  }
  ~Key() { wc_ecc_free(&key_); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  bool ok() const { return ok_; }
  ecc_key* get() { return &key_; }

 private:
  ecc_key key_{};
  bool ok_ = false;
};

// X.690, 8.1.3: a length below 65,536.
void append_length(Der& der, size_t length) {
  if (length >= 0x100) {
    der.insert(der.end(), {0x82, static_cast<uint8_t>(length >> 8)});
  } else if (length >= 0x80) {
    der.push_back(0x81);
  }
  der.push_back(static_cast<uint8_t>(length));
}

void append(Der& der, uint8_t tag, Bytes content) {
  der.push_back(tag);
  append_length(der, content.size());
  der.insert(der.end(), content.begin(), content.end());
}

// RFC 5280, 4.2.1.6: GeneralNames with dNSName [2] and iPAddress [7].
Der alt_names(const IdentityOptions& options) {
  Der names;
  for (const std::string& name : options.dns_names) append(names, 0x82, bytes_of(name));
  for (const IpAddress& address : options.addresses) append(names, 0x87, address.wire());
  Der der;
  if (!names.empty()) append(der, 0x30, names);
  return der;
}

struct Date {
  uint64_t year = 1970;
  uint64_t month = 1;
  uint64_t day = 1;
};

bool leap(uint64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

uint64_t days_of_year(uint64_t year) {
  return leap(year) ? 366 : 365;
}

uint64_t days_of_month(const Date& date) {
  constexpr uint8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[date.month - 1] + (date.month == 2 && leap(date.year) ? 1u : 0u);
}

Date date_of(uint64_t days_since_1970) {
  Date date;
  uint64_t days = days_since_1970;
  for (; days >= days_of_year(date.year); ++date.year) days -= days_of_year(date.year);
  for (; days >= days_of_month(date); ++date.month) days -= days_of_month(date);
  date.day += days;
  return date;
}

// RFC 5280, 4.1.2.5.1: UTCTime until 2049. Gives the size of the element.
int write_time(uint8_t* at, uint64_t time_s) {
  const Date date = date_of(time_s / 86400);
  const uint64_t second = time_s % 86400;
  const uint64_t parts[] = {date.year % 100, date.month,       date.day,
                            second / 3600,   second / 60 % 60, second % 60};
  *at++ = 0x17;
  *at++ = 13;
  for (const uint64_t part : parts) {
    *at++ = static_cast<uint8_t>('0' + part / 10);
    *at++ = static_cast<uint8_t>('0' + part % 10);
  }
  *at = 'Z';
  return 15;
}

CertPointer new_certificate(const std::string& common_name, uint64_t from_s, uint64_t until_s,
                            Key& key) {
  CertPointer cert(wc_CertNew(nullptr));
  if (!cert) return cert;
  cert->sigType = CTC_SHA256wECDSA;
  const size_t size = common_name.copy(cert->subject.commonName, CTC_NAME_SIZE - 1);
  cert->subject.commonName[size] = '\0';
  cert->beforeDateSz = write_time(cert->beforeDate, from_s);
  cert->afterDateSz = write_time(cert->afterDate, until_s);
  if (wc_SetSubjectKeyIdFromPublicKey_ex(cert.get(), ECC_TYPE, key.get()) != 0) cert.reset();
  return cert;
}

// RFC 5280, 4.2.1.9: critical in an authority's certificate, which wolfSSL 5.5 to 5.7 does not make
// it. `der` holds the TBSCertificate; the three elements around it grow. False: it is not where
// wolfSSL writes it.
bool make_basic_constraints_critical(Cert& cert, Der& der) {
  constexpr uint8_t kAuthority[] = {0x04, 5, 0x30, 3, 0x01, 1, 255};  // what the extension says
  constexpr uint8_t kUncritical[] = {0x30, 12, 0x06, 3, 0x55, 0x1d, 0x13};
  constexpr uint8_t kCritical[] = {0x01, 1, 255};
  const auto end = der.begin() + cert.bodySz;
  const auto value =
      std::search(der.begin() + 11, end, std::begin(kAuthority), std::end(kAuthority));
  if (value == end) return false;
  if (std::equal(std::begin(kCritical), std::end(kCritical), value - 3)) return true;
  const auto at = value - sizeof kUncritical;
  if (!std::equal(std::begin(kUncritical), std::end(kUncritical), at)) return false;
  if (at[-4] != 0xa3 || at[-2] != 0x30 || at[-3] > 0x7f - 3) return false;
  if (der[0] != 0x30 || der[1] != 0x82) return false;
  for (const auto length : {at + 1, at - 1, at - 3}) *length += sizeof kCritical;
  store_be16(&der[2], static_cast<uint16_t>(load_be16(&der[2]) + sizeof kCritical));
  der.insert(value, std::begin(kCritical), std::end(kCritical));
  cert.bodySz += static_cast<int>(sizeof kCritical);
  return true;
}

// Empty: failed, with wolfSSL's code in `error`.
Der sign(Cert& cert, Key& subject, Key& issuer, Generator& generator, int& error) {
  Der der(kDerMax);
  const auto room = static_cast<word32>(der.size());
  int size = wc_MakeCert_ex(&cert, der.data(), room, ECC_TYPE, subject.get(), generator.rng());
  if (size >= 0 && cert.isCA && !make_basic_constraints_critical(cert, der)) size = ASN_PARSE_E;
  if (size >= 0) {
    size = wc_SignCert_ex(cert.bodySz, cert.sigType, der.data(), room, ECC_TYPE, issuer.get(),
                          generator.rng());
  }
  error = size;
  der.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return der;
}

std::string pem(const Der& der, int type) {
  std::string text(der.size() * 2 + 256, '\0');
  const int size =
      wc_DerToPem(der.data(), static_cast<word32>(der.size()), reinterpret_cast<byte*>(text.data()),
                  static_cast<word32>(text.size()), type);
  text.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return text;
}

std::string key_pem(Key& key) {
  Der der(512);
  const int size = wc_EccKeyToDer(key.get(), der.data(), static_cast<word32>(der.size()));
  if (size <= 0) return {};
  der.resize(static_cast<size_t>(size));
  std::string text = pem(der, ECC_PRIVATEKEY_TYPE);
  explicit_bzero(der.data(), der.size());
  return text;
}

Der make_authority(const IdentityOptions& options, Key& key, Generator& generator, int& error) {
  constexpr std::string_view kSuffix = " authority";
  const std::string name =
      options.common_name.substr(0, CTC_NAME_SIZE - 1 - kSuffix.size()).append(kSuffix);
  const CertPointer cert = new_certificate(name, kAuthorityFromS, kAuthorityUntilS, key);
  if (!cert) return {};
  cert->isCA = 1;
  wc_SetKeyUsage(cert.get(), "keyCertSign,cRLSign");
  return sign(*cert, key, key, generator, error);
}

Der make_leaf(const IdentityOptions& options, const Der& authority, Key& key, Key& issuer,
              Generator& generator, int& error) {
  const CertPointer cert =
      new_certificate(options.common_name, options.not_before_s, options.not_after_s, key);
  const Der names = alt_names(options);
  if (!cert || names.size() > sizeof cert->altNames) return {};
  if (!names.empty()) std::memcpy(cert->altNames, names.data(), names.size());
  cert->altNamesSz = static_cast<int>(names.size());
  wc_SetKeyUsage(cert.get(), "digitalSignature");
  wc_SetExtKeyUsage(cert.get(), "serverAuth");
  if (!authority.empty()) {
    cert->selfSigned = 0;
    error = wc_SetIssuerBuffer(cert.get(), authority.data(), static_cast<int>(authority.size()));
    if (error == 0) error = wc_SetAuthKeyIdFromPublicKey_ex(cert.get(), ECC_TYPE, issuer.get());
    if (error != 0) return {};
  }
  return sign(*cert, key, issuer, generator, error);
}

}  // namespace

std::optional<std::string> make_identity(const IdentityOptions& options, Identity& identity) {
  if (options.not_after_s > kLatestS || options.not_before_s > options.not_after_s) {
    return "dates must be in order and before 2050";
  }
  Generator generator;
  if (!generator.ok()) return "no random numbers";
  Key authority_key(generator);
  Key key(generator);
  if (!authority_key.ok() || !key.ok()) return "cannot make a key";
  int error = 0;
  Der authority;
  if (options.with_authority) {
    authority = make_authority(options, authority_key, generator, error);
    if (authority.empty()) return "cannot make an authority: " + error_text(error);
  }
  Key& issuer = options.with_authority ? authority_key : key;
  const Der leaf = make_leaf(options, authority, key, issuer, generator, error);
  if (leaf.empty()) return "cannot make a certificate: " + error_text(error);
  identity.certificate_pem = pem(leaf, CERT_TYPE);
  identity.key_pem = key_pem(key);
  identity.authority_pem =
      options.with_authority ? pem(authority, CERT_TYPE) : identity.certificate_pem;
  return std::nullopt;
}

}  // namespace dotring::tls
