// The only file that knows libseccomp.

#include "tools/dotring/process/seccomp.h"

#include <seccomp.h>

#include <cerrno>
#include <memory>

#include "engine/io/kernel.h"

namespace dotring::appliance {
namespace {

// By name, so that one that this architecture or this libseccomp does not have is passed over.
constexpr const char* kAllowed[] = {
    // Each turn.
    "io_uring_enter",
    "recvmmsg",
    "sendmmsg",
    "futex",
    "read",
    "write",
    "clock_gettime",
    // Sockets: listeners after a reload, upstreams, the admin pages, a takeover.
    "socket",
    "bind",
    "listen",
    "accept",
    "accept4",
    "connect",
    "shutdown",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    "sendmsg",
    "recvmsg",
    "sendto",
    "recvfrom",
    "socketpair",
    "eventfd2",
    "io_uring_setup",
    "io_uring_register",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "poll",
    "ppoll",
    "pselect6",
    "select",
    "timerfd_create",
    "timerfd_settime",
    "pipe2",
    // Files: configuration, lists and secrets again, logs and their rotation, /proc/self.
    "open",
    "openat",
    "close",
    "close_range",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "lseek",
    "fstat",
    "stat",
    "lstat",
    "newfstatat",
    "statx",
    "access",
    "faccessat",
    "faccessat2",
    "getdents64",
    "readlink",
    "readlinkat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "chmod",
    "fchmod",
    "fchmodat",
    "umask",
    "ftruncate",
    "fsync",
    "fdatasync",
    "fallocate",
    "fcntl",
    "ioctl",
    "dup",
    "dup2",
    "dup3",
    "flock",
    "getcwd",
    "statfs",
    "fstatfs",
    "inotify_init1",
    "inotify_add_watch",
    "inotify_rm_watch",
    "sendfile",
    "copy_file_range",
    // Memory and threads.
    "mmap",
    "munmap",
    "mremap",
    "mprotect",
    "madvise",
    "brk",
    "mincore",
    "clone",
    "clone3",
    "set_robust_list",
    "get_robust_list",
    "rseq",
    "membarrier",
    "sched_yield",
    "sched_getaffinity",
    "sched_setaffinity",
    "exit",
    "exit_group",
    "gettid",
    "setpriority",
    "getpid",
    "getppid",
    "getcpu",
    "set_tid_address",
    "arch_prctl",
    "prctl",
    "sigaltstack",
    // Signals, time, what the process is.
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "rt_sigtimedwait",
    "rt_sigpending",
    "rt_sigsuspend",
    "kill",
    "tgkill",
    "restart_syscall",
    "nanosleep",
    "clock_nanosleep",
    "clock_getres",
    "gettimeofday",
    "time",
    "getrandom",
    "getrusage",
    "getrlimit",
    "prlimit64",
    "sysinfo",
    "uname",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getgroups",
    "capget",
    "seccomp",
#ifdef __SANITIZE_ADDRESS__
    // The leak checker stops all threads as a debugger would, and names are looked up by a program.
    "ptrace",
    "getdents",
    "wait4",
    "execve",
    "fork",
    "vfork",
    "pipe",
    "personality",
    "process_vm_readv",
#endif
};

// What only somebody else in our place would do.
constexpr const char* kDeadly[] = {"execve", "execveat", "ptrace", "process_vm_readv",
                                   "process_vm_writev"};

struct Release {
  void operator()(scmp_filter_ctx context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

std::optional<std::string> failed(const char* what, int result) {
  return std::string(what) + ": " + io::error_text(-result);
}

bool is_known(int number) {
  return number != __NR_SCMP_ERROR && number >= 0;
}

int allow(const Context& context) {
  for (const char* name : kAllowed) {
    const int number = seccomp_syscall_resolve_name(name);
    if (!is_known(number)) continue;
    if (const int result = seccomp_rule_add(context.get(), SCMP_ACT_ALLOW, number, 0)) {
      return result;
    }
  }
  return 0;
}

int forbid(const Context& context) {
  for (const char* name : kDeadly) {
    const int number = seccomp_syscall_resolve_name(name);
    if (!is_known(number)) continue;
    const int result = seccomp_rule_add(context.get(), SCMP_ACT_KILL_PROCESS, number, 0);
    // Allowed above, where a sanitizer needs it.
    if (result != 0 && result != -EEXIST) return result;
  }
  return 0;
}

}  // namespace

std::optional<std::string> restrict_system_calls() {
  const Context context(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (!context) return "seccomp: no memory";
  seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_LOG, 1);
  // Some kernels slow down whoever has a filter, against code that it runs for others; there is
  // none.
  seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_SSB, 1);
  seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  if (const int result = seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_TSYNC, 1)) {
    return failed("seccomp for all threads", result);
  }
  if (const int result = allow(context)) return failed("seccomp rule", result);
  if (const int result = forbid(context)) return failed("seccomp rule", result);
  if (const int result = seccomp_load(context.get())) return failed("seccomp", result);
  return std::nullopt;
}

}  // namespace dotring::appliance
