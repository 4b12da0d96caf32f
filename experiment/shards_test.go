package experiment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gpuconv/param"
	"gpuconv/stimuli"
	"gpuconv/whole"
)

// runShard runs a shard of a small job into its folder in dir.
func runShard(t *testing.T, ctx context.Context, dir string, number, of int, change func(j *Job)) error {
	t.Helper()
	j, err := small(t).CutShard(number, of)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&j)
	}
	out, err := whole.Options{NoSync: true}.KeepFolder(filepath.Join(dir, ShardName(number, of)), j.ArrayName())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Discard()
	on := prepared(t, j, min(3, j.Images.Shape().N()))
	if err := j.CheckShards(ctx, on, dir); err != nil {
		return err
	}
	_, err = j.RunOn(ctx, on, out)
	return err
}

// merged merges the shards of a folder.
func merged(t *testing.T, dir string) (*Report, string, error) {
	t.Helper()
	out := folder(t)
	r, err := Merge(t.Context(), dir, out, nil)
	out.Discard()
	return r, out.Path(), err
}

// TestShards: however a job is cut into shards, the merged folder has the arrays and tables of one run, bit for bit.
func TestShards(t *testing.T) {
	for _, kept := range []Summary{nil, {{Kind: Energy}, {Grid, 3, 2}}} {
		testShards(t, kept)
	}
}

func testShards(t *testing.T, kept Summary) {
	want := plain(t, func(j *Job, _ *Prepared) { j.Summary = kept })
	files := []string{"activations.npy", "stimuli.csv", "filters.csv", "cells.csv"}
	if kept != nil {
		files = append(files, ValuesName)
	}
	for _, of := range []int{1, 2, 7, 30} {
		dir := t.TempDir()
		for _, i := range rangeBackwards(of) {
			if err := runShard(t, t.Context(), dir, i, of, func(j *Job) { j.Summary = kept }); err != nil {
				t.Fatal(err)
			}
		}
		r, got, err := merged(t, dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			a, err := os.ReadFile(filepath.Join(got, name))
			b, wantErr := os.ReadFile(filepath.Join(want, name))
			if err != nil || wantErr != nil || string(a) != string(b) {
				t.Errorf("%d shards: %s differs: %v %v", of, name, err, wantErr)
			}
		}
		if a, err := AuditFolder(t.Context(), got); err != nil || len(a.Wrong) > 0 || len(a.Files) != len(files) {
			t.Errorf("%d shards: %+v, %v", of, a, err)
		}
		if r.Merged.Shards != of || r.ActivationsShape.N() != 30 || r.Check.Images != 30 && of == 30 ||
			r.Check.Of != 30*3*10*13 || r.Shard != nil {
			t.Errorf("%d shards: %+v, %+v", of, r, r.Check)
		}
	}
}

// namedFiles is a set of images whose table has names of files with spaces at both ends.
type namedFiles struct{ stimuli.Set }

func (n namedFiles) Table() (*param.Table, error) {
	t, err := n.Set.Table()
	names := param.Column{Name: "file"}
	for i := range n.Shape().N() {
		names.Words = append(names.Words, fmt.Sprintf(" %d, of\n\"many\" ", i))
	}
	t.Columns = append(slices.Clip(t.Columns), names)
	return t, err
}

