package experiment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/filters"
	"gpuconv/npy"
	"gpuconv/stimuli"
	"gpuconv/whole"
)

// perhapsPictured is the job of these tests. It has pictures only in the subtests of TestKeep whose names begin with
// float, and with -short only in float32.
func perhapsPictured(t *testing.T) Job {
	t.Helper()
	if t.Name() == "TestKeep/float32" || strings.HasPrefix(t.Name(), "TestKeep/float") && !testing.Short() {
		return pictured(t)
	}
	return small(t)
}

// keep runs a job of 30 images in chunks of 7, in a folder that is kept. change, if it is not nil, changes the job
// first.
func keep(t *testing.T, ctx context.Context, path string, change func(j *Job, on *Prepared)) (*Report, error) {
	t.Helper()
	j := perhapsPictured(t)
	on := prepared(t, j, 7)
	if change != nil {
		change(&j, &on)
	}
	out, err := whole.Options{NoSync: true}.KeepFolder(path, j.ArrayName())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Discard()
	return j.RunOn(ctx, on, out)
}

// cutAfter runs the job until this many images are done, and then interrupts it.
func cutAfter(t *testing.T, path string, images int, change func(j *Job, on *Prepared)) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := keep(t, ctx, path, func(j *Job, on *Prepared) {
		if change != nil {
			change(j, on)
		}
		j.Progress = func(done int) {
			if done >= images {
				cancel()
			}
		}
	})
	return err
}

// sameCut runs the job until this many images are done, interrupts it, and does the rest in the next run. All files
// must have the bytes of those in the folder want.
func sameCut(t *testing.T, want string, images int, change func(j *Job, on *Prepared)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kept")
	if err := cutAfter(t, path, images, change); err == nil {
		t.Fatal("the run was not cut")
	}
	if _, err := keep(t, t.Context(), path, change); err != nil {
		t.Fatal(err)
	}
	sameFiles(t, path, want)
}

// sameFiles compares all files of two folders but run.json.
func sameFiles(t *testing.T, got, want string) {
	t.Helper()
	entries, err := os.ReadDir(want)
	if err != nil || len(entries) < 5 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for _, e := range entries {
		if e.Name() == reportName {
			continue
		}
		a, err := os.ReadFile(filepath.Join(got, e.Name()))
		b, wantErr := os.ReadFile(filepath.Join(want, e.Name()))
		if err != nil || wantErr != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs: %v %v", e.Name(), err, wantErr)
		}
	}
}

// plain runs the job at once, in a folder that is not kept.
func plain(t *testing.T, change func(j *Job, on *Prepared)) string {
	t.Helper()
	j := perhapsPictured(t)
	on := prepared(t, j, 7)
	if change != nil {
		change(&j, &on)
	}
	out := folder(t)
	if _, err := j.RunOn(t.Context(), on, out); err != nil {
		t.Fatal(err)
	}
	return out.Path()
}

