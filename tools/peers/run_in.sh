#!/bin/sh
# Runs a program that debroot.sh unpacked, with the loader and the libraries beside it:
#   run_in.sh FOLDER PROGRAM [ARGUMENTS...]
# for example: run_in.sh build/peers/trixie bin/openssl version
# The process keeps its id.
set -eu
root=$(realpath "$1") program=$2
shift 2
for loader in "$root"/usr/lib/*-linux-gnu*/ld-linux*.so.?; do
  libraries=$(dirname "$loader")
done
OPENSSL_MODULES=$libraries/ossl-modules exec "$loader" --library-path "$libraries" \
  "$root/usr/$program" "$@"
