// SPDX-License-Identifier: MIT
// Checked reading of what JavaScript passes: a wrong type is a TypeError that names the argument.
#pragma once
#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace nftoggle {

std::uint32_t number_from(const Napi::Value &value, const char *name);
std::string string_from(const Napi::Value &value, const char *name);
Napi::Function function_from(const Napi::Value &value, const char *name);
Napi::Object object_from(const Napi::Value &value, const char *name);
std::vector<std::uint8_t> bytes_from(const Napi::Value &value, const char *name);

}  // namespace nftoggle
