#!/bin/sh
# Installs the peers that are available: those of npm into this folder, and Debian's packages if this is Debian and the
# user may install them. The benchmark leaves out peers that are missing.
cd "$(dirname "$0")" || exit 1

npm ci --ignore-scripts || echo "no peers from npm" >&2

apt-get update
for packages in "python3-numpy libopenblas0-pthread" python3-torch libfann-dev; do
  # shellcheck disable=SC2086 # a list
  apt-get install -y --no-install-recommends $packages || echo "not installed: $packages" >&2
done

version=$(dpkg-query -W -f '${Version}' libfann-dev)
cc -O3 -march=native -DVERSION="\"$version\"" -o fann fann.c -lfloatfann -lm || rm -f fann
