// SPDX-License-Identifier: MIT
// Sources: libnftables(3), libnftables-json(5).
#include "nftables.hpp"

#include <stdexcept>

#include "arguments.hpp"
#include "netlink-socket.hpp"

namespace nftoggle {

Napi::Function Nftables::define(Napi::Env env) {
  return DefineClass(env, "Nftables",
                     {InstanceMethod<&Nftables::run>("run"), InstanceMethod<&Nftables::check>("check"),
                      InstanceMethod<&Nftables::list>("list")});
}

Nftables::Nftables(const Napi::CallbackInfo &info)
    : Napi::ObjectWrap<Nftables>(info), context_(nft_ctx_new(NFT_CTX_DEFAULT)) {
  if (context_ == nullptr) throw Napi::Error::New(info.Env(), "libnftables could not start");
  nft_ctx_buffer_output(context_.get());
  nft_ctx_buffer_error(context_.get());
}

// run(commands): all of them in one transaction, or an Error with what libnftables says and no change.
Napi::Value Nftables::run(const Napi::CallbackInfo &info) {
  const std::string commands = string_from(info[0], "commands");
  nft_ctx_output_set_flags(context_.get(), 0);
  return guarded(info.Env(), [&] { return Napi::String::New(info.Env(), execute(commands)); });
}

// check(commands): the kernel's word on them, and no change either way.
Napi::Value Nftables::check(const Napi::CallbackInfo &info) {
  const std::string commands = string_from(info[0], "commands");
  nft_ctx_output_set_flags(context_.get(), 0);
  nft_ctx_set_dry_run(context_.get(), true);
  return guarded(info.Env(), [&]() -> Napi::Value {
    struct Restore {
      nft_ctx *context;
      ~Restore() { nft_ctx_set_dry_run(context, false); }
    } const restore{context_.get()};
    return Napi::String::New(info.Env(), execute(commands));
  });
}

// list(command): the JSON text that the list command prints.
Napi::Value Nftables::list(const Napi::CallbackInfo &info) {
  const std::string command = string_from(info[0], "command");
  nft_ctx_output_set_flags(context_.get(), NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_NUMERIC_ALL | NFT_CTX_OUTPUT_HANDLE);
  return guarded(info.Env(), [&] { return Napi::String::New(info.Env(), execute(command)); });
}

std::string Nftables::execute(const std::string &commands) {
  if (nft_run_cmd_from_buffer(context_.get(), commands.c_str()) == 0)
    return nft_ctx_get_output_buffer(context_.get());
  nft_ctx_get_output_buffer(context_.get());  // reading empties it
  const std::string message = nft_ctx_get_error_buffer(context_.get());
  throw std::runtime_error(message.empty() ? "nftables refused the commands and did not say why" : message);
}

}  // namespace nftoggle
