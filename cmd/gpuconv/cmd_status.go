package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"gpuconv/experiment"
	"gpuconv/fault"
	"gpuconv/whole"

	"github.com/spf13/cobra"
)

func newStatus() *cobra.Command {
	return folderCommand(&cobra.Command{
		Use:   "status DIR",
		Short: "How far the shards of gpuconv run --shard are",
		Long: "status says which shards in DIR are complete, which are at work and which have stopped, from their folders and\n" +
			"journals. A process that works on a shard says so every ten seconds, and when it ends. A shard has stopped if\n" +
			"that was two minutes ago, by the clock of the disk. To read that clock, status makes a small file in DIR and\n" +
			"removes it, if a shard seems to have stopped. If it may not, the clock of this machine counts. left is for how\n" +
			"long the whole job goes on if as many shards are always at work as now. The last line has the missing shards as\n" +
			"sbatch --array takes them.\n\n" +
			"Exit code 0: all shards are complete; 1: some are not; 2: the call was wrong.",
		Example: "  gpuconv run --orientations 0:180:5 --shard 1/2 --output sweep\n" +
			"  gpuconv run --orientations 0:180:5 --shard 2/2 --output sweep\n" +
			"  gpuconv status sweep",
	}, "status: want one folder with shards of gpuconv run", status)
}

// quiet is the longest time after which a shard still counts as at work if its process has not renewed its lease, which
// it does every ten seconds. After a minute another process may take the lease.
const quiet = 2 * time.Minute

// mostApart is how far the clocks of the disk and of this machine may be apart without a note.
const mostApart = time.Minute

// status prints a line for each shard that is begun and not complete, and then how many are complete.
func status(ctx context.Context, folder string, stdout io.Writer) error {
	if err := wantFolder(folder, "with shards of gpuconv run"); err != nil {
		return err
	}
	s, err := experiment.ReadShards(ctx, folder)
	if err != nil {
		return plainly(ctx, err)
	}
	for _, other := range s.Others {
		printLine(stdout, "note      no shard: %s", oneLine(plain(other).Error()))
	}
	complete, begun, damaged := 0, 0, 0
	now, note := clock(s.All, time.Now(), func() (time.Time, error) { return whole.Now(folder) })
	if note != "" {
		printLine(stdout, "note      %s", note)
	}
	for _, shard := range s.All {
		switch {
		case shard.Complete:
			complete++
		case shard.Begun:
			begun++
			printLine(stdout, "shard     %d of %d: %s", shard.Number, len(s.All), progressOf(shard, now))
		case shard.Err != nil:
			damaged++
			printLine(stdout, "shard     %d of %d: %s", shard.Number, len(s.All), oneLine(plain(shard.Err).Error()))
		}
	}
	printLine(stdout, "complete  %d of %d shards, %d begun, %d not begun%s", complete, len(s.All), begun,
		len(s.All)-complete-begun-damaged, ifAny(damaged, ", %d not as written"))
	if missing := s.Missing(); missing != "" {
		printLine(stdout, "left      %s", restOf(s.All, now, time.Now()))
		return &fault.Error{Argument: folder, Rule: fmt.Sprintf(
			"%d of %d shards are not complete: --array=%s with --shards %[2]d",
			len(s.All)-complete, len(s.All), missing)}
	}
	return nil
}

// clock returns the time by which shards are judged. That is the time here, if by that all begun shards are at work.
// Otherwise it is the disk's. If nobody can tell that, it is the time here or that of the latest change of a shard,
// whichever is later. If the disk's is more than mostApart from the time here, clock also returns a note.
func clock(all []experiment.ShardState, here time.Time, disk func() (time.Time, error)) (now time.Time, note string) {
	latest, doubtful := here, false
	for _, shard := range all {
		if shard.Begun && !shard.Complete && shard.Err == nil {
			since := here.Sub(shard.Changed)
			doubtful = doubtful || since > quiet || since < -mostApart
			if shard.Changed.After(latest) {
				latest = shard.Changed
			}
		}
	}
	if now = latest; doubtful {
		if at, err := disk(); err == nil {
			now = at
		}
	}
	switch apart := now.Sub(here).Round(time.Second); {
	case apart > mostApart:
		note = fmt.Sprintf("the disk's clock is %v ahead of this machine's", apart)
	case apart < -mostApart:
		note = fmt.Sprintf("the disk's clock is %v behind this machine's", -apart)
	}
	return now, note
}

// restOf says how long the rest of the job takes at the speed of the shards that are at work, and until when, by the
// clock here. A shard of which the size or the speed is not known counts as the others do on average.
func restOf(all []experiment.ShardState, now, here time.Time) string {
	sizes, known := 0.0, 0.0
	for _, s := range all {
		if s.Of > 0 {
			sizes, known = sizes+float64(s.Of), known+1
		}
	}
	// In images: those left, and the most that are left in one of the shards at work whose speed is not known.
	var images, most float64
	speed, timed, working, longest := 0.0, 0, 0, time.Duration(0)
	for _, s := range all {
		if s.Complete {
			continue
		}
		left := sizes / max(1, known)
		if s.Of > 0 {
			left = float64(s.Of - s.Done)
		}
		images += left
		if left == 0 || s.Changed.IsZero() || !atWork(s, now) {
			continue
		}
		working++
		if s.Left > 0 {
			speed, timed = speed+left/s.Left.Seconds(), timed+1 // images a second
			longest = max(longest, s.Left)
		} else {
			most = max(most, left)
		}
	}
	if timed == 0 {
		return "unknown: no shard at work has done a chunk and has more to do"
	}
	speed /= float64(timed)
	seconds := max(images/float64(working), most) / speed
	rest := max(longest, time.Duration(min(seconds*1e9, math.MaxInt64/2))).Round(time.Second)
	return fmt.Sprintf("about %v at the speed of the %s at work, until %s", rest, counted(working, "shard"),
		here.Add(rest).Format("2006-01-02 15:04"))
}

// atWork reports whether a process works on a begun shard.
func atWork(s experiment.ShardState, now time.Time) bool {
	return s.Err == nil && !s.Ended && (s.Changed.IsZero() || now.Sub(s.Changed) <= quiet)
}

// progressOf says how far a begun shard is.
func progressOf(s experiment.ShardState, now time.Time) string {
	if s.Err != nil {
		return "cannot be read: " + oneLine(plain(s.Err).Error())
	}
	text, since := "just begun", now.Sub(s.Changed).Round(time.Second)
	if s.Of > 0 {
		text = fmt.Sprintf("%d of %s", s.Done, counted(s.Of, "image"))
	}
	text += ifAny(s.Gone, ": the file lacks %d that were done")
	switch {
	case s.Ended:
		return text + ", has stopped"
	case !atWork(s, now):
		return text + fmt.Sprintf(", has stopped: nothing was done for %v", since)
	case s.Left > 0:
		text += fmt.Sprintf(", about %v left", s.Left.Round(time.Second))
	}
	return text
}

// ifAny returns a text with a number, or nothing if that is 0.
func ifAny(n int, format string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(format, n)
}
