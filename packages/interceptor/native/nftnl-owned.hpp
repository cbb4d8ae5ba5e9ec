// SPDX-License-Identifier: MIT
// Objects of libnftnl that free themselves.
#pragma once
#include <libnftnl/object.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>

#include <memory>

namespace nftoggle {

template <typename T, void (*release)(const T *)>
struct Owned {
  struct Free {
    void operator()(T *object) const { release(object); }
  };
  using Pointer = std::unique_ptr<T, Free>;
};
using Set = Owned<nftnl_set, nftnl_set_free>::Pointer;
using NamedObject = Owned<nftnl_obj, nftnl_obj_free>::Pointer;
using Rule = Owned<nftnl_rule, nftnl_rule_free>::Pointer;

}  // namespace nftoggle
