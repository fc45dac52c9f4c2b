# shellcheck shell=bash
# The distribution's packages that dotring needs, by purpose, and installing those that are missing.
# It is sourced: `packages_install build test`. It never starts, stops or changes a service.
#
# The names are those of Debian 12 and 13 and Ubuntu 24.04. `a|b` is the first one that this release has;
# `?a` is left out, and said so, where this release does not have it (its tests are then skipped).

packages_of() {
  case $1 in
    build)
      echo g++ cmake ninja-build pkg-config liburing-dev libwolfssl-dev libmimalloc-dev \
        libspdlog-dev libtomlplusplus-dev nlohmann-json3-dev libcli11-dev prometheus-cpp-dev \
        libmicrohttpd-dev libfstrm-dev libprotobuf-c-dev protobuf-c-compiler libhiredis-dev libseccomp-dev libpcap-dev zlib1g-dev liblzma-dev libzstd-dev \
        liblz4-dev ca-certificates
      ;;
    ask) echo 'bind9-dnsutils|dnsutils' ;;
    test)
      echo libgtest-dev libbenchmark-dev libldns-dev openssl python3 python3-pytest python3-pytest-xdist \
        python3-dnspython python3-cryptography knot-dnsutils 'bind9-dnsutils|dnsutils' iproute2 faketime unbound redis-server util-linux \
        groff-base dnstap-ldns fstrm-bin fail2ban '?valkey-server' python3-yaml prometheus '?kubectl|kubernetes-client' '?dnsdist' '?knot-resolver'
      ;;
    bench) echo libbenchmark-dev python3 util-linux unbound dnsdist fstrm-bin ;;
    fuzz) echo 'clang-14|clang' 'libclang-rt-14-dev|libclang-rt-dev' ;;
    *)
      echo "packages: unknown purpose '$1'" >&2
      return 2
      ;;
  esac
}

package_is_known() {
  [[ $(LC_ALL=C apt-cache policy "$1" 2>/dev/null) =~ Candidate:\ [^\(] ]]
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "packages: installing needs root, and there is no sudo; as root run: $*" >&2
    return 1
  fi
}

# Prints the entries (in their form with | and ?) of which no alternative is installed.
packages_missing() {
  local purpose entry name here
  here=$'\n'$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n')$'\n'
  for purpose in "$@"; do
    for entry in $(packages_of "$purpose"); do
      for name in $(tr '?|' '  ' <<<"$entry"); do
        if [[ $here == *$'\n'"installed $name"$'\n'* ]]; then continue 2; fi
      done
      echo "$entry"
    done
  done | sort -u
}

# Prints the name to install for one entry, nothing for an optional one that this release lacks.
package_choose() {
  local name
  for name in $(tr '?|' '  ' <<<"$1"); do
    if package_is_known "$name"; then
      echo "$name"
      return
    fi
  done
  if [[ $1 != \?* ]]; then
    echo "packages: this release has no package '$1'" >&2
    return 1
  fi
  echo "packages: this release has no package '${1#\?}': left out" >&2
}

packages_choose() {
  local entry
  for entry in $1; do package_choose "$entry" || return; done
}

# Containers often come without the servers' lists.
packages_are_listed() {
  compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null
}

# Installing unbound or dnsdist would start them on port 53: this policy denies it until the install is over.
# (A shell of its own, whose end takes it away whatever ends it. as_root tee: writing as root also where the shell is not.)
apt_install_without_services() (
  policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    trap 'as_root rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "$@" </dev/null
)

# packages_install PURPOSE...: installs what is missing for these purposes; silent when nothing is.
packages_install() {
  local missing entry names
  if ! command -v apt-get >/dev/null; then
    echo "packages: no apt-get here; Debian's names of what must be there:" >&2
    for entry in "$@"; do packages_of "$entry" >&2; done
    return 1
  fi
  missing=$(packages_missing "$@")
  if [[ ! $missing ]]; then return; fi
  # What this release does not have is no reason to ask the servers at every build.
  if grep -q '^[^?]' <<<"$missing" || ! packages_are_listed || [[ $(packages_choose "$missing" 2>/dev/null) ]]; then
    as_root apt-get update --quiet -o DPkg::Lock::Timeout=300 </dev/null
  fi
  names=$(packages_choose "$missing") || return
  # shellcheck disable=SC2086 # one argument a name
  if [[ $names ]]; then apt_install_without_services $names; fi
}
