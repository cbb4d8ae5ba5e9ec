// SPDX-License-Identifier: MIT
// Checked reading of what JavaScript passes: a wrong type, and a number out of range,
// is a TypeError that names the argument.
#pragma once
#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace nftoggle {

std::uint32_t number_from(const Napi::Value &value, const char *name);
std::uint16_t number16_from(const Napi::Value &value, const char *name);
// Wide enough for the longest session time: 32 bits of milliseconds are only 49 days.
std::uint64_t milliseconds_from(const Napi::Value &value, const char *name);
std::string string_from(const Napi::Value &value, const char *name);
Napi::Function function_from(const Napi::Value &value, const char *name);
Napi::Object object_from(const Napi::Value &value, const char *name);
std::vector<std::uint8_t> bytes_from(const Napi::Value &value, const char *name);

}  // namespace nftoggle
