package whole

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// abandon leaves a kept folder with a part of a job in it, as a process that dies does.
func abandon(t *testing.T, path string, begin func(d *Folder) error) {
	t.Helper()
	d, err := Options{NoSync: true}.KeepFolder(path, "a")
	if err != nil {
		t.Fatal(err)
	}
	if err := begin(d); err != nil {
		t.Fatal(err)
	}
	d.files.close()
	d.journal.close()
	die(t, d)
}

func aPart(d *Folder) error {
	g, err := d.Grow()
	if err != nil {
		return err
	}
	return errors.Join(add(d, g, keptParts[0], 0), g.Close())
}

// TestClearFinished: what is left of a process that completed the folder is removed. A part of another job stays, at
// whatever point its process died.
func TestClearFinished(t *testing.T) {
	for name, c := range map[string]struct {
		begin func(d *Folder) error
		stays bool
	}{
		"only the journal":    {func(d *Folder) error { return nil }, false},
		"a part of a file":    {aPart, true},
		"a file not in place": {grow, true},
		"files in place": {func(d *Folder) error {
			return errors.Join(grow(d), d.hidden.base.mkdir("out", 0o777), os.Link(
				filepath.Join(d.hidden.inner.path, filesName, "a"), filepath.Join(d.hidden.base.path, "out", "a")))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out")
			abandon(t, path, c.begin)
			if err := os.MkdirAll(path, 0o777); err != nil {
				t.Fatal(err)
			}
			before := found(t, filepath.Dir(path))
			err := Options{NoSync: true}.ClearFinished(path, "a")
			if c.stays != (err != nil) || c.stays != exists(Unfinished(path)) {
				t.Errorf("error %v, and it is there: %v", err, exists(Unfinished(path)))
			}
			if c.stays && found(t, filepath.Dir(path)).String() != before.String() {
				t.Errorf("%s is left of %s", found(t, filepath.Dir(path)), before)
			}
		})
	}
	if err := (Options{}).ClearFinished(filepath.Join(t.TempDir(), "out"), "a"); err != nil {
		t.Errorf("nothing is there, and the error is %v", err)
	}
}

// TestClearFinishedLeased: what may belong to a living process stays as it is: its lease says so, also to machines that
// do not see its lock.
func TestClearFinishedLeased(t *testing.T) {
	elsewhere := func(string) string { return "token boot \"elsewhere\"\n" }
	for name, c := range map[string]struct {
		options Options
		lease   func(text string) string // nil leaves it
		ago     time.Duration
		stays   bool
	}{
		"dead, on this machine":  {Options{NoSync: true}, nil, 0, false},
		"on another one":         {Options{NoSync: true}, elsewhere, 30 * time.Second, true},
		"on another one, ended":  {Options{NoSync: true}, elsewhere, 61 * time.Second, false},
		"without locks":          {unlockable(), nil, 30 * time.Second, true},
		"without locks, ended":   {unlockable(), nil, 61 * time.Second, false},
		"of a shorter lease":     {Options{NoSync: true, Lease: time.Second}, elsewhere, 2 * time.Second, false},
		"without locks, removed": {unlockable(), func(string) string { return "" }, time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out")
			abandon(t, path, func(*Folder) error { return nil })
			lease := filepath.Join(Unfinished(path), leaseFile(1))
			if c.lease != nil {
				write(t, lease, c.lease(read(lease)))
			}
			age(t, lease, c.ago)
			if err := os.Mkdir(path, 0o777); err != nil {
				t.Fatal(err)
			}
			text := read(lease)
			err := c.options.ClearFinished(path, "a")
			if c.stays != (err != nil) || c.stays != exists(Unfinished(path)) || c.stays && read(lease) != text {
				t.Errorf("error %v, left: %s", err, found(t, filepath.Dir(path)))
			}
		})
	}
}

