// SPDX-License-Identifier: MIT
// One NFLOG group of the kernel: copies of packets that have gone on already. Nothing here can harm them.
#pragma once
#include <napi.h>

#include <memory>

#include "netlink-socket.hpp"
#include "socket-poll.hpp"

namespace nftoggle {

class PacketLog : public Napi::ObjectWrap<PacketLog> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit PacketLog(const Napi::CallbackInfo &info);

 private:
  void bind_group();
  void on_readable();
  void read_message(const nlmsghdr *header, Napi::Array batch);
  void deliver(Napi::Array batch);
  void close(const Napi::CallbackInfo &info);

  std::uint16_t group_;
  Napi::FunctionReference on_packets_;
  std::unique_ptr<NetlinkSocket> socket_;
  std::unique_ptr<SocketPoll> poll_;
};

}  // namespace nftoggle
