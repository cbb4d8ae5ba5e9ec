// SPDX-License-Identifier: MIT
// Sources: linux/netfilter/nf_tables.h, libnftnl, linux/netfilter/xt_NFQUEUE.h.
#include "nft-messages.hpp"

#include <arpa/inet.h>
#include <libnftnl/batch.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "arguments.hpp"
#include "nftnl-owned.hpp"

// linux/netfilter/xt_NFQUEUE.h, revision 3.
struct xt_NFQ_info_v3 {
  std::uint16_t queuenum;
  std::uint16_t queues_total;
  std::uint16_t flags;
};

namespace nftoggle {
namespace {

constexpr std::size_t kMessageRoom = 1024;
constexpr std::size_t kMaxComment = 127;  // NFTNL_UDATA_COMMENT_MAXLEN, its terminator aside

struct Element {
  std::string set;
  std::vector<std::uint8_t> key;
  std::uint64_t timeout;  // milliseconds
  std::string comment;    // what `nft list set` shows beside the element; empty for none
};

std::vector<Element> elements_from(const Napi::Value &value, bool with_timeout) {
  if (!value.IsArray()) throw Napi::TypeError::New(value.Env(), "elements must be an array");
  const auto array = value.As<Napi::Array>();
  std::vector<Element> elements;
  for (std::uint32_t i = 0; i < array.Length(); i++) {
    const Napi::Object object = object_from(array.Get(i), "element");
    Element element{string_from(object.Get("set"), "set"), bytes_from(object.Get("key"), "key"), 0, {}};
    if (with_timeout) {
      element.timeout = milliseconds_from(object.Get("timeout"), "timeout");
      // A timeout of zero would be an element for ever.
      if (element.timeout < 1000) throw Napi::RangeError::New(value.Env(), "timeout must be at least 1000 ms");
      if (object.Has("comment")) element.comment = string_from(object.Get("comment"), "comment").substr(0, kMaxComment);
    }
    elements.push_back(std::move(element));
  }
  return elements;
}

void set_comment(nftnl_set_elem *item, const std::string &comment) {
  nftnl_udata_buf *data = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);
  nftnl_udata_put_strz(data, NFTNL_UDATA_SET_ELEM_COMMENT, comment.c_str());
  nftnl_set_elem_set(item, NFTNL_SET_ELEM_USERDATA, nftnl_udata_buf_data(data), nftnl_udata_buf_len(data));
  nftnl_udata_buf_free(data);
}

Set make_set(const std::string &table, const Element &element, bool with_timeout) {
  Set set(nftnl_set_alloc());
  nftnl_set_set_str(set.get(), NFTNL_SET_TABLE, table.c_str());
  nftnl_set_set_str(set.get(), NFTNL_SET_NAME, element.set.c_str());
  nftnl_set_elem *item = nftnl_set_elem_alloc();
  nftnl_set_elem_set(item, NFTNL_SET_ELEM_KEY, element.key.data(), static_cast<std::uint32_t>(element.key.size()));
  if (with_timeout) nftnl_set_elem_set_u64(item, NFTNL_SET_ELEM_TIMEOUT, element.timeout);
  if (with_timeout && !element.comment.empty()) set_comment(item, element.comment);
  nftnl_set_elem_add(set.get(), item);
  return set;
}

void put_elements(char *at, std::uint32_t sequence, std::uint16_t type, const std::string &table,
                  const Element &element, bool with_timeout) {
  const std::uint16_t flags = static_cast<std::uint16_t>(NLM_F_ACK | (type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0));
  nlmsghdr *header = nftnl_nlmsg_build_hdr(at, type, NFPROTO_INET, flags, sequence);
  nftnl_set_elems_nlmsg_build_payload(header, make_set(table, element, with_timeout).get());
}

Rule make_queue_rule(const std::string &table, const std::string &chain, std::uint16_t queue) {
  Rule rule(nftnl_rule_alloc());
  nftnl_rule_set_u32(rule.get(), NFTNL_RULE_FAMILY, NFPROTO_INET);
  nftnl_rule_set_str(rule.get(), NFTNL_RULE_TABLE, table.c_str());
  nftnl_rule_set_str(rule.get(), NFTNL_RULE_CHAIN, chain.c_str());
  nftnl_rule_add_expr(rule.get(), nftnl_expr_alloc("counter"));
  nftnl_expr *target = nftnl_expr_alloc("target");
  nftnl_expr_set_str(target, NFTNL_EXPR_TG_NAME, "NFQUEUE");
  nftnl_expr_set_u32(target, NFTNL_EXPR_TG_REV, 3);
  // The expression keeps the pointer and frees it. No flag is set: NFQ_FLAG_BYPASS would let packets pass
  // when nobody listens.
  auto *info = static_cast<xt_NFQ_info_v3 *>(std::calloc(1, sizeof(xt_NFQ_info_v3)));
  info->queuenum = queue;
  info->queues_total = 1;
  nftnl_expr_set(target, NFTNL_EXPR_TG_INFO, info, sizeof *info);
  nftnl_rule_add_expr(rule.get(), target);
  return rule;
}

void put_rule(char *at, std::uint32_t sequence, std::uint16_t type, std::uint16_t flags, const nftnl_rule *rule) {
  nlmsghdr *header = nftnl_nlmsg_build_hdr(at, type, NFPROTO_INET, static_cast<std::uint16_t>(NLM_F_ACK | flags), sequence);
  nftnl_rule_nlmsg_build_payload(header, const_cast<nftnl_rule *>(rule));
}

Napi::Array names_to_javascript(Napi::Env env, const std::vector<std::string> &names) {
  auto array = Napi::Array::New(env);
  for (const std::string &name : names) array.Set(array.Length(), name);
  return array;
}

}  // namespace

