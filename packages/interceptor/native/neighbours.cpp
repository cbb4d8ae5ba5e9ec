// SPDX-License-Identifier: MIT
// Sources: rtnetlink(7), linux/neighbour.h.
#include "neighbours.hpp"

#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <array>
#include <cstdio>
#include <string>

#include "netlink-socket.hpp"

namespace nftoggle {
namespace {

// Answered for at some time, or told by the owner. The others are being looked for, or were not found.
constexpr unsigned int kKnown = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;
constexpr std::size_t kEthernet = 6;

std::string format_mac(const std::uint8_t *bytes) {
  std::array<char, 18> text{};
  std::snprintf(text.data(), text.size(), "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3],
                bytes[4], bytes[5]);
  return text.data();
}

struct Found {
  std::string address, mac;
};

// Both empty where the message does not have them in the lengths that they must have.
Found read_attributes(const nlmsghdr *header, std::uint8_t family) {
  Found found;
  const std::size_t length = family == AF_INET ? 4 : 16;
  const auto read = [&](const nlattr *attribute) {
    const int type = mnl_attr_get_type(attribute);
    const auto *bytes = static_cast<const std::uint8_t *>(mnl_attr_get_payload(attribute));
    if (type == NDA_DST && mnl_attr_get_payload_len(attribute) == length) {
      char text[INET6_ADDRSTRLEN];
      inet_ntop(family, bytes, text, sizeof text);
      found.address = text;
    } else if (type == NDA_LLADDR && mnl_attr_get_payload_len(attribute) == kEthernet) {
      found.mac = format_mac(bytes);
    }
  };
  for_each_attribute(header, read, sizeof(ndmsg));
  return found;
}

Napi::Value to_javascript(Napi::Env env, const Found &found, int index) {
  char name[IF_NAMESIZE] = "";
  if_indextoname(static_cast<unsigned int>(index), name);  // stays empty when the link is gone
  auto object = Napi::Object::New(env);
  object.Set("address", found.address);
  object.Set("mac", found.mac);
  object.Set("interface", static_cast<const char *>(name));
  return object;
}

}  // namespace

// listNeighbours(): [{ address, mac, interface }], IPv4 and IPv6, of links with Ethernet addresses.
Napi::Value list_neighbours(const Napi::CallbackInfo &info) {
  auto list = Napi::Array::New(info.Env());
  return guarded(info.Env(), [&]() -> Napi::Value {
    NetlinkSocket socket(0, 0, NETLINK_ROUTE);
    alignas(nlmsghdr) char buffer[64];
    nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = RTM_GETNEIGH;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request->nlmsg_seq = 1;
    mnl_nlmsg_put_extra_header(request, sizeof(ndmsg));  // zeros: every family, every link
    const auto take = [&](const nlmsghdr *header) {
      if (header->nlmsg_type != RTM_NEWNEIGH || mnl_nlmsg_get_payload_len(header) < sizeof(ndmsg)) return;
      const auto *entry = static_cast<const ndmsg *>(mnl_nlmsg_get_payload(header));
      const bool is_address = entry->ndm_family == AF_INET || entry->ndm_family == AF_INET6;
      if (!is_address || (entry->ndm_state & kKnown) == 0) return;
      const Found found = read_attributes(header, entry->ndm_family);
      if (found.address.empty() || found.mac.empty()) return;
      const Napi::HandleScope scope(info.Env());
      list.Set(list.Length(), to_javascript(info.Env(), found, entry->ndm_ifindex));
    };
    socket.dump(request, "list neighbours", take, [&] { list.Set("length", 0); });
    return list;
  });
}

}  // namespace nftoggle
