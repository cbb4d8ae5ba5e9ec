// SPDX-License-Identifier: MIT
// Sources: linux/netfilter/nfnetlink_conntrack.h, linux/filter.h, net/netlink/af_netlink.c, libnetfilter_conntrack.
#include "conntrack-watch.hpp"

#include <linux/filter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_compat.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "arguments.hpp"
#include "conntrack-flow.hpp"

namespace nftoggle {
namespace {

const std::string kStep = "watch connections";
// Events of one turn; the queues have theirs before the next one.
constexpr int kTurn = 512;
// Turns of one read(), enough for 16 MiB of room: who keeps opening connections must not hold us up.
constexpr int kTurnsOfRead = 32;

// The kernel then hands over only messages whose mark has `value` in the bits of `mask`; the others take no room.
// A message that says nothing of its mark has the mark 0.
void filter_by_mark(int socket, std::uint32_t value, std::uint32_t mask) {
  const std::uint8_t if_unmarked = value == 0 ? 4 : 5;  // to the end that takes it, or to the one that does not
  std::array<sock_filter, 10> program{{
      BPF_STMT(BPF_LD | BPF_IMM, NLMSG_HDRLEN + kGenericHeader),
      BPF_STMT(BPF_LDX | BPF_IMM, CTA_MARK),
      // Where the attribute is, looked for from the former position on.
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_NLATTR)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, if_unmarked, 0),
      BPF_STMT(BPF_MISC | BPF_TAX, 0),
      BPF_STMT(BPF_LD | BPF_W | BPF_IND, NLA_HDRLEN),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) throw SystemError(kStep, errno);
}

}  // namespace

Napi::Function ConntrackWatch::define(Napi::Env env) {
  return DefineClass(env, "ConntrackWatch", {InstanceMethod<&ConntrackWatch::read>("read"),
                                             InstanceMethod<&ConntrackWatch::close>("close")});
}

// new ConntrackWatch({ value, mask, receiveBuffer, onFlows, onLost }): onFlows([{ kind, flow }]) in the kernel's order,
// TCP and UDP, IPv4 and IPv6. onLost() when events were lost, and none is any more: what happened meanwhile has to be
// listed. It goes on until close(), though nobody may know of it any more.
ConntrackWatch::ConntrackWatch(const Napi::CallbackInfo &info) : Napi::ObjectWrap<ConntrackWatch>(info) {
  const Napi::Object options = object_from(info[0], "options");
  const std::uint32_t value = number_from(options.Get("value"), "value");
  const std::uint32_t mask = number_from(options.Get("mask"), "mask");
  const std::uint32_t receive_buffer = number_from(options.Get("receiveBuffer"), "receiveBuffer");
  on_flows_ = Napi::Persistent(function_from(options.Get("onFlows"), "onFlows"));
  on_lost_ = Napi::Persistent(function_from(options.Get("onLost"), "onLost"));
  guarded(info.Env(), [&] { listen(value, mask, receive_buffer); });
}

// The filter comes first, so that nothing arrives without it.
void ConntrackWatch::listen(std::uint32_t value, std::uint32_t mask, std::uint32_t receive_buffer) {
  socket_ = std::make_unique<NetlinkSocket>(0U, SOCK_NONBLOCK);
  filter_by_mark(socket_->fd(), value, mask);
  socket_->enlarge_buffer(kStep, receive_buffer);
  for (const int group : {NFNLGRP_CONNTRACK_NEW, NFNLGRP_CONNTRACK_DESTROY}) socket_->join(kStep, group);
  uv_loop_t *loop = nullptr;
  napi_get_uv_event_loop(Env(), &loop);
  poll_ = std::make_unique<SocketPoll>(loop, socket_->fd(), [this] { on_readable(); });
  Ref();  // until it is closed: an event may come for what is forgotten already, and not yet destroyed
}

// Handlers may close this watch, which may be its end.
//
// A socket that ran over takes nothing more until it is empty (NETLINK_S_CONGESTED), and says so only once: whoever
// listed connections before that would miss what is lost afterwards.
bool ConntrackWatch::on_readable() {
  const Napi::HandleScope scope(Env());
  [[maybe_unused]] const Napi::Object self = Value();
  alignas(nlmsghdr) char buffer[65536];
  auto batch = Napi::Array::New(Env());
  bool is_empty = false;
  for (int turn = 0; turn < kTurn && !is_empty; turn++) {
    const ssize_t length = recv(socket_->fd(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (length < 0 && errno == ENOBUFS) is_losing_ = true;
    is_empty = length < 0 && errno == EAGAIN;
    int left = length < 0 ? 0 : static_cast<int>(length);
    for (auto *header = reinterpret_cast<nlmsghdr *>(buffer); mnl_nlmsg_ok(header, left);
         header = mnl_nlmsg_next(header, &left))
      append(batch, header);
  }
  if (batch.Length() > 0) call(on_flows_, {batch});
  if (!is_losing_ || !is_empty || !socket_) return is_empty;
  is_losing_ = false;
  call(on_lost_, {});
  return true;
}

// read(): hands over at once all that has happened by now, for whoever is about to list connections, or has just
// removed some: what a list shows and what events tell can then be put in order.
void ConntrackWatch::read(const Napi::CallbackInfo &) {
  for (int turn = 0; turn < kTurnsOfRead && socket_ && !on_readable(); turn++) {
  }
}

void ConntrackWatch::append(Napi::Array &batch, const nlmsghdr *message) {
  const Napi::HandleScope scope(Env());
  const FlowPointer flow(nfct_new());
  if (nfct_nlmsg_parse(message, flow.get()) < 0) return;
  const std::uint8_t protocol = nfct_get_attr_u8(flow.get(), ATTR_L4PROTO);
  if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) return;
  const bool is_gone = (message->nlmsg_type & 0xff) == IPCTNL_MSG_CT_DELETE;
  auto event = Napi::Object::New(Env());
  event.Set("kind", is_gone ? "destroy" : "new");
  event.Set("flow", connection_to_javascript(Env(), flow.get()));
  batch.Set(batch.Length(), event);
}

void ConntrackWatch::call(const Napi::FunctionReference &handler, const std::vector<napi_value> &arguments) {
  try {
    handler.MakeCallback(Value(), arguments);
  } catch (const Napi::Error &error) {
    napi_fatal_exception(Env(), error.Value());
  }
}

void ConntrackWatch::close(const Napi::CallbackInfo &) {
  if (poll_ == nullptr) return;
  poll_.reset();
  socket_.reset();
  Unref();
}

}  // namespace nftoggle
