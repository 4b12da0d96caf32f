#!/bin/sh
# Records the runs that TestRecorded compares: record.sh STATE [BUSY], in the folder bench. STATE is the first part of
# the files' names, and BUSY the number of busy loops that run at the same time, 0 if it is left out. The engine runs
# six times, and the engine slowed down by 5 % and by 20 % four times each. They take turns, so that none of them gets
# all the quiet minutes.
set -e
state=$1
go test -c -o testdata/record.test .
trap 'kill $loops 2>/dev/null; rm -f testdata/record.test' EXIT
loops=
for _ in $(seq "${2:-0}"); do
	sh -c 'while :; do :; done' & loops="$loops $!"
done
for run in 1 2 3 4 5 6; do
	for percent in 100 105 120; do
		test "$percent" = 100 || test "$run" -le 4 || continue
		GPUCONV_RECORD=testdata/recorded/$state-$percent-$run.json ./testdata/record.test -test.run '^TestRecord$'
	done
done
