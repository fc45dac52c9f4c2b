# shellcheck shell=bash
# The base image of the Dockerfile, where it cannot be pulled: Debian by debootstrap under the same name.
# It is sourced: `base_image FOLDER [CHROOT]`; FOLDER is where debootstrap may work.

base_image_name=debian:bookworm-slim

# A tree as an image, without what slim images leave out: pages and packages that are installed already.
import_tree() {
  tar --directory "$1" --create --one-file-system --exclude='./proc/*' --exclude='./sys/*' --exclude='./dev/*' \
    --exclude='./root/*' --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' \
    --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' . |
    docker import --change 'CMD ["bash"]' - "$base_image_name" >/dev/null
}

base_image() {
  local folder=$1 chroot=${2:-}
  if docker image inspect "$base_image_name" >/dev/null 2>&1 || docker pull --quiet "$base_image_name" 2>/dev/null; then
    return
  fi
  if [[ ! $chroot ]]; then
    echo "base image: cannot be pulled, debootstrap makes it"
    debootstrap --variant=minbase bookworm "$folder" >"$folder.log" 2>&1
    chroot=$folder
  fi
  import_tree "$chroot"
}
