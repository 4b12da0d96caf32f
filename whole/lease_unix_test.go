//go:build unix

package whole

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestLeaseStopped: a process that is stopped for longer than its lease loses the folder. When it goes on, it notices
// that, and writes and removes nothing more.
func TestLeaseStopped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	owner := exec.Command(os.Args[0], "-test.run=^TestLeaseOwner$", "-test.v")
	owner.Env = append(os.Environ(), leaseVariable+"="+path)
	stdout, err := owner.StdoutPipe()
	if err == nil {
		err = owner.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = owner.Process.Kill(); _ = owner.Wait() })
	for journal := filepath.Join(Unfinished(path), journalName); !exists(journal) ||
		strings.Count(read(journal), "\n") < 3; {
		time.Sleep(5 * time.Millisecond)
	}
	o := Options{NoSync: true, Lease: shortLease}
	if _, err := o.KeepFolder(path, "a"); err == nil || !strings.Contains(err.Error(), "another process is writing") {
		t.Fatalf("while the owner lives: error %v", err)
	}
	if err := owner.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	d, err := o.KeepFolder(path, "a")
	for err != nil {
		if !strings.Contains(err.Error(), "another process is writing") {
			t.Fatal(err)
		}
		time.Sleep(shortLease / 10)
		d, err = o.KeepFolder(path, "a")
	}
	defer d.Discard()
	put(t, d, "b")
	before := found(t, Unfinished(path)).String()
	time.AfterFunc(time.Minute, func() { _ = owner.Process.Kill() }) // it writes for ever if it does not notice
	if err := owner.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if said := ownerEnds(bufio.NewScanner(stdout)); !strings.Contains(said, errTaken.Error()) {
		t.Errorf("the owner ends with %q", said)
	}
	if after := found(t, Unfinished(path)).String(); after != before {
		t.Errorf("there is\n%s\nwant\n%s", after, before)
	}
	if _, err := o.KeepFolder(path, "a"); err == nil {
		t.Error("the new owner has no lock")
	}
	if err := grow(d); err != nil {
		t.Fatal(err)
	}
}

// TestKeptPipe: a pipe in the place of a file of a kept folder is refused at once, not waited for.
func TestKeptPipe(t *testing.T) {
	for _, name := range []string{journalName, grownName, leaseFile(1)} {
		path := filepath.Join(t.TempDir(), "out")
		if err := os.Mkdir(Unfinished(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(filepath.Join(Unfinished(path), name), 0o666); err != nil {
			t.Skip(err)
		}
		refused := make(chan error, 1)
		go func() {
			d, err := Options{NoSync: true}.KeepFolder(path, "a")
			if err == nil {
				_, err = d.Grow()
				d.Discard()
			}
			_, _ = ReadJournal(t.Context(), path)
			refused <- err
		}()
		select {
		case err := <-refused:
			if err == nil || !strings.Contains(err.Error(), "want a file, this is a device, pipe or socket") {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s is waited for", name)
		}
	}
}