// TestClearFinishedMeanwhile: what another process has written before this one got the lease stays, and nobody need
// wait for it.
func TestClearFinishedMeanwhile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	abandon(t, path, func(*Folder) error { return nil })
	if err := os.Mkdir(path, 0o777); err != nil {
		t.Fatal(err)
	}
	grown := filepath.Join(Unfinished(path), grownName)
	o := Options{NoSync: true, seam: func(c change, do func() error) error {
		if c.action == creates && filepath.Base(c.path) == leaseFile(2) {
			write(t, grown, "a part")
		}
		return do()
	}}
	if err := o.ClearFinished(path, "a"); err == nil || !exists(grown) {
		t.Errorf("error %v, left: %s", err, found(t, filepath.Dir(path)))
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	d, err := unlockable().KeepFolder(path, "a")
	if err != nil {
		t.Fatal(err)
	}
	d.Discard()
}

// TestClearFinishedOvertaken: a process that stops for longer than its lease while it removes what is left removes
// nothing of what the next process does.
func TestClearFinishedOvertaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	abandon(t, path, func(*Folder) error { return nil })
	if err := os.Mkdir(path, 0o777); err != nil {
		t.Fatal(err)
	}
	o := Options{NoSync: true, seam: func(c change, do func() error) error {
		err := do()
		if c.action == removesAll && filepath.Base(c.path) == movesName {
			write(t, filepath.Join(Unfinished(path), leaseFile(3)), "another's")
		}
		return err
	}}
	if err := o.ClearFinished(path, "a"); !errors.Is(err, errTaken) {
		t.Errorf("error %v, want %v", err, errTaken)
	}
	got := names(t, Unfinished(path))
	if want := journalName + " " + leaseFile(2) + " " + leaseFile(3) + " " + lockName; got != want {
		t.Errorf("there is %q, want %q", got, want)
	}
}

// TestClearFinishedGone: another process removes the folder first, at any moment. On NFS that may be ESTALE.
func TestClearFinishedGone(t *testing.T) {
	for _, stale := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "out")
		abandon(t, path, func(*Folder) error { return nil })
		if err := os.Mkdir(path, 0o777); err != nil {
			t.Fatal(err)
		}
		o := Options{NoSync: true, seam: func(c change, do func() error) error {
			if c.action == creates && filepath.Base(c.path) == leaseFile(2) {
				if err := os.RemoveAll(Unfinished(path)); err != nil {
					t.Fatal(err)
				}
				if stale {
					return syscall.ESTALE
				}
			}
			return do()
		}}
		if err := o.ClearFinished(path, "a"); err != nil || exists(Unfinished(path)) {
			t.Errorf("stale %v: error %v, and it is there: %v", stale, err, exists(Unfinished(path)))
		}
	}
}

// TestCommitSyncs: a grown file is synced before it gets its name, even if a process finds it complete already.
func TestCommitSyncs(t *testing.T) {
	for name, write := range map[string]func(g *Grown) error{
		"found":     func(*Grown) error { return nil },
		"rewritten": func(g *Grown) error { _, err := g.WriteAt([]byte("c"), 0); return err },
		"cut":       func(g *Grown) error { _, err := g.WriteAt([]byte("more"), int64(len(keptParts[0]))); return err },
		"written after a sync": func(g *Grown) error {
			_, err := g.WriteAt([]byte("c"), 0)
			err = errors.Join(err, g.Sync())
			_, againErr := g.WriteAt([]byte("c"), 0)
			return errors.Join(err, againErr)
		},
	} {
		path := filepath.Join(t.TempDir(), "out")
		abandon(t, path, aPart)
		reel := &tape{}
		d, err := reel.options().KeepFolder(path, "a")
		if err != nil {
			t.Fatal(err)
		}
		g, err := d.Grow()
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(write(g), g.Commit(Sum{Bytes: int64(len(keptParts[0]))})); err != nil {
			t.Fatal(err)
		}
		written, synced := 0, 0
		for i, c := range reel.changes {
			switch {
			case filepath.Base(c.path) != grownName:
			case c.action == writesAt, c.action == truncates:
				written = i
			case c.action == syncs:
				synced = i
			}
		}
		if synced == 0 || synced < written {
			t.Errorf("%s: it is not synced after it was written", name)
		}
		d.Discard()
	}
}

