package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gpuconv/experiment"
	"gpuconv/verify"
)

// TestShardsOfSchedulers: tasks of Slurm arrays and pods of Indexed Jobs know their shard. An array that leaves out
// tasks is read by the numbers of its tasks, if --shards says how many shards there are.
func TestShardsOfSchedulers(t *testing.T) {
	slurm := func(id, first, last, step, count string) map[string]string {
		return map[string]string{"SLURM_ARRAY_TASK_ID": id, "SLURM_ARRAY_TASK_MIN": first, "SLURM_ARRAY_TASK_MAX": last,
			"SLURM_ARRAY_TASK_STEP": step, "SLURM_ARRAY_TASK_COUNT": count}
	}
	index := func(i string) map[string]string { return map[string]string{"JOB_COMPLETION_INDEX": i} }
	for name, c := range map[string]struct {
		shards string
		env    map[string]string
		part   int    // from 1; 0: refused
		want   string // of the error
	}{
		"first":                 {"8", slurm("1", "1", "8", "1", "8"), 1, ""},
		"last":                  {"8", slurm("8", "1", "8", "1", "8"), 8, ""},
		"array":                 {"array", slurm("8", "1", "8", "1", "8"), 8, ""},
		"sparse":                {"8", slurm("7", "3", "7", "4", "2"), 7, ""},
		"sparse array":          {"array", slurm("7", "3", "7", "4", "2"), 0, "the array has 2 tasks from 3 to 7: want --array=1-N"},
		"listed array":          {"array", slurm("8", "1", "8", "1", "5"), 0, "the array has 5 tasks from 1 to 8"},
		"from 0":                {"8", slurm("0", "0", "7", "1", "8"), 0, "SLURM_ARRAY_TASK_ID is 0: want --array=1-8"},
		"array from 0":          {"array", slurm("3", "0", "7", "1", "8"), 0, "the array has 8 tasks from 0 to 7"},
		"too many":              {"8", slurm("9", "1", "9", "1", "9"), 0, "SLURM_ARRAY_TASK_ID is 9: want --array=1-8"},
		"no number":             {"8", slurm("x", "1", "8", "1", "8"), 0, `SLURM_ARRAY_TASK_ID is "x": want a whole number`},
		"no count":              {"array", slurm("1", "1", "8", "1", ""), 0, `SLURM_ARRAY_TASK_COUNT is "": want a whole number`},
		"pod":                   {"8", index("0"), 1, ""},
		"last pod":              {"8", index("7"), 8, ""},
		"too many pods":         {"8", index("8"), 0, "JOB_COMPLETION_INDEX is 8: want "},
		"the largest pod":       {"8", index("9223372036854775807"), 0, "INDEX is 9223372036854775807: want "},
		"pods are not an array": {"array", index("7"), 0, `SLURM_ARRAY_TASK_MIN is ""`},
		"neither":               {"8", nil, 0, "neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set: want a task of an array or --shard i/n"},
		"no shards":             {"0", index("0"), 0, "want how many shards there are, or array"},
		"many":                  {"100001", index("0"), 0, "want at most 100000"},
	} {
		f := shardFlags{shards: c.shards}
		got, err := f.read(func(name string) string { return c.env[name] })
		if c.part > 0 && (err != nil || got != (verify.Shard{Part: c.part, Parts: 8})) ||
			c.part == 0 && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %+v, %v, want %d %s", name, got, err, c.part, c.want)
		}
	}
}

