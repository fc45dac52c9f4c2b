// Runs every file of the given folders (and every given file) through a fuzz target: so that what
// fuzzing once found is tried in every ordinary test run, with any compiler.
//
// A folder that is missing or empty is an error: a corpus that nobody runs proves nothing.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

namespace fs = std::filesystem;

bool run_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    return false;
  }
  const std::vector<char> content{std::istreambuf_iterator<char>(file), {}};
  // A copy of exactly that size, so that the sanitizers see any step beyond its end.
  const std::vector<uint8_t> data(content.begin(), content.end());
  std::printf("%s\n", path.c_str());
  std::fflush(stdout);  // the last line names the file that failed
  return LLVMFuzzerTestOneInput(data.data(), data.size()) == 0;
}

bool run_folder(const fs::path& folder) {
  size_t files = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    ++files;
    if (!run_file(entry.path())) return false;
  }
  if (files == 0) std::fprintf(stderr, "%s is empty\n", folder.c_str());
  return files > 0;
}

bool run(const fs::path& path) {
  if (fs::is_directory(path)) return run_folder(path);
  return run_file(path);
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count < 2) {
    std::fprintf(stderr, "usage: %s FOLDER_OR_FILE...\n", arguments[0]);
    return 2;
  }
  for (int i = 1; i < argument_count; ++i) {
    if (!run(arguments[i])) return 1;
  }
  return 0;
}
