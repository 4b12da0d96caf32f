package autotune

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gpuconv/conv"
)

// key is the key of twenty's problem with the given number of images.
func key(images int) Key {
	k := Key{Vendor: "Mesa", Renderer: "llvmpipe", Driver: "4.5", Problem: twenty()}
	k.Problem.Src[0] = images
	return k
}

// entry is a winner of k, found at noon.
func entry(k Key, algorithm string) Entry {
	return Entry{Schema: entrySchema, Tuned: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), Vendor: k.Vendor,
		Renderer: k.Renderer,
		Driver:   k.Driver, Problem: k.problem(), Images: k.Problem.Src.N(), Algorithm: algorithm, Tile: "8 × 8",
		Shader: "abc", Kernel: 0.5, Speed: 1.25, Own: "direct"}
}

func save(t *testing.T, s Store, k Key, algorithm string) string {
	t.Helper()
	path, err := s.Save(k, entry(k, algorithm))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestStore: a winner is found for the same problem with about as many images, and for no other problem.
func TestStore(t *testing.T) {
	s := Store{filepath.Join(t.TempDir(), "not", "there")}
	if e, err := s.Find(key(8)); e != nil || err != nil || s.Len() != 0 {
		t.Errorf("in no folder: %v, %v", e, err)
	}
	save(t, s, key(8), "eight")
	save(t, s, key(100), "hundred")
	for images, want := range map[int]string{8: "eight", 2: "eight", 1: "", 0: "", 28: "eight", 29: "hundred",
		100: "hundred", 400: "hundred", 401: ""} {
		e, err := s.Find(key(images))
		if err != nil || (e == nil) != (want == "") || e != nil && e.Algorithm != want {
			t.Errorf("%d images: %v, %v, want %q", images, e, err, want)
		}
	}
	for name, change := range map[string]func(k *Key){
		"vendor":     func(k *Key) { k.Vendor = "NVIDIA" },
		"precision":  func(k *Key) { k.Precision = conv.Fast },
		"renderer":   func(k *Key) { k.Renderer = "softpipe" },
		"driver":     func(k *Key) { k.Driver = "4.6" },
		"image":      func(k *Key) { k.Problem.Src[3]++ },
		"weight":     func(k *Key) { k.Problem.Weight[2]++ },
		"stride":     func(k *Key) { k.Problem.Stride = [2]int{1, 2} },
		"dilation":   func(k *Key) { k.Problem.Dilation = [2]int{1, 2} },
		"padding":    func(k *Key) { k.Problem.Padding.Left++ },
		"mode":       func(k *Key) { k.Problem.PaddingMode = conv.Circular },
		"groups":     func(k *Key) { k.Problem.Groups = 2 },
		"activation": func(k *Key) { k.Problem.Activation = conv.ReLU },
		"pool":       func(k *Key) { k.Problem.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 2}} },
		"bias":       func(k *Key) { k.Problem.Bias = false },
	} {
		k := key(8)
		change(&k)
		if e, err := s.Find(k); e != nil || err != nil {
			t.Errorf("another %s: %v, %v", name, e, err)
		}
	}
	k := key(8) // its defaults written out
	k.Problem.Spec = k.Problem.WithDefaults()
	e, err := s.Find(k)
	if err != nil || e == nil {
		t.Fatalf("with defaults: %v, %v", e, err)
	}
	if got, want := e.String(), "tuned on 2026-11-24 with 8 images: 1.25 times as fast as direct"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	odd := *e
	if odd.Own = "a\n\x1b[2J"; !strings.HasSuffix(odd.String(), `times as fast as a\n\u001b[2J`) {
		t.Errorf("a file that anyone may have written says %q", odd.String())
	}
	if e.Algorithm, e.Tile = "direct", ""; !strings.HasSuffix(e.String(), "nothing else was faster") {
		t.Errorf("%v", e)
	}
}

// TestSaveClears: Save removes what a process left that died long ago while it saved.
func TestSaveClears(t *testing.T) {
	s := Store{t.TempDir()}
	left := filepath.Join(s.Folder, ".partial-1")
	old := time.Now().Add(-2 * time.Hour)
	if err := errors.Join(os.WriteFile(left, nil, 0o600), os.Chtimes(left, old, old)); err != nil {
		t.Fatal(err)
	}
	save(t, s, key(8), "eight")
	if _, err := os.Lstat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: %v", left, err)
	}
}