// TestKeep: wherever a run is cut, the next one does the rest, and all files have the bytes of one that was not cut.
func TestKeep(t *testing.T) {
	array := arrayOf(t, small(t).Images)
	for name, change := range map[string]func(j *Job, on *Prepared){
		"float32": nil,
		"float16": func(j *Job, _ *Prepared) { j.Format.Half = true },
		"sample":  func(j *Job, _ *Prepared) { j.Check = Checking{Sample: true, Seed: 3} },
		"all":     func(j *Job, _ *Prepared) { j.Check = Checking{Images: -1} },
		"float32, numbers": func(j *Job, _ *Prepared) {
			j.Summary, j.Check = Summary{{Kind: Mean}, {Grid, 2, 3}}, Checking{Sample: true, Seed: 3}
		},
		"float32, numbers of an array": func(j *Job, _ *Prepared) {
			j.Summary, j.Images = Summary{{Kind: Mean}}, openArray(t, array)
		},
		"float32, npz":  func(j *Job, _ *Prepared) { j.Format.Kind = npy.NPZ },
		"float32, zarr": func(j *Job, _ *Prepared) { j.Format.Kind = npy.Zarr },
		"zarr, float16": func(j *Job, _ *Prepared) { j.Format.Kind, j.Format.Half = npy.Zarr, true },
		"zarr, numbers": func(j *Job, _ *Prepared) { j.Format.Kind, j.Summary = npy.Zarr, Summary{{Kind: Mean}} },
		"all portion":   func(j *Job, on *Prepared) { *on = prepared(t, *j, 30) },
	} {
		t.Run(name, func(t *testing.T) {
			want := plain(t, change)
			if name == "float16" {
				want = filepath.Join(t.TempDir(), "out") // pictures show what the file holds
				if _, err := keep(t, t.Context(), want, change); err != nil {
					t.Fatal(err)
				}
			}
			for _, cuts := range [][]int{nil, {7}, {7, 21}, {30}} {
				path := filepath.Join(t.TempDir(), "out")
				for i, cut := range cuts {
					err := cutAfter(t, path, cut, change)
					if i > 0 && err == nil { // all was in flight
						break
					}
					var u *UnfinishedError
					if !errors.As(err, &u) || !errors.Is(err, context.Canceled) || u.Done < 7 || u.Of != 30 {
						t.Fatalf("cut after %d images: %v", cut, err)
					}
					if _, err := os.Lstat(path); !os.IsNotExist(err) {
						t.Fatalf("the folder is there after %d images", cut)
					}
					if now, err := ReadUnfinished(t.Context(), path); err != nil || now != u.Unfinished {
						t.Fatalf("%+v, %v, want %+v", now, err, u.Unfinished)
					}
				}
				if _, err := os.Lstat(path); err == nil {
					sameFiles(t, path, want)
					continue
				}
				r, err := keep(t, t.Context(), path, change)
				if err != nil {
					t.Fatal(err)
				}
				sameFiles(t, path, want)
				if a, err := AuditFolder(t.Context(), path); err != nil || len(a.Wrong) > 0 || len(a.Others) > 0 {
					t.Errorf("%+v, %v", a, err)
				}
				if r.Resumed.Processes != len(cuts)+1 || r.Resumed.Redone != 0 ||
					(r.Resumed.Images > 0) != (cuts != nil) {
					t.Errorf("after %v: %+v", cuts, r.Resumed)
				}
				if r.NotFinite.Outputs != 30*3*10*13 {
					t.Errorf("%d outputs", r.NotFinite.Outputs)
				}
				wantImages := map[string]int{"float32": 16, "float16": 16, "all portion": 16, "all": 30}[name]
				if wantImages > 0 && (r.Check.Images != wantImages || r.Check.Outputs != wantImages*3*10*13) {
					t.Errorf("%d images and %d outputs are checked", r.Check.Images, r.Check.Outputs)
				}
			}
		})
	}
}

// TestKeepRedoes: a chunk is done again if it or its line in the journal is altered, half-written or missing. No other
// chunk is.
func TestKeepRedoes(t *testing.T) {
	want := plain(t, nil)
	journal, array := "gpuconv.journal", "gpuconv.grown"
	for name, c := range map[string]struct {
		file   string
		change func(text []byte) []byte
		before int // images that are not done again
	}{
		"altered":      {array, func(b []byte) []byte { b[len(b)-1] ^= 1; return b }, 7},
		"half-written": {array, func(b []byte) []byte { return b[:len(b)-100] }, 7},
		"missing":      {array, func(b []byte) []byte { return b[:200] }, 0},
		"longer":       {array, func(b []byte) []byte { return append(b, make([]byte, 1e6)...) }, 14},
		"edited":       {journal, func(b []byte) []byte { return bytes.Replace(b, []byte(`"first":0`), []byte(`"first":7`), 1) }, 7},
		"cut":          {journal, func(b []byte) []byte { return b[:len(b)-1] }, 7},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out")
			if err := cutAfter(t, path, 14, nil); err == nil {
				t.Fatal("not cut")
			}
			file := filepath.Join(whole.Unfinished(path), c.file)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if c.file == array { // what was in flight, and does not count
				text = text[:128+14*3*10*13*4]
			} else {
				text = upTo(text, `"first":7`)
			}
			if err := os.WriteFile(file, c.change(text), 0o666); err != nil {
				t.Fatal(err)
			}
			r, err := keep(t, t.Context(), path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if r.Resumed.Images != c.before {
				t.Errorf("%d images are taken over, want %d", r.Resumed.Images, c.before)
			}
			sameFiles(t, path, want)
		})
	}
}

