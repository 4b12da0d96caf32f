package whole

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// unlockable are options for a file system without locks.
func unlockable() Options {
	return Options{NoSync: true, seam: func(c change, do func() error) error {
		if c.action == locks {
			return errUnlockable
		}
		return do()
	}}
}

// age makes a file look as if it was last written this long ago.
func age(t *testing.T, path string, ago time.Duration) {
	t.Helper()
	then := time.Now().Add(-ago)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
}

// TestLease: what a process has left is taken over at once if it is dead for certain. Otherwise the next process is
// told how long to wait, and takes it over after the lease has ended.
func TestLease(t *testing.T) {
	elsewhere := func(text string) string { return "token boot \"else\\twhere\"\n" }
	for name, c := range map[string]struct {
		options Options
		lease   func(text string) string
		ago     time.Duration
		host    string // of the error; "" if there is none
	}{
		"on this machine":              {Options{NoSync: true}, nil, 0, ""},
		"of a power cut":               {Options{NoSync: true}, func(text string) string { return text[:9] }, 0, ""},
		"on another one":               {Options{NoSync: true}, elsewhere, 30 * time.Second, `else\twhere`},
		"on another one, long ago":     {Options{NoSync: true}, elsewhere, 61 * time.Second, ""},
		"without locks":                {unlockable(), nil, 30 * time.Second, "a process on"},
		"without locks, cut":           {unlockable(), func(string) string { return "" }, 0, "another machine"},
		"without locks, long ago":      {unlockable(), nil, 61 * time.Second, ""},
		"on another one, in a while":   {Options{NoSync: true}, elsewhere, -30 * time.Second, `else\twhere`},
		"of a clock that was set back": {Options{NoSync: true}, elsewhere, -time.Hour, ""},
		"with a shorter lease":         {Options{NoSync: true, Lease: time.Second}, elsewhere, 2 * time.Second, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out")
			abandon(t, path, aPart)
			lease := filepath.Join(Unfinished(path), leaseFile(1))
			if c.lease != nil {
				write(t, lease, c.lease(read(lease)))
			}
			age(t, lease, c.ago)
			d, err := c.options.KeepFolder(path, "a")
			if c.host != "" {
				e := new(Error)
				if !errors.As(err, &e) || e.Wait <= 20*time.Second || !strings.Contains(err.Error(), c.host) {
					t.Errorf("error %v, want a Wait and %q", err, c.host)
				}
				if read(filepath.Join(Unfinished(path), grownName)) != keptParts[0] || !exists(lease) {
					t.Error("it is changed")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(grow(d), d.Commit()); err != nil || exists(Unfinished(path)) {
				t.Error(err)
			}
		})
	}
}

// TestLeaseIsGiven: a process that ends leaves nothing to wait for.
func TestLeaseIsGiven(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	d, err := unlockable().KeepFolder(path, "a")
	if err != nil {
		t.Fatal(err)
	}
	d.Keep()
	d.Discard()
	if d, err = unlockable().KeepFolder(path, "a"); err != nil {
		t.Fatal(err)
	}
	d.Discard()
}

// TestLeaseIsGivenLast: a process that ends does not remove what the next one has made.
func TestLeaseIsGivenLast(t *testing.T) {
	for name, keep := range map[string]bool{"kept": true, "nothing to keep": false} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out")
			removed := 0
			o := Options{NoSync: true, seam: func(c change, do func() error) error {
				name := filepath.Base(c.path)
				if c.action == removes && !strings.HasPrefix(name, leaseName) && name != lockName &&
					name != "out.unfinished" {
					removed++
					if d, err := (Options{NoSync: true}).KeepFolder(path, "a"); err == nil {
						t.Errorf("it is taken over before %s is removed", name)
						d.Discard()
					}
				}
				return do()
			}}
			d, err := o.KeepFolder(path, "a")
			if err != nil {
				t.Fatal(err)
			}
			put(t, d, "b")
			if keep {
				d.Keep()
			}
			if d.Discard(); removed == 0 || exists(Unfinished(path)) != keep {
				t.Errorf("%d files are removed, the folder is there: %t", removed, exists(Unfinished(path)))
			}
		})
	}
}

