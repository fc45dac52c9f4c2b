// What was in the files that keys name, so that a reload can say which of them have changed.
//
// What it is: a digest per key. What it is not: the contents, which may be secrets.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dotring::appliance {

class FileContents {
 public:
  void note(const std::string& key, std::string_view content) {
    digests_[key] = std::hash<std::string_view>()(content);
  }
  void add(const FileContents& more) {
    digests_.insert(more.digests_.begin(), more.digests_.end());
  }

  /// The keys whose files have other contents than `before`, or did not exist there.
  std::vector<std::string> changed_since(const FileContents& before) const {
    std::vector<std::string> keys;
    for (const auto& [key, digest] : digests_) {
      const auto earlier = before.digests_.find(key);
      if (earlier == before.digests_.end() || earlier->second != digest) keys.push_back(key);
    }
    return keys;
  }

 private:
  std::map<std::string, uint64_t> digests_;
};

}  // namespace dotring::appliance
