// SPDX-License-Identifier: MIT
// The kernel's table of neighbours: which hardware address an address on a link of ours has (ARP, NDP).
#pragma once
#include <napi.h>

namespace nftoggle {

Napi::Value list_neighbours(const Napi::CallbackInfo &info);

}  // namespace nftoggle
