// SPDX-License-Identifier: MIT
// libnftables in this process: whole rulesets as nft text, one transaction each.
#pragma once
#include <napi.h>
#include <nftables/libnftables.h>

#include <memory>

namespace nftoggle {

class Nftables : public Napi::ObjectWrap<Nftables> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit Nftables(const Napi::CallbackInfo &info);

 private:
  Napi::Value run(const Napi::CallbackInfo &info);
  Napi::Value check(const Napi::CallbackInfo &info);
  Napi::Value list(const Napi::CallbackInfo &info);
  std::string execute(const std::string &commands);

  struct Free {
    void operator()(nft_ctx *context) const { nft_ctx_free(context); }
  };
  std::unique_ptr<nft_ctx, Free> context_;
};

}  // namespace nftoggle