Napi::Function NftMessages::define(Napi::Env env) {
  return DefineClass(env, "NftMessages",
                     {InstanceMethod<&NftMessages::replace_elements>("replaceElements"),
                      InstanceMethod<&NftMessages::remove_elements>("removeElements"),
                      InstanceMethod<&NftMessages::set_queue_rule>("setQueueRule"),
                      InstanceMethod<&NftMessages::fingerprint>("fingerprint"),
                      InstanceMethod<&NftMessages::list_chains>("listChains"),
                      InstanceMethod<&NftMessages::list_sets>("listSets"),
                      InstanceMethod<&NftMessages::list_map_keys>("listMapKeys"),
                      InstanceMethod<&NftMessages::list_counters>("listCounters"),
                      InstanceMethod<&NftMessages::take_counters>("takeCounters")});
}

NftMessages::NftMessages(const Napi::CallbackInfo &info) : Napi::ObjectWrap<NftMessages>(info) {
  guarded(info.Env(), [&] {
    socket_ = std::make_unique<NetlinkSocket>();
    listing_ = std::make_unique<NftListing>();
  });
}

// replaceElements(table, [{ set, key, timeout, comment? }]): all of them or none, acknowledged by the kernel on return.
// Kernels before 6.12 do not extend the timeout of an element that is added again, hence add, delete, add.
Napi::Value NftMessages::replace_elements(const Napi::CallbackInfo &info) {
  const std::string table = string_from(info[0], "table");
  const auto elements = elements_from(info[1], true);
  std::vector<Step> steps;
  for (const Element &element : elements) {
    for (const std::uint16_t type : {NFT_MSG_NEWSETELEM, NFT_MSG_DELSETELEM, NFT_MSG_NEWSETELEM})
      steps.push_back([&table, &element, type](char *at, std::uint32_t sequence) {
        put_elements(at, sequence, type, table, element, type == NFT_MSG_NEWSETELEM);
      });
  }
  guarded(info.Env(), [&] { transact("add a session element", steps); });
  return info.Env().Undefined();
}

// removeElements(table, [{ set, key }]): each by itself; one that is gone already is no error.
Napi::Value NftMessages::remove_elements(const Napi::CallbackInfo &info) {
  const std::string table = string_from(info[0], "table");
  for (const Element &element : elements_from(info[1], false)) {
    const Step step = [&](char *at, std::uint32_t sequence) {
      put_elements(at, sequence, NFT_MSG_DELSETELEM, table, element, false);
    };
    guarded(info.Env(), [&] {
      try {
        transact("remove a session element", {step});
      } catch (const SystemError &error) {
        if (error.number() != ENOENT) throw;
      }
    });
  }
  return info.Env().Undefined();
}

// setQueueRule(table, chain, queue): the chain then holds one rule, the xtables target NFQUEUE.
Napi::Value NftMessages::set_queue_rule(const Napi::CallbackInfo &info) {
  const std::string table = string_from(info[0], "table");
  const std::string chain = string_from(info[1], "chain");
  const std::uint16_t queue = number16_from(info[2], "queue");
  guarded(info.Env(), [&] {
    Rule all(nftnl_rule_alloc());
    nftnl_rule_set_u32(all.get(), NFTNL_RULE_FAMILY, NFPROTO_INET);
    nftnl_rule_set_str(all.get(), NFTNL_RULE_TABLE, table.c_str());
    nftnl_rule_set_str(all.get(), NFTNL_RULE_CHAIN, chain.c_str());
    const Rule rule = make_queue_rule(table, chain, queue);
    transact("add the xtables target NFQUEUE",
             {[&](char *at, std::uint32_t sequence) { put_rule(at, sequence, NFT_MSG_DELRULE, 0, all.get()); },
              [&](char *at, std::uint32_t sequence) {
                put_rule(at, sequence, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, rule.get());
              }});
  });
  return info.Env().Undefined();
}

