#include "tools/dotring/process/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "engine/io/kernel.h"

namespace dotring::appliance {
namespace {

std::optional<std::string> failed(const std::string& what) {
  return what + ": " + io::error_text(errno);
}

/// Capabilities as the kernel takes them: two words (capset(2), version 3).
struct Capabilities {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct words[_LINUX_CAPABILITY_U32S_3]{};

  bool read() { return syscall(SYS_capget, &header, words) == 0; }
  bool write() { return syscall(SYS_capset, &header, words) == 0; }
  /// `kept` of the first word stays where it is permitted; nothing else does.
  void reduce_to(uint32_t kept) {
    for (__user_cap_data_struct& word : words) {
      word.permitted &= kept;
      word.effective = word.permitted;
      word.inheritable = 0;
      kept = 0;
    }
  }
};

/// Programs that this process would start could not get them either. Needs CAP_SETPCAP; without,
/// no-new-privs is what keeps them away.
void reduce_bounding_set(uint32_t kept) {
  for (int one = 0; prctl(PR_CAPBSET_READ, one, 0, 0, 0) >= 0; ++one) {
    const bool keep = one < 32 && (kept >> one & 1);
    if (!keep) prctl(PR_CAPBSET_DROP, one, 0, 0, 0);
  }
}

std::optional<std::string> become(const std::string& user) {
  errno = 0;
  const passwd* entry = getpwnam(user.c_str());
  if (!entry) return "there is no such user; make one (useradd --system) or choose another";
  if (entry->pw_uid == geteuid()) return std::nullopt;
  if (geteuid() != 0) return "only root can become another user; start as root, or leave it empty";
  // Capabilities outlive the change of user only so.
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return failed("PR_SET_KEEPCAPS");
  if (initgroups(user.c_str(), entry->pw_gid) != 0) return failed("initgroups");
  if (setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0) return failed("setresgid");
  if (setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0) return failed("setresuid");
  return std::nullopt;
}

}  // namespace

std::optional<std::string> drop_privileges(const PrivilegeOptions& options) {
  const uint32_t kept = options.low_ports ? 1u << CAP_NET_BIND_SERVICE : 0;
  reduce_bounding_set(kept);
  if (!options.user.empty()) {
    if (std::optional<std::string> failure = become(options.user)) return failure;
  }
  Capabilities capabilities;
  if (!capabilities.read()) return failed("capget");
  capabilities.reduce_to(kept);
  if (!capabilities.write()) return failed("capset");
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("PR_SET_NO_NEW_PRIVS");
#ifndef __SANITIZE_ADDRESS__
  // The leak checker stops all threads as a debugger would, which this forbids.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed("PR_SET_DUMPABLE");
#endif
  return std::nullopt;
}

}  // namespace dotring::appliance
