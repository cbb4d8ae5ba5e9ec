// SPDX-License-Identifier: MIT
// Sources: linux/netfilter/nf_tables.h, libnftnl.
#include "nft-listing.hpp"

#include <arpa/inet.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <cerrno>
#include <iterator>
#include <string_view>

#include "nftnl-owned.hpp"

namespace nftoggle {
namespace {

constexpr std::size_t kRequestRoom = 1024;
const std::string kStep = "read the ruleset";

bool is_ours(const nlmsghdr *message, const std::string &table) {
  bool ours = false;
  for_each_attribute(message, [&](const nlattr *attribute) {
    // Attribute 1 is NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, NFTA_RULE_TABLE and NFTA_OBJ_TABLE alike.
    if (mnl_attr_get_type(attribute) == 1) ours = mnl_attr_get_str(attribute) == table;
  });
  return ours;
}

// The attributes of one table, chain, rule or object that tell whether somebody changed it. Set elements and
// counters change all the time and are left out.
std::string identity_of(const nlmsghdr *message) {
  const int type = message->nlmsg_type & 0xff;
  std::string identity(1, static_cast<char>('0' + type));
  for_each_attribute(message, [&](const nlattr *attribute) {
    const int id = mnl_attr_get_type(attribute);
    const bool tells = (type == NFT_MSG_NEWTABLE && id == NFTA_TABLE_FLAGS) ||
                       (type == NFT_MSG_NEWCHAIN && (id == NFTA_CHAIN_HANDLE || id == NFTA_CHAIN_NAME ||
                                                     id == NFTA_CHAIN_HOOK || id == NFTA_CHAIN_POLICY)) ||
                       (type == NFT_MSG_NEWRULE && (id == NFTA_RULE_CHAIN || id == NFTA_RULE_HANDLE)) ||
                       (type == NFT_MSG_NEWOBJ && (id == NFTA_OBJ_NAME || id == NFTA_OBJ_HANDLE));
    if (!tells) return;
    const auto *payload = static_cast<const char *>(mnl_attr_get_payload(attribute));
    identity.append(payload, mnl_attr_get_payload_len(attribute)).push_back('|');
  });
  return identity;
}

std::string chain_name(const nlmsghdr *message) {
  std::string name;
  for_each_attribute(message, [&](const nlattr *attribute) {
    if (mnl_attr_get_type(attribute) == NFTA_CHAIN_NAME) name = mnl_attr_get_str(attribute);
  });
  return name;
}

// What is known of a rule, read up to one of its expressions.
struct ReadRule {
  std::vector<LookedUp> &lookups;
  bool protocol_loaded = false;
  std::uint8_t protocol = 0;
};

int read_expression(nftnl_expr *expression, void *data) {
  ReadRule &rule = *static_cast<ReadRule *>(data);
  const std::string_view name(nftnl_expr_get_str(expression, NFTNL_EXPR_NAME));
  std::uint32_t length = 0;
  if (name == "lookup") {
    rule.lookups.push_back({nftnl_expr_get_str(expression, NFTNL_EXPR_LOOKUP_SET), rule.protocol});
  } else if (name == "cmp" && rule.protocol_loaded) {
    const auto *bytes = static_cast<const std::uint8_t *>(nftnl_expr_get(expression, NFTNL_EXPR_CMP_DATA, &length));
    if (bytes != nullptr && length > 0) rule.protocol = bytes[0];
  }
  rule.protocol_loaded =
      name == "meta" && nftnl_expr_get_u32(expression, NFTNL_EXPR_META_KEY) == NFT_META_L4PROTO;
  return 0;
}

void append_looked_up(std::vector<LookedUp> &lookups, const nlmsghdr *message) {
  const Rule rule(nftnl_rule_alloc());
  if (nftnl_rule_nlmsg_parse(message, rule.get()) < 0) return;
  ReadRule read{lookups};
  nftnl_expr_foreach(rule.get(), read_expression, &read);
}

std::vector<std::uint8_t> bytes_of(const nftnl_set_elem *element, std::uint16_t attribute) {
  std::uint32_t length = 0;
  const auto *bytes = static_cast<const std::uint8_t *>(
      nftnl_set_elem_get(const_cast<nftnl_set_elem *>(element), attribute, &length));
  return bytes == nullptr ? std::vector<std::uint8_t>{} : std::vector<std::uint8_t>{bytes, bytes + length};
}

void append_elements(std::vector<MapElement> &elements, const nlmsghdr *message) {
  const Set set(nftnl_set_alloc());
  if (nftnl_set_elems_nlmsg_parse(message, set.get()) < 0) return;
  const auto append = [](nftnl_set_elem *element, void *data) {
    static_cast<std::vector<MapElement> *>(data)->push_back({bytes_of(element, NFTNL_SET_ELEM_KEY),
                                                             bytes_of(element, NFTNL_SET_ELEM_KEY_END),
                                                             nftnl_set_elem_is_set(element, NFTNL_SET_ELEM_VERDICT)});
    return 0;
  };
  nftnl_set_elem_foreach(set.get(), append, &elements);
}

// A map of several fields: an element is a key, or a range from one to another.
void append_keys(std::vector<ListedKeys> &keys, const std::vector<MapElement> &elements) {
  for (const MapElement &element : elements)
    if (element.verdict) keys.push_back({element.key, element.key_end.empty() ? element.key : element.key_end});
}

// As the keys of a map `protocol . port` are: each part in the first bytes of a 32-bit register.
std::vector<std::uint8_t> port_key(std::uint8_t protocol, std::uint32_t port) {
  return {protocol, 0, 0, 0, static_cast<std::uint8_t>(port >> 8), static_cast<std::uint8_t>(port), 0, 0};
}

// A map of port ranges: an element is where a range begins, with its verdict, or, without one, where none goes on.
void append_ranges(std::vector<ListedKeys> &keys, const std::vector<MapElement> &elements, std::uint8_t protocol) {
  std::map<std::uint32_t, bool> begins;
  for (const MapElement &element : elements)
    if (element.key.size() >= 2) begins[element.key[0] << 8 | element.key[1]] |= element.verdict;
  for (auto bound = begins.begin(); bound != begins.end(); ++bound) {
    if (!bound->second) continue;
    const auto next = std::next(bound);
    const std::uint32_t last = next == begins.end() ? 0xffff : next->first - 1;
    keys.push_back({port_key(protocol, bound->first), port_key(protocol, last)});
  }
}

void append_set(std::vector<ListedSet> &sets, const nlmsghdr *message) {
  const Set set(nftnl_set_alloc());
  if (nftnl_set_nlmsg_parse(message, set.get()) < 0) return;
  if ((nftnl_set_get_u32(set.get(), NFTNL_SET_FLAGS) & (NFT_SET_ANONYMOUS | NFT_SET_MAP)) != 0) return;
  const bool timed = nftnl_set_is_set(set.get(), NFTNL_SET_TIMEOUT);
  sets.push_back({nftnl_set_get_str(set.get(), NFTNL_SET_NAME), nftnl_set_get_u32(set.get(), NFTNL_SET_KEY_TYPE),
                  nftnl_set_get_u32(set.get(), NFTNL_SET_DESC_SIZE),
                  timed ? nftnl_set_get_u64(set.get(), NFTNL_SET_TIMEOUT) : 0});
}

// Named counters of one table, among all objects of all tables.
void narrow_to_counters(nlmsghdr *request, const std::string &table) {
  mnl_attr_put_strz(request, NFTA_OBJ_TABLE, table.c_str());
  mnl_attr_put_u32(request, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_COUNTER));
}

}  // namespace

