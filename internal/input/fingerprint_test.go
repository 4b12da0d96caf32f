package input

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"
)

// TestFingerprint: a file with other bytes, another size or another time of writing has another fingerprint. In a large
// file, bytes at the start, in the middle and at the end count.
func TestFingerprint(t *testing.T) {
	then := time.Unix(1e9, 5)
	print := func(content []byte, modified time.Time) string {
		path := file(t, string(content))
		if err := os.Chtimes(path, modified, modified); err != nil {
			t.Fatal(err)
		}
		f, err := Open(t.Context(), Array, path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		text, _, err := f.Fingerprint()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for _, size := range []int{0, 1, 1000, fingerprintMost, fingerprintMost + 1, 2 * fingerprintMost} {
		content := make([]byte, size)
		was := print(content, then)
		if again := print(content, then); again != was {
			t.Errorf("%d bytes: %s, then %s", size, was, again)
		}
		if print(content, then.Add(time.Nanosecond)) == was || print(append(content, 0), then) == was {
			t.Errorf("%d bytes: the time or the size does not count", size)
		}
		for _, at := range []int{0, size / 2, size - 1} {
			other := bytes.Clone(content)
			if size == 0 {
				break
			}
			if other[at] = 1; print(other, then) == was {
				t.Errorf("byte %d of %d does not count", at, size)
			}
		}
	}
}

// TestUnchanged: a file that was written since it was seen is found, also if somebody has set its time back. Other
// permissions make no difference.
func TestUnchanged(t *testing.T) {
	then := time.Unix(1e9, 5)
	for _, size := range []int{1, 1000, 2 * fingerprintMost} {
		content := make([]byte, size)
		for name, of := range map[string]struct {
			change func(path string) error
			found  bool
		}{
			"nothing":     {func(string) error { return nil }, false},
			"permissions": {func(path string) error { return os.Chmod(path, 0o600) }, false},
			"time": {func(path string) error { return os.Chtimes(path, then, then.Add(time.Second)) },
				true},
			"content": {func(path string) error {
				changed := bytes.Clone(content)
				changed[size/2] = 1
				return errors.Join(os.WriteFile(path, changed, 0), os.Chtimes(path, then, then))
			}, true},
			"size": {func(path string) error { return os.Truncate(path, int64(size-1)) }, true},
		} {
			path := file(t, string(content))
			if err := os.Chtimes(path, then, then); err != nil {
				t.Fatal(err)
			}
			f, err := Open(t.Context(), Array, path)
			if err != nil {
				t.Fatal(err)
			}
			_, seen, err := f.Fingerprint()
			if err == nil {
				err = of.change(path)
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Unchanged(&seen); errors.As(got, new(Refusal)) != of.found || got != nil && !of.found {
				t.Errorf("%d bytes, %s: %v, want an error: %v", size, name, got, of.found)
			}
			if err := f.Unchanged(&Seen{}); err != nil {
				t.Errorf("%d bytes, %s, a file that nobody has seen: %v", size, name, err)
			}
			f.Close()
		}
	}
}

// TestStamp: the times of a file say nothing if it was written just before, because the next write may leave the same.
func TestStamp(t *testing.T) {
	t.Parallel()
	path := file(t, "content")
	f, err := Open(t.Context(), Array, path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	_, early, err := f.Fingerprint()
	if err != nil || early.stamp != 0 || early.print == 0 {
		t.Errorf("%+v, %v: want no stamp", early, err)
	}
	for _, ahead := range []time.Duration{tick / 2, time.Hour, -time.Hour} {
		at := time.Now().Add(ahead)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		_, set, err := f.Fingerprint()
		if err != nil || (set.stamp == 0) != (ahead < tick && ahead > 0 || changed(info) != 0) {
			t.Errorf("%+v, %v: %v ahead", set, err, ahead)
		}
	}
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if info, err = os.Stat(path); err != nil {
		t.Fatal(err)
	}
	if last := time.Unix(0, max(info.ModTime().UnixNano(), changed(info))); time.Since(last) > tick/2 {
		t.Fatal("this machine is too slow for the test")
	}
	time.Sleep(tick + 100*time.Millisecond)
	_, seen, err := f.Fingerprint()
	if err != nil || seen.stamp != stampOf(info) {
		t.Errorf("%+v, %v: want a stamp", seen, err)
	}
	if err := f.Unchanged(&early); err != nil || early != seen {
		t.Errorf("%+v, %v: want the stamp to be remembered", early, err)
	}
	if err := f.Unchanged(&Seen{seen.stamp, ^seen.print}); err != nil {
		t.Errorf("%v, want the times to be enough", err)
	}
	if err := f.Unchanged(&Seen{0, ^seen.print}); err == nil {
		t.Error("a file without a stamp was not read again")
	}
	err = errors.Join(os.WriteFile(path, []byte("another"), 0), os.Chtimes(path, info.ModTime(), info.ModTime()))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Unchanged(&seen); changed(info) != 0 && !errors.As(err, new(Refusal)) {
		t.Errorf("%v, want a write to be found whose time was set back", err)
	}
}
