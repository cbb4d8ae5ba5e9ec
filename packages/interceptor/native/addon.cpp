// SPDX-License-Identifier: MIT
// What JavaScript can ask of the kernel through this addon. Registration only.
#include <napi.h>

#include "arguments.hpp"
#include "conntrack-watch.hpp"
#include "conntrack.hpp"
#include "neighbours.hpp"
#include "nft-messages.hpp"
#include "nftables.hpp"
#include "packet-log.hpp"
#include "packet-queue.hpp"
#include "packet-record.hpp"
#include "ruleset-watch.hpp"

namespace {

// parseFlow(bytes): the flow of an IP packet, or { malformed: why }.
Napi::Value parse_flow(const Napi::CallbackInfo &info) {
  const auto bytes = nftoggle::bytes_from(info[0], "bytes");
  return nftoggle::flow_to_javascript(info.Env(), bytes.data(), bytes.size());
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  exports.Set("PacketQueue", nftoggle::PacketQueue::define(env));
  exports.Set("PacketLog", nftoggle::PacketLog::define(env));
  exports.Set("Nftables", nftoggle::Nftables::define(env));
  exports.Set("NftMessages", nftoggle::NftMessages::define(env));
  exports.Set("RulesetWatch", nftoggle::RulesetWatch::define(env));
  exports.Set("ConntrackWatch", nftoggle::ConntrackWatch::define(env));
  exports.Set("Conntrack", nftoggle::Conntrack::define(env));
  exports.Set("listNeighbours", Napi::Function::New<nftoggle::list_neighbours>(env, "listNeighbours"));
  exports.Set("parseFlow", Napi::Function::New<parse_flow>(env, "parseFlow"));
  return exports;
}

}  // namespace

NODE_API_MODULE(nftoggle, initialize)
