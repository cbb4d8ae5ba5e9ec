// SPDX-License-Identifier: MIT
// Source: linux/netfilter/nf_tables.h; the table's name is attribute 1 of table, chain, rule and object messages.
#include "ruleset-watch.hpp"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "arguments.hpp"

namespace nftoggle {

Napi::Function RulesetWatch::define(Napi::Env env) {
  return DefineClass(env, "RulesetWatch", {InstanceMethod<&RulesetWatch::close>("close")});
}

// new RulesetWatch(prefix, onChange): onChange() after tables whose name starts with `prefix`, or their
// chains, rules or named counters, were touched by anybody, ourselves included, and when notifications were lost. Many
// changes may arrive as one call. It goes on until close(), though nobody may know of it any more.
RulesetWatch::RulesetWatch(const Napi::CallbackInfo &info) : Napi::ObjectWrap<RulesetWatch>(info) {
  prefix_ = string_from(info[0], "prefix");
  on_change_ = Napi::Persistent(function_from(info[1], "onChange"));
  guarded(info.Env(), [&] {
    socket_ = std::make_unique<NetlinkSocket>(1U << (NFNLGRP_NFTABLES - 1), SOCK_NONBLOCK);
    uv_loop_t *loop = nullptr;
    napi_get_uv_event_loop(Env(), &loop);
    poll_ = std::make_unique<SocketPoll>(loop, socket_->fd(), [this] { on_readable(); });
    Ref();  // until it is closed: a change may come for what is forgotten already, and not yet destroyed
  });
}

void RulesetWatch::on_readable() {
  alignas(nlmsghdr) char buffer[65536];
  bool touched = false;
  for (;;) {
    const ssize_t length = recv(socket_->fd(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (length < 0 && errno == ENOBUFS) {
      touched = true;
      continue;
    }
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) break;
    int left = static_cast<int>(length);
    for (auto *header = reinterpret_cast<nlmsghdr *>(buffer); mnl_nlmsg_ok(header, left);
         header = mnl_nlmsg_next(header, &left))
      touched = touched || concerns_us(header);
  }
  if (!touched) return;
  const Napi::HandleScope scope(Env());
  [[maybe_unused]] const Napi::Object self = Value();  // the handler may close this watch, which may be its end
  try {
    on_change_.MakeCallback(Value(), {});
  } catch (const Napi::Error &error) {
    napi_fatal_exception(Env(), error.Value());
  }
}

bool RulesetWatch::concerns_us(const nlmsghdr *header) const {
  switch (header->nlmsg_type & 0xff) {
    case NFT_MSG_NEWTABLE:
    case NFT_MSG_DELTABLE:
    case NFT_MSG_NEWCHAIN:
    case NFT_MSG_DELCHAIN:
    case NFT_MSG_NEWRULE:
    case NFT_MSG_DELRULE:
    case NFT_MSG_NEWOBJ:
    case NFT_MSG_DELOBJ:
      break;
    default:
      return false;
  }
  bool ours = false;
  for_each_attribute(header, [&](const nlattr *attribute) {
    if (mnl_attr_get_type(attribute) == 1) ours = std::string(mnl_attr_get_str(attribute)).starts_with(prefix_);
  });
  return ours;
}

void RulesetWatch::close(const Napi::CallbackInfo &) {
  if (poll_ == nullptr) return;
  poll_.reset();
  socket_.reset();
  Unref();
}

}  // namespace nftoggle
