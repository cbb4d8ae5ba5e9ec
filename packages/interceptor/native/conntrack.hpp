// SPDX-License-Identifier: MIT
// The kernel's connection table: flows that carry our mark, and the end of them.
#pragma once
#include <napi.h>

#include <memory>

#include "netlink-socket.hpp"

namespace nftoggle {

class Conntrack : public Napi::ObjectWrap<Conntrack> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit Conntrack(const Napi::CallbackInfo &info);

 private:
  Napi::Value list(const Napi::CallbackInfo &info);
  Napi::Value remove(const Napi::CallbackInfo &info);
  Napi::Value set_mark(const Napi::CallbackInfo &info);
  Napi::Value insert(const Napi::CallbackInfo &info);

  bool change(const Napi::Value &flow, std::uint16_t type, std::uint16_t flags, const std::uint32_t *mark,
              bool established, const char *name);

  std::uint32_t sequence_ = 0;
  std::unique_ptr<NetlinkSocket> socket_;
};

}  // namespace nftoggle
