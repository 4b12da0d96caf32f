package experiment

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/whole"
)

// TestKeepChecks: run.json says no more of the check than all processes of a run have checked together.
func TestKeepChecks(t *testing.T) {
	none, sample, some, all := Checking{}, Checking{Sample: true, Seed: 3}, Checking{Images: 2}, Checking{Images: -1}
	for name, c := range map[string]struct {
		first, then Checking
		sampled     bool
		nothing     bool // whether a part of the images was not checked at all
	}{
		"none, then a sample":   {none, sample, true, true},
		"some, then a sample":   {some, sample, true, true},
		"all, then a sample":    {all, sample, true, false},
		"a sample, then all":    {sample, all, true, false},
		"a sample, then none":   {sample, none, true, true},
		"all, then all":         {all, all, false, false},
		"all, then none":        {all, none, false, false},
		"a sample, then others": {sample, Checking{Sample: true, Seed: 4}, true, false},
	} {
		path := filepath.Join(t.TempDir(), "out")
		if err := cutAfter(t, path, 7, func(j *Job, _ *Prepared) { j.Check = c.first }); err == nil {
			t.Fatal("not cut")
		}
		if _, err := keep(t, t.Context(), path, func(j *Job, _ *Prepared) { j.Check = c.then }); err != nil {
			t.Fatal(err)
		}
		r, err := ReadReport(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if r.Check.Sampled != c.sampled || c.nothing && r.Check.Finds != 1 || !c.sampled && r.Check.Finds != 0 {
			t.Errorf("%s: %+v", name, r.Check)
		}
	}
}

// TestKeepWorst: the output with the largest error is named, as in a run that was not cut into processes or shards.
func TestKeepWorst(t *testing.T) {
	all := func(j *Job, _ *Prepared) { j.Check = Checking{Images: -1} }
	want, err := ReadReport(t.Context(), plain(t, all))
	if err != nil || want.Check.Worst == nil || want.Check.Worst.Bound == 0 {
		t.Fatalf("%v, %+v", err, want.Check)
	}
	path := filepath.Join(t.TempDir(), "out")
	if err := cutAfter(t, path, 7, all); err == nil {
		t.Fatal("not cut")
	}
	got, err := keep(t, t.Context(), path, all)
	if err != nil || got.Check.Worst == nil || *got.Check.Worst != *want.Check.Worst {
		t.Errorf("%v, worst %+v, want %+v", err, got.Check.Worst, want.Check.Worst)
	}
	dir := t.TempDir()
	for i := range 3 {
		if err := runShard(t, t.Context(), dir, i+1, 3, func(j *Job) { all(j, nil) }); err != nil {
			t.Fatal(err)
		}
	}
	joined, _, err := merged(t, dir)
	if err != nil || joined.Check.Worst == nil || *joined.Check.Worst != *want.Check.Worst || joined.Check.Sampled {
		t.Errorf("%v, merged %+v, want %+v", err, joined.Check, want.Check.Worst)
	}
}

// TestMergeChecks: if one shard was sampled, and a few whole images of another were judged, the merged report does not
// say that all outputs were judged.
func TestMergeChecks(t *testing.T) {
	dir := t.TempDir()
	for i, check := range []Checking{{Sample: true}, {Images: 2}} {
		if err := runShard(t, t.Context(), dir, i+1, 2, func(j *Job) { j.Check = check }); err != nil {
			t.Fatal(err)
		}
	}
	if r, _, err := merged(t, dir); err != nil || !r.Check.Sampled || r.Check.Finds != 1 {
		t.Errorf("%v, %+v", err, r.Check)
	}
}

// TestKeepFirstSync: if the first lines of the journal cannot be synced, no chunk counts, and the run ends with that
// error.
func TestKeepFirstSync(t *testing.T) {
	out, err := whole.Options{}.KeepFolder(filepath.Join(t.TempDir(), "out"), "activations.npy")
	if err != nil {
		t.Fatal(err)
	}
	out.Discard() // it closes the journal
	written := (&keeper{folder: out, journal: out.Journal()}).newCounting()
	if err := written.add(&chunk{}); !errors.Is(err, errNotCounted) {
		t.Errorf("a chunk counts: %v", err)
	}
	if err := written.end(errNotCounted); !errors.Is(err, os.ErrClosed) || !strings.Contains(err.Error(), "journal") {
		t.Errorf("error %v, want that of the journal", err)
	}
}

// TestKeepSyncs: a chunk counts once its outputs and then its line are on the disk. After an error nothing follows, so
// that no line is written for outputs that may be lost.
func TestKeepSyncs(t *testing.T) {
	for fails, want := range map[string]string{"": "file line journal ", "file": "file ", "line": "file line ",
		"journal": "file line journal "} {
		did, failure := "", errors.New("failure")
		step := func(name string) syncing {
			return func() error {
				if did += name + " "; name == fails {
					return failure
				}
				return nil
			}
		}
		err := inOrder(step("file"), step("journal"), step("line"))
		if did != want || (err == failure) != (fails != "") {
			t.Errorf("%q fails: %s and %v, want %s", fails, did, err, want)
		}
	}
	out, err := whole.Options{NoSync: true}.KeepFolder(filepath.Join(t.TempDir(), "out"), "activations.npy")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Discard()
	k := &keeper{folder: out, journal: out.Journal(), chunks: make([]*chunk, 1)}
	if k.file, err = out.Grow(); err != nil {
		t.Fatal(err)
	}
	if k.on.Problem.Src = (conv.Shape{1}); k.count(&chunk{}) != nil || k.chunks[0] == nil {
		t.Error("a chunk does not count")
	}
	out.Discard()
	if k.chunks[0] = nil; k.count(&chunk{}) == nil || k.chunks[0] != nil {
		t.Error("a chunk counts in a folder that is given back")
	}
}

type syncing func() error

func (s syncing) Sync() error { return s() }
