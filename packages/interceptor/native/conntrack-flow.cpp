// SPDX-License-Identifier: MIT
// Sources: linux/netfilter/nfnetlink_conntrack.h, libnetfilter_conntrack.
#include "conntrack-flow.hpp"

#include <arpa/inet.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>
#include <netinet/in.h>

namespace nftoggle {
namespace {

Napi::Object tuple_to_javascript(Napi::Env env, const nf_conntrack *flow, const TupleAttributes &tuple) {
  const std::uint8_t family = nfct_get_attr_u8(flow, ATTR_ORIG_L3PROTO);
  const bool v4 = family == AF_INET;
  const auto address = [&](nf_conntrack_attr four, nf_conntrack_attr six) {
    char text[INET6_ADDRSTRLEN];
    inet_ntop(family, nfct_get_attr(flow, v4 ? four : six), text, sizeof text);
    return Napi::String::New(env, text);
  };
  auto object = Napi::Object::New(env);
  object.Set("source", address(tuple.v4_source, tuple.v6_source));
  object.Set("destination", address(tuple.v4_destination, tuple.v6_destination));
  object.Set("sourcePort", ntohs(nfct_get_attr_u16(flow, tuple.source_port)));
  object.Set("destinationPort", ntohs(nfct_get_attr_u16(flow, tuple.destination_port)));
  return object;
}

// Flows that began before `net.netfilter.nf_conntrack_acct` was switched on have no counters.
void set_traffic(Napi::Object &object, const nf_conntrack *flow) {
  if (!nfct_attr_is_set(flow, ATTR_ORIG_COUNTER_BYTES) || !nfct_attr_is_set(flow, ATTR_REPL_COUNTER_BYTES)) return;
  const auto direction = [&](nf_conntrack_attr packets, nf_conntrack_attr bytes) {
    auto counts = Napi::Object::New(object.Env());
    counts.Set("packets", static_cast<double>(nfct_get_attr_u64(flow, packets)));
    counts.Set("bytes", static_cast<double>(nfct_get_attr_u64(flow, bytes)));
    return counts;
  };
  auto traffic = Napi::Object::New(object.Env());
  traffic.Set("original", direction(ATTR_ORIG_COUNTER_PACKETS, ATTR_ORIG_COUNTER_BYTES));
  traffic.Set("reply", direction(ATTR_REPL_COUNTER_PACKETS, ATTR_REPL_COUNTER_BYTES));
  object.Set("traffic", traffic);
}

// Both sides have closed it, and conntrack only remembers it for a while.
bool is_closed(std::uint8_t state) {
  return state == TCP_CONNTRACK_LAST_ACK || state == TCP_CONNTRACK_TIME_WAIT || state == TCP_CONNTRACK_CLOSE;
}

}  // namespace

Napi::Object connection_to_javascript(Napi::Env env, const nf_conntrack *flow) {
  auto object = Napi::Object::New(env);
  const bool tcp = nfct_get_attr_u8(flow, ATTR_L4PROTO) == IPPROTO_TCP;
  const std::uint32_t status = nfct_get_attr_u32(flow, ATTR_STATUS);
  object.Set("protocol", tcp ? "tcp" : "udp");
  object.Set("established", (status & (tcp ? IPS_ASSURED : IPS_SEEN_REPLY)) != 0);
  object.Set("original", tuple_to_javascript(env, flow, kOriginal));
  object.Set("reply", tuple_to_javascript(env, flow, kReply));
  object.Set("mark", nfct_get_attr_u32(flow, ATTR_MARK));
  object.Set("id", nfct_get_attr_u32(flow, ATTR_ID));
  // Events of kernels before 5.11 do not say the state of what ends.
  if (tcp && nfct_attr_is_set(flow, ATTR_TCP_STATE))
    object.Set("closed", is_closed(nfct_get_attr_u8(flow, ATTR_TCP_STATE)));
  set_traffic(object, flow);
  return object;
}

}  // namespace nftoggle
