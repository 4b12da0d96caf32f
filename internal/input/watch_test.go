package input

import (
	"slices"
	"testing"
)

// TestWatch: a watcher is told of the files that a user names, and not of the system's.
func TestWatch(t *testing.T) {
	var seen []string
	var bytes int64
	ctx := Watch(t.Context(), func(path string, size int64) { seen, bytes = append(seen, path), bytes+size })
	path := file(t, "0123456789")
	for _, kind := range []Kind{Table, System} {
		f, err := Open(ctx, kind, path)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	if _, err := Open(ctx, Table, path+"x"); err == nil {
		t.Error("a file that does not exist is opened")
	}
	if !slices.Equal(seen, []string{path}) || bytes != 10 {
		t.Errorf("seen are %q of %d bytes", seen, bytes)
	}
}
