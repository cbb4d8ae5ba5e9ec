// SPDX-License-Identifier: MIT
// Sources: linux/netfilter/nfnetlink_conntrack.h, libnetfilter_conntrack.
#include "conntrack.hpp"

#include <arpa/inet.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "arguments.hpp"
#include "conntrack-flow.hpp"

namespace nftoggle {
namespace {

// An inserted flow lives this long without a packet, in seconds; its next packet extends it.
constexpr std::uint32_t kInsertedTimeout = 600;

nlmsghdr *put_header(char *buffer, std::uint16_t type, std::uint16_t flags, std::uint8_t family,
                     std::uint32_t sequence) {
  nlmsghdr *header = mnl_nlmsg_put_header(buffer);
  header->nlmsg_type = static_cast<std::uint16_t>((NFNL_SUBSYS_CTNETLINK << 8) | type);
  header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  header->nlmsg_seq = sequence;
  auto *generic = static_cast<nfgenmsg *>(mnl_nlmsg_put_extra_header(header, sizeof(nfgenmsg)));
  generic->nfgen_family = family;
  generic->version = NFNETLINK_V0;
  return header;
}

void set_tuple(nf_conntrack *flow, const Napi::Object &from, const TupleAttributes &tuple) {
  const std::string source = string_from(from.Get("source"), "source");
  const std::string destination = string_from(from.Get("destination"), "destination");
  const int family = source.find(':') == std::string::npos ? AF_INET : AF_INET6;
  std::array<std::uint8_t, 16> bytes{};
  const auto set = [&](const std::string &text, nf_conntrack_attr four, nf_conntrack_attr six) {
    if (inet_pton(family, text.c_str(), bytes.data()) != 1)
      throw Napi::TypeError::New(from.Env(), "\"" + text + "\" is no address");
    nfct_set_attr(flow, family == AF_INET ? four : six, bytes.data());
  };
  set(source, tuple.v4_source, tuple.v6_source);
  set(destination, tuple.v4_destination, tuple.v6_destination);
  const bool original = tuple.source_port == ATTR_ORIG_PORT_SRC;
  nfct_set_attr_u8(flow, original ? ATTR_ORIG_L3PROTO : ATTR_REPL_L3PROTO, static_cast<std::uint8_t>(family));
  nfct_set_attr_u16(flow, tuple.source_port, htons(number16_from(from.Get("sourcePort"), "sourcePort")));
  nfct_set_attr_u16(flow, tuple.destination_port, htons(number16_from(from.Get("destinationPort"), "destinationPort")));
}

// Ports that flows lead to. Both ends are included.
struct PortRange {
  std::uint8_t protocol;
  std::uint16_t from, to;
};

std::uint8_t protocol_from(const Napi::Object &object) {
  return string_from(object.Get("protocol"), "protocol") == "tcp" ? IPPROTO_TCP : IPPROTO_UDP;
}

std::vector<PortRange> ranges_from(const Napi::Value &value) {
  if (!value.IsArray()) throw Napi::TypeError::New(value.Env(), "ports must be an array");
  const auto array = value.As<Napi::Array>();
  std::vector<PortRange> ranges;
  for (std::uint32_t i = 0; i < array.Length(); i++) {
    const Napi::Object range = object_from(array.Get(i), "range");
    ranges.push_back({protocol_from(range), number16_from(range.Get("from"), "from"), number16_from(range.Get("to"), "to")});
  }
  return ranges;
}

const nlattr *find_nested(const nlattr *within, std::uint16_t type) {
  const auto *attribute = static_cast<const nlattr *>(mnl_attr_get_payload(within));
  const char *end = reinterpret_cast<const char *>(attribute) + mnl_attr_get_payload_len(within);
  for (; mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char *>(attribute)));
       attribute = mnl_attr_next(attribute))
    if (mnl_attr_get_type(attribute) == type) return attribute;
  return nullptr;
}

// Does one direction of a flow, a CTA_TUPLE_*, lead to one of the ports?
bool leads_to(const nlattr *tuple, const std::vector<PortRange> &ranges) {
  const nlattr *transport = find_nested(tuple, CTA_TUPLE_PROTO);
  if (transport == nullptr) return false;
  const nlattr *number = find_nested(transport, CTA_PROTO_NUM);
  const nlattr *destination = find_nested(transport, CTA_PROTO_DST_PORT);
  if (number == nullptr || destination == nullptr) return false;
  const std::uint8_t protocol = mnl_attr_get_u8(number);
  const std::uint16_t port = ntohs(mnl_attr_get_u16(destination));
  return std::any_of(ranges.begin(), ranges.end(), [&](const PortRange &range) {
    return range.protocol == protocol && range.from <= port && port <= range.to;
  });
}

// Looks at the bytes themselves: to make an object of every flow that nobody asked for takes most of a second.
bool leads_to_any(const nlmsghdr *message, const std::vector<PortRange> &ranges) {
  bool leads = false;
  for_each_attribute(message, [&](const nlattr *attribute) {
    const int type = mnl_attr_get_type(attribute);
    if (type == CTA_TUPLE_ORIG || type == CTA_TUPLE_REPLY) leads = leads || leads_to(attribute, ranges);
  });
  return leads;
}

}  // namespace

