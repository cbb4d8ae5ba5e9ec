// SPDX-License-Identifier: MIT
// A connection of the kernel's table as JavaScript sees it, in listings and in events alike.
#pragma once
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <napi.h>

#include <memory>

namespace nftoggle {

struct DestroyFlow {
  void operator()(nf_conntrack *flow) const { nfct_destroy(flow); }
};
using FlowPointer = std::unique_ptr<nf_conntrack, DestroyFlow>;

// Where libnetfilter_conntrack keeps one direction of a flow.
struct TupleAttributes {
  nf_conntrack_attr v4_source, v4_destination, v6_source, v6_destination, source_port, destination_port;
};
constexpr TupleAttributes kOriginal{ATTR_ORIG_IPV4_SRC, ATTR_ORIG_IPV4_DST, ATTR_ORIG_IPV6_SRC,
                                    ATTR_ORIG_IPV6_DST, ATTR_ORIG_PORT_SRC, ATTR_ORIG_PORT_DST};
constexpr TupleAttributes kReply{ATTR_REPL_IPV4_SRC, ATTR_REPL_IPV4_DST, ATTR_REPL_IPV6_SRC,
                                 ATTR_REPL_IPV6_DST, ATTR_REPL_PORT_SRC, ATTR_REPL_PORT_DST};

// The ConntrackFlow of native.ts. The flow is of TCP or UDP.
Napi::Object connection_to_javascript(Napi::Env env, const nf_conntrack *flow);

}  // namespace nftoggle