// TestForget: one winner is removed, or all are. No other file is.
func TestForget(t *testing.T) {
	s := Store{t.TempDir()}
	for _, images := range []int{8, 100, 1000} {
		save(t, s, key(images), "a")
	}
	other := filepath.Join(s.Folder, "my-notes.json")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		if was, err := s.Forget(key(8)); was != want || err != nil {
			t.Errorf("%v, %v, want %v", was, err, want)
		}
	}
	if e, _ := s.Find(key(8)); e != nil {
		t.Errorf("%v is left", e)
	}
	if n, err := s.ForgetAll(); n != 2 || err != nil || s.Len() != 0 {
		t.Errorf("%d, %v, %d are left", n, err, s.Len())
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
	for _, none := range []Store{{}, {filepath.Join(s.Folder, "not there")}} {
		n, err := none.ForgetAll()
		was, err2 := none.Forget(key(1))
		if n != 0 || was || err != nil || err2 != nil || none.Len() != 0 {
			t.Errorf("%v: %d, %v, %v, %v", none, n, was, err, err2)
		}
	}
}

// TestBadFiles: a file that is not what was saved is an error that names it.
func TestBadFiles(t *testing.T) {
	s := Store{t.TempDir()}
	path := save(t, s, key(8), "a")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"empty":     {string(good), "", "unexpected end"},
		"cut":       {"\"own\"", "", "invalid character"},
		"no JSON":   {string(good), "[]", "cannot unmarshal"},
		"schema":    {`"schema": 1`, `"schema": 2`, "schema is 2, want 1"},
		"driver":    {`"driver": "4.5"`, `"driver": "4.6"`, "driver is 4.6, want 4.5"},
		"problem":   {"groups 1", "groups 2", "problem is images"},
		"images":    {`"images": 8`, `"images": 9`, "images is 9, want 8"},
		"algorithm": {`"algorithm": "a"`, `"algorithm": ""`, "algorithm is missing"},
		"date":      {`"tuned": "2026-11-24T12:00:00Z"`, `"tuned": "yesterday"`, "parsing time"},
		"speed":     {`"speed": 1.25`, `"speed": 0`, "speed is missing"},
	} {
		if !strings.Contains(string(good), c.old) {
			t.Fatalf("%s: no %q in\n%s", name, c.old, good)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(good), c.old, c.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := s.Find(key(8))
		if e != nil || err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, %v, want %q", name, e, err, c.want)
		}
	}
	if save(t, s, key(8), "b"); true {
		if e, err := s.Find(key(8)); err != nil || e.Algorithm != "b" {
			t.Errorf("rewritten: %v, %v", e, err)
		}
	}
}

// TestSaveFails: no half-written file is left.
func TestSaveFails(t *testing.T) {
	if _, err := (Store{}).Save(key(8), entry(key(8), "a")); err == nil {
		t.Error("saved in no folder")
	}
	s := Store{t.TempDir()}
	if err := os.MkdirAll(filepath.Join(s.path(key(8)), "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Save(key(8), entry(key(8), "a")); err == nil {
		t.Error("saved over a folder")
	}
	if files, _ := os.ReadDir(s.Folder); len(files) != 1 {
		t.Errorf("%v are left", files)
	}
	if e, err := s.Find(key(8)); e != nil || err == nil {
		t.Errorf("found %v, %v in a folder", e, err)
	}
}

// TestStoresAtOnce: a reader finds a whole winner while others write.
func TestStoresAtOnce(t *testing.T) {
	s := Store{t.TempDir()}
	save(t, s, key(8), "a")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 50 {
				if _, err := s.Save(key(8), entry(key(8), "a")); err != nil {
					t.Error(err)
				}
				if e, err := s.Find(key(8)); err != nil || e == nil || e.Algorithm != "a" {
					t.Errorf("%v, %v", e, err)
				}
			}
		})
	}
	group.Wait()
	if s.Len() != 1 {
		t.Errorf("%d files", s.Len())
	}
}
