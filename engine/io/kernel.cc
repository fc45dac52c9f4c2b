#include "engine/io/kernel.h"

#include <cerrno>
#include <cstring>

namespace dotring::io {

std::string error_text(int error) {
  char text[128];
  return std::string(strerror_r(error, text, sizeof text)) + " (" + std::to_string(error) + ")";
}

std::string explain_ring_failure(int error) {
  const std::string cause = "io_uring is not available: " + error_text(error);
  switch (error) {
    case EPERM:
    case EACCES:
      return cause +
             "; it is forbidden here: allow io_uring_setup, io_uring_enter and io_uring_register "
             "in the "
             "container's seccomp profile, or set sysctl kernel.io_uring_disabled=0";
    case ENOSYS:
      return cause +
             "; the kernel was built without it or a seccomp profile hides it: run Linux 6.1 or "
             "newer, or "
             "allow io_uring_setup, io_uring_enter and io_uring_register";
    case EINVAL:
      return cause + "; the kernel is older than Linux 6.1: run a newer one";
    case ENOMEM:
      return cause + "; raise the limit of locked memory (ulimit -l, LimitMEMLOCK=)";
    case EMFILE:
    case ENFILE:
      return cause + "; raise the limit of open files (ulimit -n, LimitNOFILE=)";
    default:
      return cause;
  }
}

}  // namespace dotring::io
