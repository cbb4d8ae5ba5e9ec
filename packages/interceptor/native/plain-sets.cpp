// SPDX-License-Identifier: MIT
// Sets as every `nft` can read them.
//
// libnftables keeps with each set how its owner wrote it, for its own listings. From 1.1.2 on it does so for all sets, in a form
// on which `nft` and libnftables before that end with a segmentation fault, whichever table they were asked about: a
// guard from a container with the newer library would break the machine's own `nft`, firewalld and all else that has the older
// one. We write types, not expressions, so there is nothing in it that a listing would miss.
//
// libnftables hands it to libnftnl by nftnl_set_set_data(). It is loaded as a dependency of this addon, and the dynamic
// linker looks up names in who asked for a library before it looks in that library's own dependencies (ld.so(8), dlopen(3)): so
// it finds this one.
#include <dlfcn.h>
#include <libnftnl/set.h>

#include <cstdint>
#include <vector>

namespace {

// NFTNL_UDATA_SET_KEY_TYPEOF and NFTNL_UDATA_SET_DATA_TYPEOF of libnftnl/udata.h.
constexpr std::uint8_t keyTypeof = 3;
constexpr std::uint8_t dataTypeof = 4;

// Entries of a type, a length and as many bytes (libnftnl, src/udata.c). What is cut short is passed on as it is.
std::vector<std::uint8_t> withoutTypeof(const std::uint8_t *data, std::uint32_t length) {
  std::vector<std::uint8_t> kept;
  for (std::uint32_t at = 0; at < length;) {
    const std::uint32_t size = at + 1 < length ? 2U + data[at + 1] : length - at;
    const std::uint32_t end = size < length - at ? at + size : length;
    if (data[at] != keyTypeof && data[at] != dataTypeof) kept.insert(kept.end(), data + at, data + end);
    at = end;
  }
  return kept;
}

using SetData = int (*)(nftnl_set *, std::uint16_t, const void *, std::uint32_t);

}  // namespace

extern "C" __attribute__((visibility("default"))) int nftnl_set_set_data(nftnl_set *set, std::uint16_t attribute,
                                                                        const void *data, std::uint32_t length) {
  static const auto next = reinterpret_cast<SetData>(dlsym(RTLD_NEXT, "nftnl_set_set_data"));
  if (attribute != NFTNL_SET_USERDATA) return next(set, attribute, data, length);
  const auto plain = withoutTypeof(static_cast<const std::uint8_t *>(data), length);
  return plain.empty() ? 0 : next(set, attribute, plain.data(), static_cast<std::uint32_t>(plain.size()));
}