// TestLeaseLostWhileSyncing: a process that loses its lease while the disk does not answer puts nothing in its place.
func TestLeaseLostWhileSyncing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	var next *Folder
	o := Options{seam: func(c change, do func() error) error {
		if c.action == syncsFolder && filepath.Base(c.path) == filesName && next == nil {
			age(t, filepath.Join(Unfinished(path), leaseFile(1)), time.Hour)
			var err error
			if next, err = (Options{NoSync: true}).KeepFolder(path, "a"); err != nil {
				t.Fatal(err)
			}
		}
		return do()
	}}
	d, err := o.KeepFolder(path, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Discard()
	put(t, d, "b")
	if err := d.Commit(); !errors.Is(err, errTaken) || exists(path) {
		t.Errorf("error %v, the folder is there: %t", err, exists(path))
	}
	if next == nil {
		t.Fatal("nothing is synced")
	}
	if err := errors.Join(grow(next), next.Commit()); err != nil {
		t.Error(err)
	}
}

// TestLeaseCompleted: a process whose folder another one has completed meanwhile says so, whatever it does next.
func TestLeaseCompleted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	d, err := Options{NoSync: true}.KeepFolder(path, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Discard()
	g, err := d.Grow()
	if err != nil {
		t.Fatal(err)
	}
	age(t, filepath.Join(Unfinished(path), leaseFile(1)), time.Hour)
	next, err := Options{NoSync: true}.KeepFolder(path, "a")
	if err == nil {
		err = errors.Join(grow(next), next.Commit())
	}
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{"sync": g.Sync(), "add": d.Journal().Add([]byte("x")),
		"commit": g.Commit(Sum{})} {
		if !errors.Is(err, errTaken) {
			t.Errorf("%s: error %v", what, err)
		}
	}
}

// TestLeaseHalfTaken: what is left of a process that died while it took a lease is gone at the end.
func TestLeaseHalfTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	abandon(t, path, aPart)
	at := func(name string) string { return filepath.Join(Unfinished(path), name) }
	text := read(at(leaseFile(1)))
	write(t, at(leaseFile(2)+lockSuffix), "")
	write(t, at(leaseFile(2)), text)
	write(t, at(leaseFile(3)), text)
	d, err := Options{NoSync: true}.KeepFolder(path, "a")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(grow(d), d.Commit()); err != nil || exists(Unfinished(path)) {
		t.Errorf("error %v, left: %s", err, found(t, filepath.Dir(path)))
	}
}

// TestLeaseRace: of many processes that find a lease that has ended, one gets the folder.
func TestLeaseRace(t *testing.T) {
	for range 20 {
		path := filepath.Join(t.TempDir(), "out")
		abandon(t, path, aPart)
		age(t, filepath.Join(Unfinished(path), leaseFile(1)), time.Hour)
		var owners atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if d, err := unlockable().KeepFolder(path, "a"); err == nil && d.hidden.signed() == nil {
					owners.Add(1)
					defer d.hidden.lease.end(false)
				}
			})
		}
		if all.Wait(); owners.Load() != 1 {
			t.Fatalf("%d processes own it", owners.Load())
		}
	}
}

// TestLeaseReturns: an owner that renews its lease just when another process takes it keeps it, or both lose it.
func TestLeaseReturns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	abandon(t, path, aPart)
	lease := filepath.Join(Unfinished(path), leaseFile(1))
	age(t, lease, time.Hour)
	o := unlockable()
	without := o.seam
	o.seam = func(c change, do func() error) error {
		if c.action == creates && filepath.Base(c.path) == leaseFile(2) {
			age(t, lease, 0)
		}
		return without(c, do)
	}
	if _, err := o.KeepFolder(path, "a"); err == nil || !strings.Contains(err.Error(), "another process is writing") {
		t.Errorf("error %v", err)
	}
	if exists(filepath.Join(Unfinished(path), leaseFile(2))) || !exists(lease) {
		t.Error("the lease is taken")
	}
}

// leaseVariable is the folder that a process of TestLeaseStopped writes.
const leaseVariable = "TEST_LEASE_OF"

// shortLease is so long that a process that works keeps it on a busy machine.
const shortLease = 3 * time.Second

// TestLeaseOwner is a process of TestLeaseStopped. It writes parts, one after the other, until it must not.
func TestLeaseOwner(t *testing.T) {
	path := os.Getenv(leaseVariable)
	if path == "" {
		t.Skip("TestLeaseStopped starts it")
	}
	d, err := Options{NoSync: true, Lease: shortLease}.KeepFolder(path, "a")
	if err != nil {
		t.Fatal(err)
	}
	g, err := d.Grow()
	for i := 0; err == nil; i++ {
		err = add(d, g, fmt.Sprintf("part %06d\n", i), int64(12*i))
		time.Sleep(time.Millisecond)
	}
	d.Discard()
	fmt.Printf("owner: %v\n", err)
}

