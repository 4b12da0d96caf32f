package experiment

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gpuconv/fault"
	"gpuconv/stimuli"
	"gpuconv/whole"
)

// A job that machines share is cut into shards of images that follow each other. Each shard is a run of its own, in a
// folder of its own in the folder of the job. The name of the shard's folder says which it is.

// MostShards is how many shards a job may have.
const MostShards = 100_000

// CutShard cuts the job into as many shards as of says, and returns the one with this number, counted from 1. Shards
// differ by one image at most. If images come from pictures of different sizes, shards differ by the work of one image
// at most. Their activations, one after the other, have the bits of the whole job's. Shards have no pictures. CutShard
// refuses more shards than images.
func (j Job) CutShard(number, of int) (Job, error) {
	n := j.Images.Shape().N()
	if number < 1 || number > of || of > MostShards {
		return j, fault.New("experiment", "shard", fmt.Sprintf("%d/%d", number, of), "want 1/n to n/n, and at most %d",
			MostShards)
	}
	if of > n {
		return j, fault.New("experiment", "shard", fmt.Sprintf("%d/%d", number, of),
			"want at most %d shards, one an image", n)
	}
	first, end := n*(number-1)/of, n*number/of
	if cost := j.costs(); cost != nil {
		begins := cut(n, of, cost)
		first, end = begins[number-1], begins[number]
	}
	part, err := stimuli.NewPart(j.Images, first, end-first)
	if err != nil {
		return j, err
	}
	j.Shard = &Shard{Number: number, Of: of, First: first, Images: n, whole: j.Images}
	j.Images = part
	j.Look.Formats = []string{}
	return j, nil
}

// decoding is how many multiplications take as long as decoding a pixel: see BenchmarkDecoding.
const decoding = 1000

// costs returns what an image costs, in pixels to decode. It returns nil if all images cost the same.
func (j Job) costs() func(i int) uint64 {
	pictures, ok := j.Images.(interface{ Pixels(i int) int })
	if !ok {
		return nil
	}
	each := uint64(0)
	if p, err := j.Problem(); err == nil {
		p.Src = p.Src.WithN(1)
		each = uint64(min(p.MACs()/decoding, 1<<40))
	}
	return func(i int) uint64 { return uint64(pictures.Pixels(i)) + each }
}

// cut returns the first image of each shard, and n. A shard has at least one image. Otherwise the cost of a shard and
// of those before it is at most their share of the sum, and would be above it with one image more.
func cut(n, of int, cost func(i int) uint64) []int {
	total := uint64(0)
	for i := range n {
		total += cost(i)
	}
	begins := make([]int, of+1)
	i, sum := 0, uint64(0)
	for s := 1; s <= of; s++ {
		share := total/uint64(of)*uint64(s) + total%uint64(of)*uint64(s)/uint64(of)
		for i < n && sum+cost(i) <= share {
			sum += cost(i)
			i++
		}
		begins[s] = min(max(i, begins[s-1]+1), n-(of-s))
	}
	return begins
}

// Total returns how many images the job has, with those of its other shards.
func (j Job) Total() int {
	if j.Shard != nil {
		return j.Shard.Images
	}
	return j.Images.Shape().N()
}

// ShardName returns the name of the folder of a shard, such as shard-07-of-16.
func ShardName(number, of int) string {
	return fmt.Sprintf("shard-%0*d-of-%d", len(strconv.Itoa(of)), number, of)
}

// parseShard returns the shard of a folder's name. ok is false for any other name.
func parseShard(name string) (number, of int, ok bool) {
	first, second, found := strings.Cut(strings.TrimPrefix(name, "shard-"), "-of-")
	number, err := strconv.Atoi(first)
	of, ofErr := strconv.Atoi(second)
	ok = found && err == nil && ofErr == nil && number >= 1 && number <= of && of <= MostShards &&
		name == ShardName(number, of)
	return number, of, ok
}

// IsShard reports whether a folder of this name, in that of a job, is taken for a shard, complete or begun.
func IsShard(name string) bool {
	name, _ = cutUnfinished(name)
	_, _, ok := parseShard(name)
	return ok
}

// CheckShards refuses to begin a shard of this job in a folder that has shards of a job with other settings, or of one
// that was cut into another number of shards. A folder without shards, or none, is fine. If a shard differs, the error
// is a [*SettingsError].
func (j Job) CheckShards(ctx context.Context, on Prepared, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil // there is no folder yet, or making the shard's folder fails, too
	}
	now, err := j.settings(on)
	if err != nil {
		return err
	}
	compared := false
	for _, e := range entries {
		name, begun := cutUnfinished(e.Name())
		number, of, ok := parseShard(name)
		if !ok || number == j.Shard.Number && of == j.Shard.Of {
			continue
		}
		if other := (&shardEntry{number: number, of: of, begun: begun}); of != j.Shard.Of {
			if begun || other.read(ctx, filepath.Join(folder, name)) || other.maybe() {
				return &SettingsError{fmt.Sprintf("it has shards of %d: want that number, not %d", of, j.Shard.Of)}
			}
			continue
		}
		if compared {
			continue
		}
		was, err := settingsOf(ctx, filepath.Join(folder, name), begun, number, of)
		if err != nil || was == nil {
			continue // merge and the shard itself find what is wrong
		}
		if compared, err = true, differ(was, now); err != nil {
			return err
		}
	}
	return nil
}

// cutUnfinished returns the name that the kept folder of this name gets when it is finished. kept is false for the name
// of any other folder.
func cutUnfinished(name string) (of string, kept bool) {
	return strings.CutSuffix(name, strings.TrimPrefix(whole.Unfinished("x"), "x"))
}

// settingsOf returns the settings of a shard that is complete or begun.
func settingsOf(ctx context.Context, path string, begun bool, number, of int) ([]Setting, error) {
	if !begun {
		r, err := readShard(ctx, path, number, of)
		if err != nil {
			return nil, err
		}
		return r.Settings, nil
	}
	j, err := whole.ReadJournal(ctx, path)
	if err != nil {
		return nil, err
	}
	h, err := readHistory(j)
	if err != nil {
		return nil, err
	}
	return h.job.Settings, nil
}
