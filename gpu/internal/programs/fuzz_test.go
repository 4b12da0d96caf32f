package programs

import (
	"bytes"
	"os"
	"testing"
)

// FuzzLoad reads any bytes as a linked program. What is loaded is what was saved: the file is the one that Save writes
// of it.
func FuzzLoad(f *testing.F) {
	folder := &Folder{Path: f.TempDir(), Driver: "driver", Most: Most}
	k := folder.key("a")
	good := format(example(7, 100), k)
	f.Add(good)
	f.Add(good[:header])
	f.Add(good[:len(good)-1])
	f.Add(format(example(7, 100), key{1}))
	f.Add([]byte(magic))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(folder.file(k), content, 0o600); err != nil {
			t.Fatal(err)
		}
		if p, ok := folder.Load("a"); ok && !bytes.Equal(format(p, k), content) {
			t.Fatalf("a file of %d bytes is loaded as a program of %d", len(content), len(p.Data))
		} else if !ok && bytes.Equal(content, good) {
			t.Fatal("what was saved is not loaded")
		}
	})
}