// upTo returns the lines of a text up to the last one that has what is sought.
func upTo(text []byte, sought string) []byte {
	at := bytes.LastIndex(text, []byte(sought))
	return text[:at+bytes.IndexByte(text[at:], '\n')+1]
}

// TestKeepRefuses: another setting is refused with the difference, and so is a journal of something else. Nothing is
// lost.
func TestKeepRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	if err := cutAfter(t, path, 14, nil); err == nil {
		t.Fatal("not cut")
	}
	for want, change := range map[string]func(j *Job, on *Prepared){
		"want filters [3 1 5 5], not [4 1 5 5], weights ": func(j *Job, on *Prepared) {
			*j = tutorial(t, stimuli.NMA{Resolution: 0.02}, "0:90:3", filters.NMA{Channels: 4, Size: 5})
			*on = prepared(t, *j, 7)
		},
		"want stimuli ": func(j *Job, _ *Prepared) {
			j.Images = tutorial(t, stimuli.NMA{Resolution: 0.02, SpatialFrequency: 0.3}, "0:90:3", filters.NMA{Channels: 3, Size: 5}).Images
		},
		"want bias none, not ":           func(j *Job, _ *Prepared) { j.Bias = []float32{1, 2, 3} },
		"want images in a chunk 7, not":  func(_ *Job, on *Prepared) { on.Problem.Src = on.Problem.Src.WithN(5) },
		"want backend none, not gpu":     func(_ *Job, on *Prepared) { on.Backend.Name = "gpu" },
		"want keep none, not mean":       func(j *Job, _ *Prepared) { j.Summary = Summary{{Kind: Mean}} },
		"want type float32, not float16": func(j *Job, _ *Prepared) { j.Format.Half = true },
	} {
		_, err := keep(t, t.Context(), path, change)
		if err == nil || !strings.Contains(err.Error(), "it was begun with other settings: "+want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	r, err := keep(t, t.Context(), path, nil)
	if err != nil || r.Resumed.Images < 14 {
		t.Errorf("%v, and %+v", err, r)
	}
	j := small(t)
	if a, err := j.AuditDone(t.Context(), prepared(t, j, 7), path); err != nil || len(a.Wrong) > 0 {
		t.Errorf("%v", err)
	}
	j.Flip = true
	if _, err := j.AuditDone(t.Context(), prepared(t, j, 7), path); err == nil ||
		!strings.Contains(err.Error(), "want flip false, not true") {
		t.Errorf("%v", err)
	}
	if _, err := small(t).AuditDone(t.Context(), prepared(t, small(t), 7), plain(t, nil)); err == nil ||
		!strings.Contains(err.Error(), "not run with --resume") {
		t.Errorf("%v", err)
	}
}

// TestKeepJournals: lines that are whole but not of a run are refused.
func TestKeepJournals(t *testing.T) {
	for want, lines := range map[string][]string{
		"the journal's line 1: ":                 {"x"},
		"the journal's first line was changed":   {`{"chunk":{}}`},
		"the journal's schema 9: want 1":         {`{"job":{"schema":9}}`},
		"it was begun with other settings: want": {`{"job":{"schema":1}}`},
		"the journal's line 2: ":                 {`{"job":{"schema":1}}`, `{"chunk":{"first":"a"}}`},
	} {
		path := filepath.Join(t.TempDir(), "out")
		d, err := whole.Options{NoSync: true}.KeepFolder(path, "activations.npy")
		if err != nil {
			t.Fatal(err)
		}
		d.Keep()
		for _, line := range lines {
			if err := d.Journal().Add([]byte(line)); err != nil {
				t.Fatal(err)
			}
		}
		d.Discard()
		if _, err := keep(t, t.Context(), path, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", lines, err, want)
		}
	}
}

// TestKeepWrong: a chunk with a wrong output does not count, and is done again.
func TestKeepWrong(t *testing.T) {
	want, path := plain(t, nil), filepath.Join(t.TempDir(), "out")
	runs := 0
	_, err := keep(t, t.Context(), path, func(j *Job, on *Prepared) {
		j.Check = Checking{Images: -1}
		on.Plan = altered{on.Plan, func(dst *conv.Tensor) error {
			if runs++; runs == 3 {
				dst.Data[0] += 1
			}
			return nil
		}}
	})
	var u *UnfinishedError
	if !errors.As(err, new(*WrongError)) || !errors.As(err, &u) || u.Done != 14 {
		t.Fatalf("error %v, want a wrong output after 14 images", err)
	}
	r, err := keep(t, t.Context(), path, func(_ *Job, on *Prepared) {
		on.Plan = altered{on.Plan, func(*conv.Tensor) error { return nil }}
	})
	if err != nil || r.Resumed.Images != 14 || r.Check.Images < 16 {
		t.Fatalf("%v, %+v", err, r)
	}
	sameFiles(t, path, want)
}

// TestKeepFails: after an error, what is done is kept, and the error says how much that is. If the first chunk fails,
// nothing is left.
func TestKeepFails(t *testing.T) {
	for _, failing := range []int{1, 3} {
		path := filepath.Join(t.TempDir(), "new", "out")
		runs := 0
		_, err := keep(t, t.Context(), path, func(_ *Job, on *Prepared) {
			on.Plan = altered{on.Plan, func(*conv.Tensor) error {
				if runs++; runs == failing {
					return fmt.Errorf("the GPU: %w", syscall.EIO)
				}
				return nil
			}}
		})
		if !errors.Is(err, syscall.EIO) || whole.IsUnfinished(path) != (failing > 1) {
			t.Errorf("chunk %d fails: %v", failing, err)
		}
		if failing == 1 {
			if _, err := os.Lstat(filepath.Dir(path)); err == nil {
				t.Error("the new folder is left")
			}
		} else if got := fault.Plain(err); !strings.HasSuffix(got, "out.unfinished has 14 of 30 images") &&
			!strings.HasSuffix(got, "out.unfinished has 7 of 30 images") {
			t.Errorf("%s", got)
		}
	}
}

// TestKeepCutVerifying: a process that is cut while it compares checksums says what is kept, as any other.
func TestKeepCutVerifying(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	if err := cutAfter(t, path, 7, nil); err == nil {
		t.Fatal("not cut")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := keep(t, ctx, path, nil)
	if u := new(UnfinishedError); !errors.As(err, &u) || !errors.Is(err, context.Canceled) || u.Done < 7 {
		t.Errorf("error %v, want what is kept", err)
	}
}

// TestKeepCountsOnce: a chunk is begun a second time only if it was in flight when the run was cut.
func TestKeepCountsOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	for _, cut := range []int{7, 21} {
		if err := cutAfter(t, path, cut, nil); err == nil {
			t.Fatal("not cut")
		}
	}
	begins, chunks := 0, 0
	count := func() {
		begins, chunks = 0, 0
		j, err := whole.ReadJournal(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range j.Lines {
			var e entry
			if err := json.Unmarshal(line, &e); err != nil {
				t.Fatal(err)
			}
			if e.Begins != nil {
				begins++
			}
			if e.Chunk != nil {
				chunks++
			}
		}
	}
	count()
	if chunks < 3 || chunks > 5 || begins < chunks || begins > chunks+2*4 {
		t.Errorf("%d chunks, begun %d times: want at most 4 more for each of two cuts", chunks, begins)
	}
}
