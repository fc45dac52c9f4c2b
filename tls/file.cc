#include "tls/file.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>

namespace dotring::tls {
namespace {

struct Closer {
  void operator()(FILE* file) const { std::fclose(file); }
};

std::string system_error_text(int code) {
  return std::generic_category().message(code);
}

}  // namespace

std::optional<std::string> read_file(const std::string& path, std::string& content) {
  const std::unique_ptr<FILE, Closer> file(std::fopen(path.c_str(), "re"));
  if (!file) return system_error_text(errno);
  content.clear();
  char part[16384];
  while (const size_t size = std::fread(part, 1, sizeof part, file.get())) {
    content.append(part, size);
    if (content.size() > kFileSizeMax)
      return "larger than " + std::to_string(kFileSizeMax >> 20) + " MiB";
  }
  if (std::ferror(file.get())) return system_error_text(errno);
  return std::nullopt;
}

}  // namespace dotring::tls
