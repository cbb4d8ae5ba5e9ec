// SPDX-License-Identifier: MIT
// What libnftables cannot do, or not fast enough, by single nf_tables messages: session elements on the
// way of a first packet, the xtables target, and what the table looks like from outside.
#pragma once
#include <napi.h>

#include <functional>
#include <vector>

#include "netlink-socket.hpp"
#include "nft-listing.hpp"

namespace nftoggle {

class NftMessages : public Napi::ObjectWrap<NftMessages> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit NftMessages(const Napi::CallbackInfo &info);

 private:
  Napi::Value replace_elements(const Napi::CallbackInfo &info);
  Napi::Value remove_elements(const Napi::CallbackInfo &info);
  Napi::Value set_queue_rule(const Napi::CallbackInfo &info);
  Napi::Value fingerprint(const Napi::CallbackInfo &info);
  Napi::Value list_chains(const Napi::CallbackInfo &info);
  Napi::Value list_sets(const Napi::CallbackInfo &info);
  Napi::Value list_map_keys(const Napi::CallbackInfo &info);
  Napi::Value list_counters(const Napi::CallbackInfo &info);
  Napi::Value take_counters(const Napi::CallbackInfo &info);

  using Step = std::function<void(char *at, std::uint32_t sequence)>;
  void transact(const std::string &name, const std::vector<Step> &steps);

  std::uint32_t sequence_ = 1;
  std::unique_ptr<NetlinkSocket> socket_;
  std::unique_ptr<NftListing> listing_;
};

}  // namespace nftoggle
