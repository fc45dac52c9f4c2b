// The process as a whole, as the kernel and the allocator see it.

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#ifdef DOTRING_MIMALLOC
#include <mimalloc.h>
#endif

#include "tools/common/version.h"
#include "tools/dotring/metrics/sources.h"

namespace dotring::appliance {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

int open_descriptors() {
  DIR* directory = opendir("/proc/self/fd");
  if (!directory) return 0;
  int count = -3;  // ".", ".." and the directory itself
  while (readdir(directory)) ++count;
  closedir(directory);
  return count;
}

void add_memory(MetricsPage& page) {
  page.gauge("dotring_process_resident_memory_bytes", "Resident memory.", resident_bytes());
#ifdef DOTRING_MIMALLOC
  size_t elapsed_ms, user_ms, system_ms, resident, resident_peak, committed, committed_peak, faults;
  mi_process_info(&elapsed_ms, &user_ms, &system_ms, &resident, &resident_peak, &committed,
                  &committed_peak, &faults);
  page.gauge("dotring_process_heap_committed_bytes", "Memory that the allocator holds.",
             static_cast<double>(committed));
  page.gauge("dotring_process_heap_committed_peak_bytes", "The most it ever held.",
             static_cast<double>(committed_peak));
#endif
}

}  // namespace

// Of /proc/self/statm (proc(5)): the resident pages.
double resident_bytes() {
  unsigned long total_pages = 0;
  unsigned long resident_pages = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "re")) {
    const int fields = std::fscanf(file, "%lu %lu", &total_pages, &resident_pages);
    if (fields != 2) resident_pages = 0;
    std::fclose(file);
  }
  return static_cast<double>(resident_pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void add_process_metrics(MetricsPage& page) {
  page.gauge("dotring_build_info", "Always 1; the version is the label.", 1,
             {{"version", std::string(version())}});
  add_memory(page);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  page.counter("dotring_process_cpu_seconds_total", "Processor time, user and system.",
               seconds(usage.ru_utime) + seconds(usage.ru_stime));
  page.gauge("dotring_process_open_descriptors", "Open file descriptors.", open_descriptors());
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  page.gauge("dotring_process_descriptors_max", "The limit of that.",
             static_cast<double>(limit.rlim_cur));
}

}  // namespace dotring::appliance
