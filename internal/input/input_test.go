package input

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// soon is how long a test waits for what should take no time.
const soon = 20 * time.Second

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOpen: a regular file is read.
func TestOpen(t *testing.T) {
	path := file(t, "0123456789")
	f, err := Open(t.Context(), Table, path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Size() != 10 {
		t.Errorf("%d bytes, want 10", f.Size())
	}
	if _, err := f.Seek(3, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(f); string(got) != "3456789" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	var part [4]byte
	if n, err := f.ReadAt(part[:], 8); n != 2 || err != io.EOF {
		t.Errorf("the end is %d bytes, %v", n, err)
	}
	if got, err := ReadFile(t.Context(), Entry, path); string(got) != "0123456789" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
}

// TestMissing: the system's errors can be told apart like those of package os.
func TestMissing(t *testing.T) {
	_, err := Open(t.Context(), Array, filepath.Join(t.TempDir(), "none"))
	var of *fs.PathError
	if !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &of) {
		t.Errorf("%v", err)
	}
}

// TestMost: a file with more bytes than its kind may have is refused when it is opened, and also if it grows after
// that.
func TestMost(t *testing.T) {
	path := file(t, "")
	if err := os.Truncate(path, Entry.Most()+1); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(t.Context(), Entry, path); err == nil ||
		!strings.Contains(err.Error(), "want at most 65536 bytes, it has 65537") {
		t.Errorf("%v", err)
	}
	if err := os.Truncate(path, Entry.Most()); err != nil {
		t.Fatal(err)
	}
	f, err := Open(t.Context(), Entry, path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Truncate(path, Entry.Most()+1); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, f); err == nil ||
		!strings.Contains(err.Error(), "want at most 65536 bytes, it has more") {
		t.Errorf("%d bytes were read: %v", n, err)
	}
}

// TestDone: nothing is read once the context is done.
func TestDone(t *testing.T) {
	path := file(t, strings.Repeat("0", 3*portion))
	ctx, cancel := context.WithCancel(t.Context())
	f, err := Open(ctx, Array, path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content := make([]byte, 3*portion)
	if n, err := f.Read(content); n < 1 || n > portion || err != nil {
		t.Errorf("at once %d bytes were read, %v: want at most %d", n, err, portion)
	}
	cancel()
	if _, err := f.Read(content); err != context.Canceled {
		t.Errorf("Read: %v", err)
	}
	if _, err := f.ReadAt(content, 0); err != context.Canceled {
		t.Errorf("ReadAt: %v", err)
	}
	if _, err := Open(ctx, Array, path); !errors.Is(err, context.Canceled) {
		t.Errorf("Open: %v", err)
	}
}
