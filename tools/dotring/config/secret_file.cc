#include "tools/dotring/config/secret_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>

#include "tls/file.h"

namespace dotring::appliance {
namespace {

bool parse_hexadecimal(std::string_view text, MutableBytes secret) {
  if (text.size() != 2 * secret.size()) return false;
  for (size_t i = 0; i < secret.size(); ++i) {
    const char* from = text.data() + 2 * i;
    const auto result = std::from_chars(from, from + 2, secret[i], 16);
    if (result.ec != std::errc() || result.ptr != from + 2) return false;
  }
  return true;
}

bool others_may_read(const std::string& path) {
  struct stat status {};
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & kOthers);
}

}  // namespace

std::optional<std::string> read_secret_content(const std::string& path, std::string& content,
                                               bool& exposed) {
  if (auto failure = tls::read_file(path, content))
    return "cannot be read: " + *failure + "; give a file that dotring may read";
  exposed = others_may_read(path);
  return std::nullopt;
}

std::optional<std::string> parse_secret(std::string_view content, MutableBytes secret) {
  if (content.size() == secret.size()) {
    std::copy(content.begin(), content.end(), secret.begin());
    return std::nullopt;
  }
  const size_t end = content.find_last_not_of("\r\n");
  const std::string_view digits = content.substr(0, end == std::string_view::npos ? 0 : end + 1);
  if (parse_hexadecimal(digits, secret)) return std::nullopt;
  const std::string octets = std::to_string(secret.size());
  return "neither " + octets + " octets nor " + std::to_string(2 * secret.size()) +
         " hexadecimal digits; make one by `openssl rand -hex " + octets + "`";
}

std::optional<std::string> read_secret_file(const std::string& path, MutableBytes secret,
                                            bool& exposed) {
  std::string content;
  if (auto problem = read_secret_content(path, content, exposed)) return problem;
  return parse_secret(content, secret);
}

}  // namespace dotring::appliance