// TestSyncAfterFailure: the system reports bytes that did not get onto the disk once, to a write or a sync. No later
// sync and no Commit may say that they did.
func TestSyncAfterFailure(t *testing.T) {
	for _, action := range []action{writesAt, syncs} {
		failures := 1
		o := Options{seam: func(c change, do func() error) error {
			if c.action == action && filepath.Base(c.path) == grownName && failures > 0 {
				failures--
				return syscall.ENOSPC
			}
			return do()
		}}
		d, err := o.KeepFolder(filepath.Join(t.TempDir(), "out"), "a")
		if err != nil {
			t.Fatal(err)
		}
		g, err := d.Grow()
		if err != nil {
			t.Fatal(err)
		}
		_, writeErr := g.WriteAt([]byte("c"), 0)
		first, second := g.Sync(), g.Sync()
		if (action == writesAt) != (writeErr != nil) || !errors.Is(first, syscall.ENOSPC) ||
			!errors.Is(second, syscall.ENOSPC) {
			t.Errorf("%s: errors %v, %v and %v", action, writeErr, first, second)
		}
		if err := g.Commit(Sum{Bytes: 1}); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: Commit: error %v", action, err)
		}
		d.Discard()
	}
}

// TestSyncMeanwhile: a write that a sync has missed is synced by Commit. A sync waits for such a write, which may get
// the error of bytes written before.
func TestSyncMeanwhile(t *testing.T) {
	for _, fails := range []error{nil, syscall.ENOSPC} {
		var g *Grown
		syncing, synced := make(chan bool, 1), make(chan error, 1)
		syncs, meanwhile := 0, true
		o := Options{seam: func(c change, do func() error) error {
			switch {
			case filepath.Base(c.path) != grownName:
			case c.action == writesAt && meanwhile:
				meanwhile = false
				go func() { synced <- g.Sync() }()
				<-syncing
				time.Sleep(10 * time.Millisecond)
				return errors.Join(do(), fails)
			case c.action == "sync":
				if syncs++; syncs == 1 {
					syncing <- true
				}
			}
			return do()
		}}
		d, err := o.KeepFolder(filepath.Join(t.TempDir(), "out"), "a")
		if err != nil {
			t.Fatal(err)
		}
		if g, err = d.Grow(); err != nil {
			t.Fatal(err)
		}
		_, writeErr := g.WriteAt([]byte("c"), 0)
		if syncErr := <-synced; !errors.Is(writeErr, fails) || !errors.Is(syncErr, fails) {
			t.Errorf("errors %v and %v, want %v", writeErr, syncErr, fails)
		}
		if err := g.Commit(Sum{Bytes: 1}); !errors.Is(err, fails) || syncs != 2 {
			t.Errorf("Commit: error %v after %d syncs, want %v and 2", err, syncs, fails)
		}
		d.Discard()
	}
}

// TestJournalOfSomebodyElse: a file that has the name of a journal but is not one stays as it is. A first line that was
// cut off is removed.
func TestJournalOfSomebodyElse(t *testing.T) {
	for text, ours := range map[string]bool{
		"":                       true,
		"01":                     true,
		`01234567 {"job`:         true,
		"\x00\x00\x00\x00":       true,
		"my diary":               false,
		"01234567:":              false,
		"\x00\x00 my diary":      false,
		"my diary\nhas no end":   true, // a line that does not count: the caller refuses it
		"a diary\nof two\nlines": true,
	} {
		path := filepath.Join(t.TempDir(), "out")
		if err := os.Mkdir(Unfinished(path), 0o777); err != nil {
			t.Fatal(err)
		}
		journal := filepath.Join(Unfinished(path), journalName)
		write(t, journal, text)
		d, err := Options{NoSync: true}.KeepFolder(path, "a")
		if (err == nil) != ours || err != nil && !strings.Contains(err.Error(), "want a journal of gpuconv") {
			t.Errorf("%q: error %v", text, err)
		}
		if err == nil {
			d.Keep()
			d.Discard()
		}
		if got := read(journal); got != text && (!ours || got != "" || strings.Contains(text, "\n")) {
			t.Errorf("%q has become %q", text, got)
		}
	}
}