// `prepare` narrows the request; `read` takes what it wants of one message.
template <typename Result, typename Prepare, typename Read>
std::vector<Result> NftListing::dump(std::uint16_t type, Prepare prepare, Read read) {
  std::vector<Result> results;
  alignas(nlmsghdr) char buffer[kRequestRoom];
  nlmsghdr *request = nftnl_nlmsg_build_hdr(buffer, type, NFPROTO_INET, NLM_F_DUMP, ++sequence_);
  prepare(request);
  const auto each = [&](const nlmsghdr *message) { read(results, message); };
  socket_.dump(request, kStep, each, [&] { results.clear(); });
  return results;
}

std::string NftListing::fingerprint(const std::string &table) {
  std::string text;
  for (const std::uint16_t type : {NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETRULE, NFT_MSG_GETOBJ}) {
    // Dumps of rules and counters are narrowed by table in the kernel; the others are short and are sorted out here.
    const auto narrow = [&](nlmsghdr *request) {
      if (type == NFT_MSG_GETRULE) mnl_attr_put_strz(request, NFTA_RULE_TABLE, table.c_str());
      if (type == NFT_MSG_GETOBJ) narrow_to_counters(request, table);
    };
    const auto read = [&](std::vector<std::string> &identities, const nlmsghdr *message) {
      if (is_ours(message, table)) identities.push_back(identity_of(message));
    };
    for (const std::string &identity : dump<std::string>(type, narrow, read)) text += identity;
    if (text.empty()) break;
  }
  return text;
}

