#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the parser's fuzzer, built by `make fuzz`. Ends with an error on any finding, and says where the bytes
# are that caused it. Arguments go to libFuzzer; without any: two million runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seeds=build/fuzz/seeds corpus=build/fuzz/corpus findings=build/fuzz/findings/
mkdir -p "$corpus" "$findings"
"${NODE:-node}" fuzz/write-seeds.ts "$seeds"
[ $# -gt 0 ] || set -- -runs=2000000
exec build/fuzz-flow-parser -max_len=512 -print_final_stats=1 -artifact_prefix="$findings" "$@" "$corpus" "$seeds"
