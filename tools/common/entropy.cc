#include "tools/common/entropy.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace dotring {

HashKey entropy_from_kernel() {
  HashKey key;
  ssize_t size = 0;
  do {
    size = getrandom(&key, sizeof key, 0);
  } while (size < 0 && errno == EINTR);
  // Requests of up to 256 octets are never cut short (getrandom(2)).
  if (size != static_cast<ssize_t>(sizeof key)) std::abort();
  return key;
}

}  // namespace dotring
