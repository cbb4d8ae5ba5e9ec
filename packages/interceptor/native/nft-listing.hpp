// SPDX-License-Identifier: MIT
// What stands in our table, read by single dumps. libnftables reads every element of every set for any listing,
// which takes seconds where there are many sessions.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "netlink-socket.hpp"

namespace nftoggle {

struct ListedSet {
  std::string name;
  std::uint32_t key_type;  // as nft numbers its data types, six bits for each part of a concatenation
  std::uint32_t size;      // 0 for no limit
  std::uint64_t timeout;   // milliseconds, 0 for none
};

// Keys of a map from `from` to `to`, both included; one and the same for a single key.
struct ListedKeys {
  std::vector<std::uint8_t> from, to;
};

// A map or set that a rule looks up, and the protocol that the rule is about; 0 when the key says that.
struct LookedUp {
  std::string set;
  std::uint8_t protocol;
};

// An element of a map as the kernel has it.
struct MapElement {
  std::vector<std::uint8_t> key, key_end;
  bool verdict;
};

struct CounterValue {
  std::uint64_t packets, bytes;
};

class NftListing {
 public:
  // Text that differs when somebody removed or changed the table, a chain, a rule or a named counter of it; empty when there is
  // no such table.
  std::string fingerprint(const std::string &table);
  std::vector<std::string> chains(const std::string &table);
  // The sets with a name of their own; no maps. None when there is no such table.
  std::vector<ListedSet> sets(const std::string &table);
  // The keys of every verdict map that rules of the chain look up, ports with their protocol before them.
  std::vector<ListedKeys> map_keys(const std::string &table, const std::string &chain);
  // The names of its named counters; none when there is no such table.
  std::vector<std::string> counters(const std::string &table);
  // Reads named counters and sets them to zero, each at once: no packet is lost or counted twice, and the next
  // call has those of which this one could not tell because tables changed meanwhile.
  std::map<std::string, CounterValue> take_counters(const std::string &table);

 private:
  std::vector<LookedUp> sets_looked_up(const std::string &table, const std::string &chain);
  template <typename Result, typename Prepare, typename Read>
  std::vector<Result> dump(std::uint16_t type, Prepare prepare, Read read);

  std::uint32_t sequence_ = 0;
  NetlinkSocket socket_;
};

}  // namespace nftoggle
