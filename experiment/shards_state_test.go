package experiment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gpuconv/whole"
)

// TestReadShards: shards that are complete, begun and missing are told apart.
func TestReadShards(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadShards(t.Context(), dir); err == nil ||
		!strings.Contains(err.Error(), "want a folder with shards") {
		t.Errorf("an empty folder: %v", err)
	}
	for _, i := range []int{1, 9} {
		if err := runShard(t, t.Context(), dir, i, 10, nil); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := runShard(t, ctx, dir, 3, 10, func(j *Job) { j.Progress = func(int) { cancel() } })
	if err == nil {
		t.Skip("it was done at once")
	}
	broken := filepath.Join(dir, ShardName(4, 10)+".unfinished")
	if err := os.Mkdir(broken, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(broken, "gpuconv.journal"), []byte("x\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{ShardName(10, 10), "shard-1-of-10", "shard-11-of-10", "shard-0-of-1", "shard-01-of-1",
		"notes", "shard-1-of-2x"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if runtime.GOOS != "windows" { // shard 9 lies elsewhere
		elsewhere := filepath.Join(t.TempDir(), "nine")
		if err := errors.Join(os.Rename(filepath.Join(dir, ShardName(9, 10)), elsewhere),
			os.Symlink(elsewhere, filepath.Join(dir, ShardName(9, 10)))); err != nil {
			t.Fatal(err)
		}
	}
	s, err := ReadShards(t.Context(), dir)
	if err != nil || len(s.All) != 10 || s.Missing() != "2-8,10" {
		t.Fatalf("%+v, %v", s, err)
	}
	for i, state := range s.All {
		if state.Number != i+1 || state.Complete != (i == 0 || i == 8) || state.Begun != (i == 2 || i == 3) ||
			(state.Err != nil) != (i == 3) || state.Complete && (state.Done == 0 || state.Done != state.Of) {
			t.Errorf("%+v", state)
		}
	}
}

// TestNames: where no folder has anything of a shard, names count. Beside a shard, those of another number do not.
func TestNames(t *testing.T) {
	dir := t.TempDir()
	name := func(number, of int) {
		if err := os.Mkdir(filepath.Join(dir, ShardName(number, of)), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	name(1, 4)
	s, err := ReadShards(t.Context(), dir)
	if err != nil || len(s.All) != 4 || s.Missing() != "1-4" || s.Others != nil {
		t.Errorf("%+v, %v", s, err)
	}
	name(2, 9)
	if _, err = ReadShards(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "shards of 4 and of 9") {
		t.Error(err)
	}
	elsewhere := t.TempDir()
	if err := errors.Join(runShard(t, t.Context(), elsewhere, 3, 4, nil),
		os.Rename(filepath.Join(elsewhere, ShardName(3, 4)), filepath.Join(dir, ShardName(3, 4)))); err != nil {
		t.Fatal(err)
	}
	s, err = ReadShards(t.Context(), dir)
	if err != nil || s.Missing() != "1-2,4" || len(s.Others) != 1 ||
		!strings.Contains(s.Others[0].Error(), "shard-2-of-9: it has nothing of a shard") {
		t.Errorf("%+v, %v", s, err)
	}
	begun := filepath.Join(dir, ShardName(3, 9)+".unfinished")
	if err := errors.Join(os.Mkdir(begun, 0o777),
		os.WriteFile(filepath.Join(begun, "gpuconv.journal"), []byte("x\n"), 0o666)); err != nil {
		t.Fatal(err)
	}
	if _, err = ReadShards(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "shards of 4 and of 9") {
		t.Errorf("a journal that cannot be read: %v", err)
	}
}

// TestTwoFolders: a shard that is complete and has a part, too, is complete, and what is wrong with one of its folders
// is not forgotten.
func TestTwoFolders(t *testing.T) {
	dir := t.TempDir()
	if err := runShard(t, t.Context(), dir, 1, 3, nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{ShardName(1, 3) + ".unfinished", ShardName(2, 3) + ".unfinished", ShardName(2, 3)} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	read := func() (one, two ShardState) {
		s, err := ReadShards(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		return s.All[0], s.All[1]
	}
	if one, two := read(); !one.Complete || !one.Begun || one.Err != nil || two.Complete || !two.Begun ||
		two.Err != nil {
		t.Errorf("the parts have no journal: %+v, %+v", one, two)
	}
	for _, number := range []int{1, 2} {
		journal := filepath.Join(dir, ShardName(number, 3)+".unfinished", "gpuconv.journal")
		if err := os.WriteFile(journal, []byte("x\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if one, two := read(); !one.Complete || one.Err == nil || two.Complete || !two.Begun || two.Err == nil {
		t.Errorf("the journals are broken: %+v, %+v", one, two)
	}
	if err := os.WriteFile(filepath.Join(dir, ShardName(2, 3), "run.json"), []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, two := read(); two.Complete || !two.Begun || !strings.Contains(fmt.Sprint(two.Err), "run.json") {
		t.Errorf("run.json is broken: %+v", two)
	}
	if err := os.Truncate(filepath.Join(dir, ShardName(1, 3), "activations.npy"), 1); err != nil {
		t.Fatal(err)
	}
	if one, _ := read(); one.Complete || !one.Begun || !strings.Contains(fmt.Sprint(one.Err), "activations") {
		t.Errorf("the complete one is not whole: %+v", one)
	}
}

// TestStatusOfAShard: the unfinished folder of a shard says how much is done, and when it will be complete at the speed
// of its last process. Only the clock of that process counts, not that of the disk.
func TestStatusOfAShard(t *testing.T) {
	var s ShardState
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), ShardName(1, 2))
	d, err := whole.Options{NoSync: true}.KeepFolder(path, "activations.npy")
	if err != nil {
		t.Fatal(err)
	}
	d.Keep()
	k := keeper{journal: d.Journal()}
	for _, e := range []entry{{Job: &begun{Schema: schema, Images: 40, Chunk: 10, Each: 4}},
		{Process: start.Add(-time.Hour)},
		{Chunk: &chunk{First: 0, Images: 10}}, {Process: start},
		{Chunk: &chunk{First: 20, Images: 10, At: start.Add(time.Minute)}}} {
		if err := k.add(e); err != nil {
			t.Fatal(err)
		}
	}
	journal := filepath.Join(whole.Unfinished(path), "gpuconv.journal")
	if err := os.Chtimes(journal, start, start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if s.readJournal(t.Context(), path); s.Ended || time.Since(s.Changed).Abs() > time.Hour { // it has a lease
		t.Errorf("while its process works: %+v", s)
	}
	d.Discard()
	if s.readJournal(t.Context(), path); s.Done != 0 || s.Gone != 20 || s.Of != 40 || s.Left != 4*time.Minute {
		t.Errorf("the file is gone: %+v", s)
	}
	grown := filepath.Join(whole.Unfinished(path), "gpuconv.grown")
	if err := os.WriteFile(grown, make([]byte, 30*4-1), 0o666); err != nil {
		t.Fatal(err)
	}
	if s.readJournal(t.Context(), path); s.Done != 10 || s.Gone != 10 || s.Left != 3*time.Minute {
		t.Errorf("the file is too short: %+v", s)
	}
	if err := os.WriteFile(grown, make([]byte, 30*4), 0o666); err != nil {
		t.Fatal(err)
	}
	if s.readJournal(t.Context(), path); !s.Ended || s.Gone != 0 || s.Done != 20 || s.Of != 40 ||
		s.Left != 2*time.Minute || !s.Changed.Equal(start.Add(time.Hour)) || s.Err != nil {
		t.Errorf("%+v", s)
	}
}

// TestKeptOfEarlier: images of a journal that does not say how large they are do not count if the file is gone.
func TestKeptOfEarlier(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	if err := errors.Join(os.Mkdir(whole.Unfinished(path), 0o777),
		os.WriteFile(filepath.Join(whole.Unfinished(path), "gpuconv.journal"), nil, 0o666)); err != nil {
		t.Fatal(err)
	}
	chunks := slices.Values([]chunk{{First: 0, Images: 3}, {First: 3, Images: 2}})
	if done, gone := kept(chunks, 0, path, "activations.npy"); done != 0 || gone != 5 {
		t.Errorf("without the file: %d images are done, %d gone", done, gone)
	}
	for size, want := range map[int]int{3: 3, 4: 3, 5: 5} {
		grown := filepath.Join(whole.Unfinished(path), "gpuconv.grown")
		if err := os.WriteFile(grown, make([]byte, size), 0o666); err != nil {
			t.Fatal(err)
		}
		if done, gone := kept(chunks, 0, path, "activations.npy"); done != want || done+gone != 5 {
			t.Errorf("a file of %d bytes: %d images are done, %d gone, want %d", size, done, gone, want)
		}
	}
}

// TestKeptOfFinished: of a run that has ended since its journal was read, nothing is missing.
func TestKeptOfFinished(t *testing.T) {
	chunks := slices.Values([]chunk{{First: 0, Images: 3}})
	if done, gone := kept(chunks, 4, filepath.Join(t.TempDir(), "out"), "activations.npy"); done != 3 || gone != 0 {
		t.Errorf("%d images are done, %d gone", done, gone)
	}
}

// TestUnfinishedSays: what is kept is said in words, also what the file lacks.
func TestUnfinishedSays(t *testing.T) {
	for want, u := range map[string]Unfinished{
		"o is just begun":     {Folder: "o"},
		"o has 0 of 3 images": {Folder: "o", Of: 3},
		"o has 1 of 3 images": {Folder: "o", Of: 3, Done: 1},
		"o has 0 of 3 images: the file lacks 2 that were done": {Folder: "o", Of: 3, Gone: 2},
	} {
		if got := u.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestMissing: the expression names exactly the shards that are not complete.
func TestMissing(t *testing.T) {
	for complete, want := range map[string]string{"": "", "1": "", "0": "1", "0110": "1,4", "1001": "2-3",
		"0000": "1-4", "01000": "1,3-5"} {
		s := Shards{All: make([]ShardState, len(complete))}
		for i, c := range complete {
			s.All[i].Complete = c == '1'
		}
		if got := s.Missing(); got != want {
			t.Errorf("%s: %q, want %q", complete, got, want)
		}
	}
}

// TestArrayNameOfAJournal: the settings of a journal say how its file of activations is called.
func TestArrayNameOfAJournal(t *testing.T) {
	for format, want := range map[string]string{"": "activations.npy", "npz": "activations.npz",
		"zarr": "activations.zarr.zip"} {
		h := history{job: begun{Settings: []Setting{{"type", "float32"}, {"format", format}}}}
		if got := h.arrayName(); got != want {
			t.Errorf("%q: %s, want %s", format, got, want)
		}
	}
}
