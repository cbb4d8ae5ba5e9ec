// SPDX-License-Identifier: MIT
#include "packet-record.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cstdio>

#include "flow-parser.hpp"

namespace nftoggle {
namespace {

void set_address(Napi::Object object, const char *name, const Flow &flow, const std::uint8_t *bytes) {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(flow.family == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text);
  object.Set(name, text);
}

void set_flow(Napi::Object object, const std::uint8_t *bytes, std::size_t length) {
  Flow flow;
  const ParseResult result = parse_flow(bytes, length, flow);
  if (result != ParseResult::ok) {
    object.Set("malformed", to_string(result));
    return;
  }
  object.Set("protocol", flow.protocol == IPPROTO_TCP ? "tcp" : "udp");
  set_address(object, "source", flow, flow.source.data());
  set_address(object, "destination", flow, flow.destination.data());
  object.Set("sourcePort", flow.source_port);
  object.Set("destinationPort", flow.destination_port);
  object.Set("sequence", flow.sequence);
}

}  // namespace

Napi::Object to_javascript(Napi::Env env, const PacketRecord &record) {
  auto object = Napi::Object::New(env);
  object.Set("id", record.id);
  object.Set("mark", record.mark);
  char name[IF_NAMESIZE] = "";
  if (record.interface_index != 0) if_indextoname(record.interface_index, name);
  object.Set("interface", name);
  if (record.hardware_address != nullptr) {
    const std::uint8_t *mac = record.hardware_address;
    char text[18];
    std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    object.Set("mac", text);
  }
  set_flow(object, record.payload, record.payload_length);
  return object;
}

Napi::Object flow_to_javascript(Napi::Env env, const std::uint8_t *bytes, std::size_t length) {
  auto object = Napi::Object::New(env);
  set_flow(object, bytes, length);
  return object;
}

}  // namespace nftoggle
