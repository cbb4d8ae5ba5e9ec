// SPDX-License-Identifier: MIT
// Tells when connections that carry our mark begin and end: conntrack's events, no polling. They are hints that may
// be lost; the list of connections is the truth.
//
// `new` comes when the kernel confirms the connection, behind all chains that its first packet meets, so it carries
// the mark that the gate set: for local, forwarded and redirected connections alike. It has no counters yet. A
// connection that gets its mark later (one that was there before its port was guarded) has no such event.
//
// `destroy` comes when the kernel forgets the connection, which may be long after its last packet. At once: when it is
// removed by somebody. After a timeout: of TCP 10 s (net.netfilter.nf_conntrack_tcp_timeout_close) after a reset, 120 s
// (…_time_wait) after both sides have closed it, 5 days (…_established) when they only fell silent; of UDP 30 s, 120 s
// where both sides have sent. The kernel looks for such connections now and then only, a minute apart at worst, and
// while they are listed. A listing may therefore lack a connection before its event is read, and a closed connection
// is better noticed there.
#pragma once
#include <napi.h>

#include <memory>

#include "netlink-socket.hpp"
#include "socket-poll.hpp"

namespace nftoggle {

class ConntrackWatch : public Napi::ObjectWrap<ConntrackWatch> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit ConntrackWatch(const Napi::CallbackInfo &info);

 private:
  void listen(std::uint32_t value, std::uint32_t mask, std::uint32_t receive_buffer);
  // One turn. False while more may have come.
  bool on_readable();
  void append(Napi::Array &batch, const nlmsghdr *message);
  void call(const Napi::FunctionReference &handler, const std::vector<napi_value> &arguments);
  void read(const Napi::CallbackInfo &info);
  void close(const Napi::CallbackInfo &info);

  Napi::FunctionReference on_flows_;
  Napi::FunctionReference on_lost_;
  // Events were lost, and are until the socket has been read to its end.
  bool is_losing_ = false;
  std::unique_ptr<NetlinkSocket> socket_;
  std::unique_ptr<SocketPoll> poll_;
};

}  // namespace nftoggle