// TestMergeKeepsNames: stimuli.csv of the merged folder has the bytes of one run's, whatever files are called.
func TestMergeKeepsNames(t *testing.T) {
	j := small(t)
	j.Images, j.Check = namedFiles{j.Images}, Checking{}
	dir := t.TempDir()
	for i := range 4 {
		shard, err := j.CutShard(i+1, 4)
		if err != nil {
			t.Fatal(err)
		}
		out, err := whole.Options{NoSync: true}.KeepFolder(filepath.Join(dir, ShardName(i+1, 4)), j.ArrayName())
		if err != nil {
			t.Fatal(err)
		}
		defer out.Discard()
		if _, err := shard.RunOn(t.Context(), prepared(t, shard, 3), out); err != nil {
			t.Fatal(err)
		}
	}
	_, got, err := merged(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	want := plain(t, func(one *Job, _ *Prepared) { one.Images = j.Images })
	a, err := os.ReadFile(filepath.Join(got, "stimuli.csv"))
	b, wantErr := os.ReadFile(filepath.Join(want, "stimuli.csv"))
	if err != nil || wantErr != nil || string(a) != string(b) {
		t.Errorf("%v, %v: %.300q, want %.300q", err, wantErr, a, b)
	}
}

func rangeBackwards(of int) (all []int) {
	for i := range of {
		all = append(all, of-i)
	}
	return all
}

// TestMergeRefuses: shards that are missing, damaged or not of the job are named, and nothing is written or lost.
func TestMergeRefuses(t *testing.T) {
	for want, change := range map[string]func(t *testing.T, dir string){
		"2 of 4 shards are not complete: want them, --array=2-3 with --shards 4": func(t *testing.T, dir string) {
			remove(t, dir, 2, 4)
			remove(t, dir, 3, 4)
		},
		"shard-2-of-4/activations.npy: CRC-32C ": func(t *testing.T, dir string) {
			alter(t, filepath.Join(dir, ShardName(2, 4), "activations.npy"), func(b []byte) []byte { b[len(b)-1] ^= 1; return b })
		},
		"shard-2-of-4: activations.npy: 1 bytes: want ": func(t *testing.T, dir string) {
			alter(t, filepath.Join(dir, ShardName(2, 4), "activations.npy"), func(b []byte) []byte { return b[:1] })
		},
		"shard-4-of-4: stimuli.csv: CRC-32C ": func(t *testing.T, dir string) {
			alter(t, filepath.Join(dir, ShardName(4, 4), "stimuli.csv"), func(b []byte) []byte { b[len(b)-2] ^= 1; return b })
		},
		"shard-1-of-4/run.json: want it as gpuconv run wrote it: invalid character": func(t *testing.T, dir string) {
			alter(t, filepath.Join(dir, ShardName(1, 4), "run.json"), func(b []byte) []byte { return append([]byte("\ufeff"), b...) })
		},
		"shard-1-of-4/run.json: schema 2: want 1": func(t *testing.T, dir string) {
			alter(t, filepath.Join(dir, ShardName(1, 4), "run.json"), func(b []byte) []byte {
				return bytes.Replace(b, []byte(`"schema": 1`), []byte(`"schema": 2`), 1)
			})
		},
		"1 of 4 shards are not complete: want them, --array=3 with --shards 4": func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, ShardName(3, 4), "run.json")); err != nil {
				t.Fatal(err)
			}
		},
		"shard-3-of-4/run.json: want that of shard 3/4": func(t *testing.T, dir string) {
			remove(t, dir, 3, 4)
			if err := os.CopyFS(filepath.Join(dir, ShardName(3, 4)), os.DirFS(filepath.Join(dir, ShardName(2, 4)))); err != nil {
				t.Fatal(err)
			}
		},
		"shard-1-of-4: it was begun with other settings: want type float32, not float16": nil,
		"it has shards of 4 and of 5": func(t *testing.T, dir string) {
			other := t.TempDir()
			if err := errors.Join(runShard(t, t.Context(), other, 5, 5, nil),
				os.Rename(filepath.Join(other, ShardName(5, 5)), filepath.Join(dir, ShardName(5, 5)))); err != nil {
				t.Fatal(err)
			}
		},
	} {
		dir := t.TempDir()
		for i := range 4 {
			if err := runShard(t, t.Context(), dir, i+1, 4, nil); err != nil {
				t.Fatal(err)
			}
		}
		if change == nil { // a shard with other settings is refused before, so it comes from elsewhere
			other := t.TempDir()
			half := func(j *Job) { j.Format.Half = true }
			if err := runShard(t, t.Context(), other, 1, 4, half); err != nil {
				t.Fatal(err)
			}
			err := runShard(t, t.Context(), dir, 5, 5, nil)
			if err == nil || err.Error() != "it has shards of 4: want that number, not 5" {
				t.Errorf("a shard of another number: %v", err)
			}
			remove(t, dir, 1, 4)
			if err := runShard(t, t.Context(), dir, 1, 4, half); err == nil ||
				!strings.Contains(err.Error(), "want type float32, not float16") {
				t.Errorf("a shard with other settings: %v", err)
			}
			if err := os.Rename(filepath.Join(other, ShardName(1, 4)),
				filepath.Join(dir, ShardName(1, 4))); err != nil {
				t.Fatal(err)
			}
			want = "shard-2-of-4: it was begun with other settings: want type float16, not float32"
		} else {
			change(t, dir)
		}
		_, path, err := merged(t, dir)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s: the folder is there", want)
		}
	}
}