std::vector<std::string> NftListing::chains(const std::string &table) {
  return dump<std::string>(
      NFT_MSG_GETCHAIN, [](nlmsghdr *) {},
      [&](std::vector<std::string> &names, const nlmsghdr *message) {
        if (is_ours(message, table)) names.push_back(chain_name(message));
      });
}

std::vector<ListedSet> NftListing::sets(const std::string &table) {
  const auto narrow = [&](nlmsghdr *request) { mnl_attr_put_strz(request, NFTA_SET_TABLE, table.c_str()); };
  try {
    return dump<ListedSet>(NFT_MSG_GETSET, narrow, append_set);
  } catch (const SystemError &error) {
    if (error.number() == ENOENT) return {};  // no such table
    throw;
  }
}

std::vector<std::string> NftListing::counters(const std::string &table) {
  return dump<std::string>(
      NFT_MSG_GETOBJ, [&](nlmsghdr *request) { narrow_to_counters(request, table); },
      [](std::vector<std::string> &names, const nlmsghdr *message) {
        for_each_attribute(message, [&](const nlattr *attribute) {
          if (mnl_attr_get_type(attribute) == NFTA_OBJ_NAME) names.emplace_back(mnl_attr_get_str(attribute));
        });
      });
}

std::map<std::string, CounterValue> NftListing::take_counters(const std::string &table) {
  alignas(nlmsghdr) char buffer[kRequestRoom];
  nlmsghdr *request = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETOBJ_RESET, NFPROTO_INET, NLM_F_DUMP, ++sequence_);
  narrow_to_counters(request, table);
  std::map<std::string, CounterValue> taken;
  socket_.take(request, "read the counters", [&](const nlmsghdr *message) {
    const NamedObject counter(nftnl_obj_alloc());
    if (nftnl_obj_nlmsg_parse(message, counter.get()) < 0) return;
    // One that is told twice has counted on in between.
    CounterValue &value = taken[nftnl_obj_get_str(counter.get(), NFTNL_OBJ_NAME)];
    value.packets += nftnl_obj_get_u64(counter.get(), NFTNL_OBJ_CTR_PKTS);
    value.bytes += nftnl_obj_get_u64(counter.get(), NFTNL_OBJ_CTR_BYTES);
  });
  return taken;
}

std::vector<LookedUp> NftListing::sets_looked_up(const std::string &table, const std::string &chain) {
  return dump<LookedUp>(
      NFT_MSG_GETRULE,
      [&](nlmsghdr *request) {
        mnl_attr_put_strz(request, NFTA_RULE_TABLE, table.c_str());
        mnl_attr_put_strz(request, NFTA_RULE_CHAIN, chain.c_str());
      },
      append_looked_up);
}

std::vector<ListedKeys> NftListing::map_keys(const std::string &table, const std::string &chain) {
  std::vector<ListedKeys> keys;
  for (const LookedUp &map : sets_looked_up(table, chain)) {
    const auto narrow = [&](nlmsghdr *request) {
      mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE, table.c_str());
      mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, map.set.c_str());
    };
    const auto elements = dump<MapElement>(NFT_MSG_GETSETELEM, narrow, append_elements);
    if (map.protocol == 0) append_keys(keys, elements);
    else append_ranges(keys, elements, map.protocol);
  }
  return keys;
}

}  // namespace nftoggle
