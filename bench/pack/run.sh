#!/bin/sh
# Measures this machine: diffit on its card and its processor beside PyTorch. Needs nothing installed but, to compare with,
# PyTorch. ./run.sh --help lists the options.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
exec "$here/runtime/node" "$here/bench/pack/measure.ts" "$@"