Napi::Function Conntrack::define(Napi::Env env) {
  return DefineClass(env, "Conntrack",
                     {InstanceMethod<&Conntrack::list>("list"), InstanceMethod<&Conntrack::remove>("remove"),
                      InstanceMethod<&Conntrack::set_mark>("setMark"), InstanceMethod<&Conntrack::insert>("insert")});
}

Conntrack::Conntrack(const Napi::CallbackInfo &info) : Napi::ObjectWrap<Conntrack>(info) {
  guarded(info.Env(), [&] { socket_ = std::make_unique<NetlinkSocket>(); });
}

// list(value, mask, ports?): every TCP and UDP flow, IPv4 and IPv6, whose mark has `value` in the bits of `mask`,
// and of which one direction at least leads to one of `ports`, [{ protocol, from, to }].
Napi::Value Conntrack::list(const Napi::CallbackInfo &info) {
  const std::uint32_t value = number_from(info[0], "value");
  const std::uint32_t mask = number_from(info[1], "mask");
  const std::vector<PortRange> ranges =
      info[2].IsUndefined() ? std::vector<PortRange>{{IPPROTO_TCP, 0, 0xffff}, {IPPROTO_UDP, 0, 0xffff}} : ranges_from(info[2]);
  auto flows = Napi::Array::New(info.Env());
  return guarded(info.Env(), [&]() -> Napi::Value {
    for (const std::uint8_t family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
      alignas(nlmsghdr) char buffer[256];
      nlmsghdr *request = put_header(buffer, IPCTNL_MSG_CT_GET, NLM_F_DUMP, family, ++sequence_);
      if (mask != 0) {
        mnl_attr_put_u32(request, CTA_MARK, htonl(value));
        mnl_attr_put_u32(request, CTA_MARK_MASK, htonl(mask));
      }
      const std::uint32_t before = flows.Length();
      const auto take = [&](const nlmsghdr *message) {
        if (!leads_to_any(message, ranges)) return;
        const Napi::HandleScope scope(info.Env());
        const FlowPointer flow(nfct_new());
        if (nfct_nlmsg_parse(message, flow.get()) < 0) return;
        flows.Set(flows.Length(), connection_to_javascript(info.Env(), flow.get()));
      };
      socket_->dump(request, "list conntrack flows", take, [&] { flows.Set("length", before); });
    }
    return flows;
  });
}

// remove(flow): false when it was gone already. Found by its original tuple.
Napi::Value Conntrack::remove(const Napi::CallbackInfo &info) {
  return Napi::Boolean::New(info.Env(), change(info[0], IPCTNL_MSG_CT_DELETE, 0, nullptr, false, "remove a conntrack flow"));
}

// setMark(flow, mark): false when the flow is gone. The whole 32 bits are replaced.
Napi::Value Conntrack::set_mark(const Napi::CallbackInfo &info) {
  const std::uint32_t mark = number_from(info[1], "mark");
  return Napi::Boolean::New(info.Env(), change(info[0], IPCTNL_MSG_CT_NEW, 0, &mark, false, "mark a conntrack flow"));
}

// insert(flow, mark): an established TCP flow that the kernel had not been tracking; false when it has it.
Napi::Value Conntrack::insert(const Napi::CallbackInfo &info) {
  const std::uint32_t mark = number_from(info[1], "mark");
  return Napi::Boolean::New(
      info.Env(), change(info[0], IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL, &mark, true, "insert a conntrack flow"));
}

bool Conntrack::change(const Napi::Value &value, std::uint16_t type, std::uint16_t flags, const std::uint32_t *mark,
                       bool established, const char *name) {
  const Napi::Object object = object_from(value, "flow");
  const FlowPointer flow(nfct_new());
  set_tuple(flow.get(), object_from(object.Get("original"), "original"), kOriginal);
  nfct_set_attr_u8(flow.get(), ATTR_L4PROTO, protocol_from(object));
  if (mark != nullptr) nfct_set_attr_u32(flow.get(), ATTR_MARK, *mark);
  if (established) {
    nfct_setobjopt(flow.get(), NFCT_SOPT_SETUP_REPLY);
    nfct_set_attr_u32(flow.get(), ATTR_STATUS, IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED);
    nfct_set_attr_u32(flow.get(), ATTR_TIMEOUT, kInsertedTimeout);
    nfct_set_attr_u8(flow.get(), ATTR_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
    // Its window is unknown to us, so conntrack must not check it.
    const std::uint8_t liberal = IP_CT_TCP_FLAG_BE_LIBERAL;
    for (const auto attribute : {ATTR_TCP_FLAGS_ORIG, ATTR_TCP_MASK_ORIG, ATTR_TCP_FLAGS_REPL, ATTR_TCP_MASK_REPL})
      nfct_set_attr_u8(flow.get(), attribute, liberal);
  }
  return guarded(object.Env(), [&] {
    alignas(nlmsghdr) char buffer[2048];
    nlmsghdr *header = put_header(buffer, type, static_cast<std::uint16_t>(flags | NLM_F_ACK),
                                  nfct_get_attr_u8(flow.get(), ATTR_ORIG_L3PROTO), ++sequence_);
    nfct_nlmsg_build(header, flow.get());
    if (const int number = socket_->send(header, header->nlmsg_len)) throw SystemError(name, number);
    try {
      socket_->expect_acknowledged(name, header->nlmsg_seq);
    } catch (const SystemError &error) {
      if (error.number() == ENOENT || error.number() == EEXIST) return false;
      throw;
    }
    return true;
  });
}

}  // namespace nftoggle
