package input

import (
	"bytes"
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
		text, err := f.Fingerprint()
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