// TestClocks: whatever the clock of this machine says, a shard that has stopped is told from one that is at work.
func TestClocks(t *testing.T) {
	here := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(ahead time.Duration) experiment.ShardState {
		return experiment.ShardState{Begun: true, Done: 1, Of: 2, Changed: here.Add(ahead)}
	}
	broken := at(0)
	broken.Err, broken.Changed = errors.New("broken"), time.Time{}
	const unknown = 1000 * time.Hour // nobody can tell what the disk's clock says
	for name, c := range map[string]struct {
		disk   time.Duration
		shards []experiment.ShardState
		asks   bool
		now    time.Duration
		note   string
	}{
		"alike":            {0, []experiment.ShardState{at(-time.Minute), at(time.Second), {}, broken}, false, time.Second, ""},
		"stopped":          {time.Second, []experiment.ShardState{at(-time.Hour)}, true, time.Second, ""},
		"behind":           {-5 * time.Hour, []experiment.ShardState{at(-5*time.Hour - time.Minute)}, true, -5 * time.Hour, "the disk's clock is 5h0m0s behind this machine's"},
		"ahead":            {5 * time.Hour, []experiment.ShardState{at(4 * time.Hour)}, true, 5 * time.Hour, "the disk's clock is 5h0m0s ahead of this machine's"},
		"stopped, unknown": {unknown, []experiment.ShardState{at(-time.Hour), at(time.Second)}, true, time.Second, ""},
		"ahead, unknown":   {unknown, []experiment.ShardState{at(12 * time.Minute), at(0), {}}, true, 12 * time.Minute, "the disk's clock is 12m0s ahead of this machine's"},
	} {
		asks := false
		now, note := clock(c.shards, here, func() (time.Time, error) {
			if asks = true; c.disk == unknown {
				return time.Time{}, errors.New("a folder that may not be written")
			}
			return here.Add(c.disk), nil
		})
		if asks != c.asks || !now.Equal(here.Add(c.now)) || note != c.note {
			t.Errorf("%s: %v, %v, %q, want %v, %v, %q", name, asks, now.Sub(here), note, c.asks, c.now, c.note)
		}
	}
	now := here.Add(12 * time.Minute)
	if got, want := progressOf(at(0), now), "1 of 2 images, has stopped: nothing was done for 12m0s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := progressOf(at(12*time.Minute), now); got != "1 of 2 images" {
		t.Error(got)
	}
	ended := at(12 * time.Minute)
	ended.Ended = true
	if got := progressOf(ended, now); got != "1 of 2 images, has stopped" {
		t.Error(got)
	}
	cut := at(12 * time.Minute)
	cut.Gone, cut.Left = 1, time.Minute
	if got := progressOf(cut, now); got != "1 of 2 images: the file lacks 1 that were done, about 1m0s left" {
		t.Error(got)
	}
	for _, changed := range []time.Time{now, {}} { // its journal has no line, or is not there yet
		if got := progressOf(experiment.ShardState{Changed: changed}, now); got != "just begun" {
			t.Error(got)
		}
	}
}

// TestRestOf: the whole job takes as long as the shards at work take for what they and the others have left, and at
// least as long as the slowest of them. One that has just begun is at work, too, and one that is done is not.
func TestRestOf(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	begun := func(done, of int, left time.Duration) experiment.ShardState {
		return experiment.ShardState{Begun: true, Done: done, Of: of, Left: left, Changed: now}
	}
	complete := experiment.ShardState{Complete: true, Done: 30, Of: 30}
	ended, old, broken := begun(0, 10, time.Hour), begun(0, 10, time.Hour), begun(0, 10, time.Hour)
	ended.Ended, old.Changed, broken.Err = true, now.Add(-quiet-1), errors.New("broken")
	for name, c := range map[string]struct {
		all  []experiment.ShardState
		want string
	}{
		"one":            {[]experiment.ShardState{begun(10, 20, time.Minute)}, "1m0s at the speed of the 1 shard at work, until 2026-01-02 03:05"},
		"another to do":  {[]experiment.ShardState{begun(10, 20, time.Minute), {}}, "3m0s at the speed of the 1 shard at work, until 2026-01-02 03:07"},
		"of the average": {[]experiment.ShardState{begun(0, 10, time.Minute), complete, {}}, "3m0s at the speed of the 1 shard at work, until 2026-01-02 03:07"},
		"two":            {[]experiment.ShardState{begun(0, 20, time.Minute), begun(0, 20, 3*time.Minute), {}}, "3m0s at the speed of the 2 shards at work, until 2026-01-02 03:07"},
		"two alike":      {[]experiment.ShardState{begun(0, 20, time.Minute), begun(0, 20, time.Minute), {}}, "1m30s at the speed of the 2 shards at work, until 2026-01-02 03:05"},
		"just begun":     {[]experiment.ShardState{begun(10, 20, time.Minute), begun(0, 20, 0), {Begun: true, Changed: now}, {}}, "2m20s at the speed of the 3 shards at work, until 2026-01-02 03:06"},
		"slow to begin":  {[]experiment.ShardState{begun(10, 20, time.Minute), begun(0, 30, 0)}, "3m0s at the speed of the 2 shards at work, until 2026-01-02 03:07"},
		"ending":         {[]experiment.ShardState{begun(10, 20, time.Minute), begun(20, 20, 0), {Begun: true}}, "3m0s at the speed of the 1 shard at work, until 2026-01-02 03:07"},
		"stopped":        {[]experiment.ShardState{begun(0, 10, time.Minute), ended, old, broken}, "4m0s at the speed of the 1 shard at work, until 2026-01-02 03:08"},
	} {
		if got := restOf(c.all, now, now); got != "about "+c.want {
			t.Errorf("%s: %s, want about %s", name, got, c.want)
		}
	}
	for _, all := range [][]experiment.ShardState{{ended, old, broken, {}},
		{complete, begun(0, 10, 0)}, {begun(10, 10, 0)}, {{}}} {
		if got := restOf(all, now, now); got != "unknown: no shard at work has done a chunk and has more to do" {
			t.Errorf("%+v: %s", all, got)
		}
	}
	if got := restOf([]experiment.ShardState{begun(0, 1, 1<<62), {}, {}}, now, now); strings.Contains(got, "about -") {
		t.Error(got)
	}
}
