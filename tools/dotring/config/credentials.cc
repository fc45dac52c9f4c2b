#include "tools/dotring/config/credentials.h"

#include <unistd.h>

#include "tools/dotring/config/key.h"

namespace dotring::appliance {
namespace {

bool names_a_file(const Key& key) {
  return key.form == Form::Quoted &&
         (key.name.ends_with("_file") || key.name.ends_with("_file_old"));
}

}  // namespace

void find_credentials(Configuration& configuration, const std::string& directory) {
  if (directory.empty()) return;
  for (const Key& key : keys()) {
    if (!names_a_file(key)) continue;
    const std::string path = key.get(configuration, key.limits).front();
    if (path.empty() || path.front() == '/') continue;
    const std::string credential = directory + "/" + path;
    if (access(credential.c_str(), R_OK) != 0) continue;
    key.set(configuration, key.limits, std::span(&credential, 1));
  }
}

}  // namespace dotring::appliance