// TestCheckOtherVersion: a shard is not begun beside shards of another number that this version, or this user, cannot
// read, but beside a whole job that has the name of one.
func TestCheckOtherVersion(t *testing.T) {
	none := func(b []byte) []byte { return bytes.Replace(b, []byte(`"number": 1`), []byte(`"number": 2`), 1) }
	for name, c := range map[string]struct {
		change  func([]byte) []byte
		mode    os.FileMode
		refused bool
	}{
		"as it is": {func(b []byte) []byte { return b }, 0o666, true},
		"another version": {func(b []byte) []byte {
			return bytes.Replace(b, []byte(`"schema": 1`), []byte(`"schema": 2`), 1)
		}, 0o666, true},
		"an early version": {func(b []byte) []byte { return bytes.Replace(b, []byte(`"files"`), []byte(`"x"`), 1) }, 0o666, true},
		"unreadable":       {none, 0, true},
		"no shard":         {none, 0o666, false},
		"another's copy": {func(b []byte) []byte {
			return bytes.Replace(b, []byte(`"of": 4`), []byte(`"of": 3`), 1)
		}, 0o666, false},
	} {
		dir := t.TempDir()
		if err := runShard(t, t.Context(), dir, 1, 4, nil); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, ShardName(1, 4), "run.json")
		alter(t, path, c.change)
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := os.ReadFile(path); c.mode == 0 && err == nil {
			continue // root, and everybody on Windows, can read it
		}
		if err := runShard(t, t.Context(), dir, 5, 5, nil); errors.As(err, new(*SettingsError)) != c.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ShardName(1, 4)+".unfinished"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := runShard(t, t.Context(), dir, 5, 5, nil); !errors.As(err, new(*SettingsError)) {
		t.Errorf("beside one that is just being begun: %v", err)
	}
}

func remove(t *testing.T, dir string, number, of int) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(dir, ShardName(number, of))); err != nil {
		t.Fatal(err)
	}
}

