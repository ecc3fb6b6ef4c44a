#!/bin/sh
# Measures this machine: diffit on its card and its processor beside PyTorch. Needs nothing installed but, to compare with,
# PyTorch. ./run.sh --help lists the options.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
node=$here/runtime/node
unset NODE_OPTIONS NODE_PATH
[ -x "$node" ] || chmod +x "$node"
if ! why=$("$node" --version 2>&1); then
  # a machine without libstdc++, or with an old one
  LD_LIBRARY_PATH=$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
  if ! "$node" --version >/dev/null 2>&1; then
    echo "Node does not start here, which needs Linux on x64 with glibc 2.28 or newer and a folder that programs may run from: $why" >&2
    exit 1
  fi
fi
exec "$node" "$here/bench/pack/measure.ts" "$@"
