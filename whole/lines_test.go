package whole

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLines: each line is there as soon as it is added, in place of what an older file had.
func TestLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.jsonl")
	if err := os.WriteFile(path, []byte("an older file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := (Options{}).CreateLines(path)
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for _, line := range []string{"first", "", "third"} {
		if err := l.Add([]byte(line)); err != nil {
			t.Fatal(err)
		}
		want += line + "\n"
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := l.Add([]byte("late")); err == nil {
		t.Error("a closed file takes lines")
	}
	if _, err := (Options{}).CreateLines(t.TempDir()); err == nil {
		t.Error("a folder is taken for a file")
	}
}