func alter(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, change(text), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestCutShard: shards have all images, each once, and differ by one image at most.
func TestCutShard(t *testing.T) {
	for _, of := range []int{1, 2, 3, 7, 29, 30} {
		next, sizes := 0, map[int]bool{}
		for i := range of {
			j, err := small(t).CutShard(i+1, of)
			if err != nil || j.Shard.First != next || j.Total() != 30 {
				t.Fatalf("%d/%d: %+v, %v", i+1, of, j.Shard, err)
			}
			next += j.Images.Shape().N()
			sizes[j.Images.Shape().N()] = true
		}
		if next != 30 || len(sizes) > 2 {
			t.Errorf("%d shards have %d images, of %v", of, next, sizes)
		}
	}
	for _, c := range [][2]int{{0, 1}, {2, 1}, {1, 31}, {1, MostShards + 1}} {
		if _, err := small(t).CutShard(c[0], c[1]); err == nil {
			t.Errorf("%v is accepted", c)
		}
	}
}

// TestCutByCost: shards have about the same cost. Images that cost the same are cut by their number.
func TestCutByCost(t *testing.T) {
	for _, c := range []struct {
		costs []uint64
		of    int
		want  []int
	}{
		{[]uint64{7, 7, 7, 7, 7}, 2, []int{0, 2, 5}},
		{[]uint64{9, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 2, []int{0, 1, 10}},
		{[]uint64{1, 1, 1, 1, 1, 1, 1, 1, 1, 9}, 2, []int{0, 9, 10}},
		{[]uint64{4, 1, 1, 1, 1, 4}, 3, []int{0, 1, 5, 6}},
		{[]uint64{100, 1, 1}, 3, []int{0, 1, 2, 3}}, // one image each, whatever they cost
		{[]uint64{1, 1, 100}, 3, []int{0, 1, 2, 3}},
		{[]uint64{0, 0, 0}, 2, []int{0, 2, 3}},
		{[]uint64{1 << 60, 1 << 60, 1 << 60}, 3, []int{0, 1, 2, 3}},
	} {
		got := cut(len(c.costs), c.of, func(i int) uint64 { return c.costs[i] })
		if !slices.Equal(got, c.want) {
			t.Errorf("%v in %d: %v, want %v", c.costs, c.of, got, c.want)
		}
	}
	for n := 1; n < 40; n++ {
		for of := 1; of <= n; of++ {
			got := cut(n, of, func(int) uint64 { return 12345 })
			for s, first := range got {
				if first != n*s/of {
					t.Fatalf("%d equal images in %d: %v", n, of, got)
				}
			}
		}
	}
}

// sized are images that come from pictures of these sizes.
type sized struct {
	stimuli.Set
	pixels []int
}

func (s sized) Pixels(i int) int { return s.pixels[i] }

// TestCutPictures: a large picture is a shard of its own if the others cost less in all, and is not if the convolution
// costs more than decoding it.
func TestCutPictures(t *testing.T) {
	for _, c := range []struct{ large, first, images int }{{1 << 30, 0, 1}, {150, 0, 11}} {
		j := small(t)
		pixels := make([]int, 30)
		for i := range pixels {
			pixels[i] = 10
		}
		pixels[0] = c.large
		j.Images = sized{j.Images, pixels}
		shard, err := j.CutShard(1, 2)
		if err != nil {
			t.Fatal(err)
		}
		if got := shard.Images.Shape().N(); shard.Shard.First != c.first || got != c.images {
			t.Errorf("a picture of %d pixels: %d images from %d on, want %d", c.large, got, shard.Shard.First, c.images)
		}
		next, err := j.CutShard(2, 2)
		if err != nil || next.Shard.First != c.images || next.Images.Shape().N() != 30-c.images {
			t.Errorf("the second shard begins at %d: %v", next.Shard.First, err)
		}
	}
}

// TestMemoryOfAShard: a shard of a sweep has room for its own rows of the table only: here for 1 of 30.
func TestMemoryOfAShard(t *testing.T) {
	j := small(t)
	shard, err := j.CutShard(1, 30)
	if err != nil {
		t.Fatal(err)
	}
	p := prepared(t, shard, 1).Problem
	got, err := shard.Memory(p)
	want, wantErr := j.Memory(p)
	if err != nil || wantErr != nil || got != want-29*200 {
		t.Errorf("%v bytes, want %v; %v, %v", got, want, err, wantErr)
	}
}

// TestManyShards: each of many shards has a name of its own, which is read back, and names are in the order of numbers.
func TestManyShards(t *testing.T) {
	names := map[string]bool{}
	for i := range 1000 {
		names[ShardName(i+1, 1000)] = true
		if number, of, ok := parseShard(ShardName(i+1, 1000)); !ok || number != i+1 || of != 1000 {
			t.Fatalf("%s is shard %d of %d", ShardName(i+1, 1000), number, of)
		}
	}
	if len(names) != 1000 || !slices.IsSorted([]string{ShardName(9, 10), ShardName(10, 10)}) {
		t.Errorf("%d names", len(names))
	}
}
