// SPDX-License-Identifier: MIT
// Any bytes at all: the sanitizers watch that nothing outside them is read, and what is said to be a flow
// must really be one.
#include <netinet/in.h>

#include <cstdlib>

#include "flow-parser.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *bytes, std::size_t length) {
  nftoggle::Flow flow;
  if (nftoggle::parse_flow(bytes, length, flow) != nftoggle::ParseResult::ok) return 0;
  if (flow.family != 4 && flow.family != 6) std::abort();
  if (flow.protocol != IPPROTO_TCP && flow.protocol != IPPROTO_UDP) std::abort();
  if (flow.family != bytes[0] >> 4) std::abort();
  return 0;
}
