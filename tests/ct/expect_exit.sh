#!/usr/bin/env bash
# expect_exit.sh STATUS COMMAND...: succeeds if the command ends with this status and no other.
expected=$1
shift
"$@"
status=$?
[[ $status -eq $expected ]] || {
  echo "exit status $status, not $expected: $*" >&2
  exit 1
}