// ownerEnds returns what the process of TestLeaseOwner prints at its end.
func ownerEnds(out *bufio.Scanner) string {
	for out.Scan() {
		if text, found := strings.CutPrefix(out.Text(), "owner: "); found {
			return text
		}
	}
	return ""
}

// TestLeaseOfLater: an owner has lost its lease if there is any later one. Perhaps the one between has come and gone.
func TestLeaseOfLater(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	d, err := Options{NoSync: true}.KeepFolder(path, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Discard()
	write(t, filepath.Join(Unfinished(path), leaseFile(3)+lockSuffix), "")
	if err := d.hidden.signed(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(Unfinished(path), leaseFile(3)), "another\n")
	if err := d.hidden.signed(); !errors.Is(err, errTaken) {
		t.Errorf("error %v, want %v", err, errTaken)
	}
}

// TestLeaseOfRemoved: an owner whose folder is removed does not say that another process has it. It says so if the
// finished folder is there.
func TestLeaseOfRemoved(t *testing.T) {
	unixRename(t)
	for finished, want := range map[bool]error{false: errMoved, true: errTaken} {
		path := filepath.Join(t.TempDir(), "out")
		d, err := Options{NoSync: true}.KeepFolder(path, "a")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(Unfinished(path)); err != nil {
			t.Fatal(err)
		}
		if finished {
			write(t, path, "")
		}
		if err := d.hidden.signed(); !errors.Is(err, want) {
			t.Errorf("error %v, want %v", err, want)
		}
		d.Discard()
	}
}

// TestLeasesGoInOrder: earlier leases are removed in ascending order, and the rest stays if one cannot be removed. So
// an owner whose lease is still there sees a later one.
func TestLeasesGoInOrder(t *testing.T) {
	for _, failing := range []int{0, 5} {
		path := filepath.Join(t.TempDir(), "out")
		abandon(t, path, aPart)
		for n := 2; n < 12; n++ {
			write(t, filepath.Join(Unfinished(path), leaseFile(n)), read(filepath.Join(Unfinished(path), leaseFile(1))))
		}
		removed := ""
		o := Options{NoSync: true, seam: func(c change, do func() error) error {
			if name := filepath.Base(c.path); c.action == removes && strings.HasPrefix(name, leaseName) {
				removed += strings.TrimPrefix(name, leaseName) + " "
				if name == leaseFile(failing) {
					return os.ErrPermission
				}
			}
			return do()
		}}
		d, err := o.KeepFolder(path, "a")
		want := "1 2 3 4 5 6 7 8 9 10 11 "
		if failing > 0 {
			want = "1 2 3 4 5 12 " // 12 is the new one, which it gives back
		}
		if removed != want || failing > 0 != (err != nil) {
			t.Errorf("with %d failing: %sare removed, error %v, want %s", failing, removed, err, want)
		}
		if err == nil {
			d.Discard()
		}
	}
}

// TestLeaseStale: NFS says ESTALE of a file that another machine has replaced or removed, until it is opened again.
func TestLeaseStale(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	stale, name := 0, ""
	o := Options{NoSync: true, peek: func(path string) error {
		if stale > 0 && filepath.Base(path) == name {
			stale--
			return &os.PathError{Op: "openat", Path: path, Err: syscall.ESTALE}
		}
		return nil
	}}
	abandon(t, path, aPart)
	stale, name = 1, leaseFile(1) // it is seen, and then gone
	d, err := o.KeepFolder(path, "a")
	if err != nil || stale > 0 {
		t.Fatalf("error %v, %d left", err, stale)
	}
	defer d.Discard()
	stale, name = 1, leaseFile(d.hidden.lease.number)
	if err := d.hidden.signed(); err != nil || stale > 0 {
		t.Errorf("stale once: error %v, %d left", err, stale)
	}
	stale = 9
	if err := d.hidden.signed(); !errors.Is(err, errTaken) {
		t.Errorf("stale: error %v, want %v", err, errTaken)
	}

	other := filepath.Join(t.TempDir(), "out")
	abandon(t, other, aPart)
	stale, name = 1000, leaseFile(1)
	if _, err := o.KeepFolder(other, "a"); !errors.Is(err, syscall.ESTALE) {
		t.Errorf("stale for ever: error %v, want %v", err, syscall.ESTALE)
	}
}
