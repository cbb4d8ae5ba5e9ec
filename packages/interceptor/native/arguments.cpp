// SPDX-License-Identifier: MIT
#include "arguments.hpp"

#include <cmath>

namespace nftoggle {
namespace {

void require(bool right, const Napi::Value &value, const char *name, const char *type) {
  if (!right) throw Napi::TypeError::New(value.Env(), std::string(name) + " must be " + type);
}

std::uint64_t whole_number_from(const Napi::Value &value, const char *name, double limit, const char *type) {
  require(value.IsNumber(), value, name, "a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  // JavaScript's own conversion would make 4294967295 of -1 and 0 of NaN. A NaN fails every comparison.
  require(number >= 0 && number < limit && std::trunc(number) == number, value, name, type);
  return static_cast<std::uint64_t>(number);
}

}  // namespace

std::uint32_t number_from(const Napi::Value &value, const char *name) {
  return static_cast<std::uint32_t>(whole_number_from(value, name, 0x1p32, "a whole number of 32 bits"));
}

std::uint16_t number16_from(const Napi::Value &value, const char *name) {
  return static_cast<std::uint16_t>(whole_number_from(value, name, 0x1p16, "a whole number of 16 bits"));
}

std::uint64_t milliseconds_from(const Napi::Value &value, const char *name) {
  return whole_number_from(value, name, 0x1p53, "a whole number of milliseconds");
}

std::string string_from(const Napi::Value &value, const char *name) {
  require(value.IsString(), value, name, "a string");
  return value.As<Napi::String>();
}

Napi::Function function_from(const Napi::Value &value, const char *name) {
  require(value.IsFunction(), value, name, "a function");
  return value.As<Napi::Function>();
}

Napi::Object object_from(const Napi::Value &value, const char *name) {
  require(value.IsObject(), value, name, "an object");
  return value.As<Napi::Object>();
}

std::vector<std::uint8_t> bytes_from(const Napi::Value &value, const char *name) {
  require(value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array, value, name,
          "a Uint8Array");
  const auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.Data() + array.ByteLength()};
}

}  // namespace nftoggle
