// SPDX-License-Identifier: MIT
// Tells at once when nf_tables change: netlink notifications, no polling.
#pragma once
#include <napi.h>

#include <memory>
#include <string>

#include "netlink-socket.hpp"
#include "socket-poll.hpp"

namespace nftoggle {

class RulesetWatch : public Napi::ObjectWrap<RulesetWatch> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit RulesetWatch(const Napi::CallbackInfo &info);

 private:
  void on_readable();
  bool concerns_us(const nlmsghdr *header) const;
  void close(const Napi::CallbackInfo &info);

  std::string prefix_;
  Napi::FunctionReference on_change_;
  std::unique_ptr<NetlinkSocket> socket_;
  std::unique_ptr<SocketPoll> poll_;
};

}  // namespace nftoggle