// fingerprint(table): text that differs when somebody removed or changed the table, a chain, a rule or a named
// counter of it.
// Empty when there is no such table.
Napi::Value NftMessages::fingerprint(const Napi::CallbackInfo &info) {
  const std::string table = string_from(info[0], "table");
  return guarded(info.Env(), [&]() -> Napi::Value {
    const std::string text = listing_->fingerprint(table);
    return Napi::Buffer<char>::Copy(info.Env(), text.data(), text.size());
  });
}

// listChains(table): the names of its chains; none when there is no such table.
Napi::Value NftMessages::list_chains(const Napi::CallbackInfo &info) {
  const std::string table = string_from(info[0], "table");
  return guarded(info.Env(), [&]() -> Napi::Value { return names_to_javascript(info.Env(), listing_->chains(table)); });
}

// listSets(table): [{ name, keyType, size, timeout }] of its named sets; none when there is no such table.
Napi::Value NftMessages::list_sets(const Napi::CallbackInfo &info) {
  const std::string table = string_from(info[0], "table");
  return guarded(info.Env(), [&]() -> Napi::Value {
    auto sets = Napi::Array::New(info.Env());
    for (const ListedSet &set : listing_->sets(table)) {
      auto object = Napi::Object::New(info.Env());
      object.Set("name", set.name);
      object.Set("keyType", set.key_type);
      object.Set("size", set.size);
      object.Set("timeout", static_cast<double>(set.timeout));
      sets.Set(sets.Length(), object);
    }
    return sets;
  });
}

// listMapKeys(table, chain): [{ from, to }] of the maps that rules of the chain look up.
Napi::Value NftMessages::list_map_keys(const Napi::CallbackInfo &info) {
  const std::string table = string_from(info[0], "table");
  const std::string chain = string_from(info[1], "chain");
  return guarded(info.Env(), [&]() -> Napi::Value {
    const auto bytes = [&](const std::vector<std::uint8_t> &key) {
      return Napi::Buffer<std::uint8_t>::Copy(info.Env(), key.data(), key.size());
    };
    auto keys = Napi::Array::New(info.Env());
    for (const ListedKeys &found : listing_->map_keys(table, chain)) {
      auto object = Napi::Object::New(info.Env());
      object.Set("from", bytes(found.from));
      object.Set("to", bytes(found.to));
      keys.Set(keys.Length(), object);
    }
    return keys;
  });
}

// listCounters(table): the names of its named counters; none when there is no such table.
Napi::Value NftMessages::list_counters(const Napi::CallbackInfo &info) {
  const std::string table = string_from(info[0], "table");
  return guarded(info.Env(), [&]() -> Napi::Value { return names_to_javascript(info.Env(), listing_->counters(table)); });
}

// takeCounters(table): [{ name, packets, bytes }] of its named counters, which are zero then; none when there is no
// such table. Linux writes to its audit log that they were reset, where it keeps one.
Napi::Value NftMessages::take_counters(const Napi::CallbackInfo &info) {
  const std::string table = string_from(info[0], "table");
  return guarded(info.Env(), [&]() -> Napi::Value {
    auto counters = Napi::Array::New(info.Env());
    for (const auto &[name, value] : listing_->take_counters(table)) {
      auto object = Napi::Object::New(info.Env());
      object.Set("name", name);
      object.Set("packets", static_cast<double>(value.packets));
      object.Set("bytes", static_cast<double>(value.bytes));
      counters.Set(counters.Length(), object);
    }
    return counters;
  });
}

void NftMessages::transact(const std::string &name, const std::vector<Step> &steps) {
  std::vector<char> buffer((steps.size() + 2) * kMessageRoom);
  mnl_nlmsg_batch *batch = mnl_nlmsg_batch_start(buffer.data(), buffer.size());
  struct Stop {
    mnl_nlmsg_batch *batch;
    ~Stop() { mnl_nlmsg_batch_stop(batch); }
  } const stop{batch};
  const std::uint32_t first = sequence_ + 1;
  const auto current = [&] { return static_cast<char *>(mnl_nlmsg_batch_current(batch)); };
  nftnl_batch_begin(current(), ++sequence_);
  mnl_nlmsg_batch_next(batch);
  for (const Step &step : steps) {
    step(current(), ++sequence_);
    mnl_nlmsg_batch_next(batch);
  }
  nftnl_batch_end(current(), ++sequence_);
  mnl_nlmsg_batch_next(batch);
  if (const int number = socket_->send(mnl_nlmsg_batch_head(batch), mnl_nlmsg_batch_size(batch)))
    throw SystemError(name, number);
  socket_->expect_batch_acknowledged(name, first);
}

}  // namespace nftoggle
