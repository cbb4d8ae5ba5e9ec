// SPDX-License-Identifier: MIT
// One packet as JavaScript gets it, whether the kernel queued it for a verdict or copied it to a log.
#pragma once
#include <napi.h>

#include <cstddef>
#include <cstdint>

namespace nftoggle {

struct PacketRecord {
  std::uint32_t id = 0;
  std::uint32_t mark = 0;
  std::uint32_t interface_index = 0;
  const std::uint8_t *hardware_address = nullptr;  // 6 bytes, or null when there is none
  const std::uint8_t *payload = nullptr;
  std::size_t payload_length = 0;
};

// { id, mark, interface, mac?, protocol, source, destination, sourcePort, destinationPort, sequence } or,
// for bytes that are no first packet, { id, mark, interface, malformed: why }.
Napi::Object to_javascript(Napi::Env env, const PacketRecord &record);

// The flow part alone, for tests of the parser: the same shape without id, mark and interface.
Napi::Object flow_to_javascript(Napi::Env env, const std::uint8_t *bytes, std::size_t length);

}  // namespace nftoggle
