//go:build unix

package input

import (
	"context"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSpecial: every kind refuses a pipe, a device, a socket and a folder, without waiting for them.
func TestSpecial(t *testing.T) {
	t.Chdir(t.TempDir()) // a socket's path may have about 100 bytes
	if err := syscall.Mkfifo("pipe", 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("pipe", "link"); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for path, want := range map[string]string{"pipe": "pipe", "link": "pipe", "socket": "socket", "/dev/zero": "device",
		".": "folder"} {
		for kind := range kinds {
			failed := make(chan error, 1)
			go func() { _, err := ReadFile(context.Background(), kind, path); failed <- err }()
			want := want
			if path == "link" && kind.rules().own {
				want = "link" // the link is not followed
			}
			select {
			case err := <-failed:
				if err == nil || !strings.HasSuffix(err.Error(), ", this is a "+want) {
					t.Errorf("kind %d, %s: %v", kind, path, err)
				}
			case <-time.After(soon):
				t.Fatalf("kind %d: it waits for %s", kind, path)
			}
		}
	}
}

// TestReplaced: a pipe that replaces a file before it is opened is refused too.
func TestReplaced(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := syscall.Mkfifo("pipe", 0o666); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile("pipe", os.O_RDONLY|nonblock, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || Array.rules().judge("pipe", info) == nil {
		t.Errorf("%v, %v", info, err)
	}
}

// stream returns a pipe's end for writing, and the path by which this process may read it.
func stream(t *testing.T) (*os.File, string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return w, "/dev/fd/" + strconv.Itoa(int(r.Fd()))
}

// TestStream: kinds that are read from front to back accept a stream, such as a shell's <(command). Other kinds refuse
// it.
func TestStream(t *testing.T) {
	for kind := range kinds {
		w, path := stream(t)
		go func() {
			io.WriteString(w, "a,b\n")
			time.Sleep(10 * time.Millisecond)
			io.WriteString(w, "1,2\n")
			w.Close()
		}()
		got, err := ReadFile(t.Context(), kind, path)
		if taken := kind == Table || kind == Report || kind == List; taken != (err == nil) ||
			taken && string(got) != "a,b\n1,2\n" {
			t.Errorf("kind %d: %q, %v", kind, got, err)
		}
	}
}

// TestStreamEnds: a read that waits for a stream returns when the context is done. A stream without an end is refused.
func TestStreamEnds(t *testing.T) {
	_, path := stream(t)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() { _, err := ReadFile(ctx, Table, path); failed <- err }()
	time.AfterFunc(10*time.Millisecond, cancel)
	select {
	case err := <-failed:
		if err != context.Canceled {
			t.Errorf("%v", err)
		}
	case <-time.After(soon):
		t.Fatal("it waits after the context is done")
	}

	w, path := stream(t)
	go func() {
		for spaces := []byte(strings.Repeat(" ", 1<<20)); ; {
			if _, err := w.Write(spaces); err != nil {
				return
			}
		}
	}()
	f, err := Open(t.Context(), Report, path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if n, err := io.CopyN(io.Discard, f, 2*Report.Most()); err == nil || n > Report.Most() ||
		!strings.Contains(err.Error(), "it has more") {
		t.Errorf("%d bytes were read: %v", n, err)
	}
}
