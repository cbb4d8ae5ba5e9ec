// SPDX-License-Identifier: MIT
#include "arguments.hpp"

namespace nftoggle {
namespace {

void require(bool right, const Napi::Value &value, const char *name, const char *type) {
  if (!right) throw Napi::TypeError::New(value.Env(), std::string(name) + " must be " + type);
}

}  // namespace

std::uint32_t number_from(const Napi::Value &value, const char *name) {
  require(value.IsNumber(), value, name, "a number");
  return value.As<Napi::Number>().Uint32Value();
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
