#include "tools/responder/identity.h"

#include <fstream>

#include "tls/self_signed.h"

namespace dotring::responder {
namespace {

constexpr uint64_t kDayS = 86400;

tls::IdentityOptions identity_options(const IdentityChoice& choice, uint64_t now_s) {
  tls::IdentityOptions options;
  options.common_name = choice.make_names.front();
  for (const std::string& name : choice.make_names) {
    if (const auto address = IpAddress::parse(name)) {
      options.addresses.push_back(*address);
    } else {
      options.dns_names.push_back(name);
    }
  }
  options.not_before_s = now_s - (choice.expired ? 31 : 1) * kDayS;
  options.not_after_s = choice.expired ? now_s - kDayS : now_s + 365 * kDayS;
  options.with_authority = !choice.self_signed;
  return options;
}

std::optional<std::string> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text << std::flush;
  if (file) return std::nullopt;
  return "--write-ca " + path + ": cannot be written";
}

std::optional<std::string> make(const IdentityChoice& choice, uint64_t now_s,
                                tls::ServerOptions& options) {
  tls::Identity identity;
  if (auto failure = tls::make_identity(identity_options(choice, now_s), identity)) {
    return "--make-cert: " + *failure;
  }
  options.certificate_pem = identity.certificate_pem;
  options.key_pem = identity.key_pem;
  if (choice.write_ca_file.empty()) return std::nullopt;
  return write_file(choice.write_ca_file, identity.authority_pem);
}

}  // namespace

std::optional<std::string> open_identity(const IdentityChoice& choice, uint64_t now_s,
                                         tls::ServerContext& context) {
  tls::ServerOptions options;
  options.tls12_only = choice.tls12_only;
  options.tls13_only = choice.tls13_only;
  options.tickets = choice.tickets;
  if (choice.made()) {
    if (auto failure = make(choice, now_s, options)) return failure;
  } else {
    options.certificate_file = choice.certificate_file;
    options.key_file = choice.key_file;
  }
  if (auto failure = context.open(options)) return failure->text();
  return std::nullopt;
}

}  // namespace dotring::responder
