package whole

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"gpuconv/fault"
	"gpuconv/internal/input"
)

// A kept folder has a lease beside its lock. A lock may hold on one machine only, and a process that is stopped keeps
// it. The lease is a file, gpuconv.lease.N, whose owner writes it again every few seconds. A process that finds that it
// was not written for a minute makes the lease with the next number. Only one process can, because a file is created
// once, on NFS 3 and 4 too. The highest number counts: an owner that sees a number above its own has lost the folder,
// and writes nothing more.
//
// Times are those that the file system gives to files, so that it does not matter what the clocks of machines say. A
// process that has the lock too, on the machine of a lease's owner, knows that the owner is dead, and does not wait.

const (
	leaseName  = mark + "lease."
	lockSuffix = ".lock"         // of the file that relock makes
	leaseTime  = time.Minute     // how long a lease holds that is not renewed
	renewals   = 6               // how often a lease is renewed in that time
	trusted    = time.Second / 2 // how long a lease need not be looked at again while parts are written
)

// errTaken is the error of a process that has lost its lease.
var errTaken = errors.New("another process has taken it over meanwhile: this one had stopped for longer than its lease")

// lease is one that this process owns, or has owned.
type lease struct {
	inner   place
	number  int
	text    string // the content of the file
	time    time.Duration
	removed func() bool // reports whether neither the folder nor the finished one is there

	mutex  sync.Mutex
	looked time.Time // when it was last found to be this process's
	lost   error
	again  *time.Timer
	ended  bool
}

func leaseFile(number int) string { return leaseName + strconv.Itoa(number) }

// last returns the number and the text of the lease that counts. The number is 0 if there is none.
func (p place) last() (number int, text string, at time.Time, err error) {
	all, err := p.leases()
	for name, n := range all {
		if name == leaseFile(n) {
			number = max(number, n)
		}
	}
	if err != nil || number == 0 {
		return 0, "", at, err
	}
	text, at, err = p.readLease(number)
	return number, text, at, err
}

// leases returns the numbers of the files of leases, and of those of relock.
func (p place) leases() (map[string]int, error) {
	folder, err := p.look(".", os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	names, err := folder.Readdirnames(-1)
	all := map[string]int{}
	for _, name := range names {
		text, is := strings.CutPrefix(name, leaseName)
		if n, err := strconv.Atoi(strings.TrimSuffix(text, lockSuffix)); is && err == nil {
			all[name] = n
		}
	}
	return all, err
}

// clearLeases removes the files of leases before this one. There are several if a process died while it took one. They
// go in ascending order: as long as the lease of an owner is there, so is each later one.
func (p place) clearLeases(number int) error {
	all, err := p.leases()
	if err != nil {
		return err
	}
	names := slices.SortedFunc(maps.Keys(all), func(a, b string) int { return cmp.Compare(all[a], all[b]) })
	for _, name := range names {
		if all[name] >= number {
			break
		}
		if err := p.remove(name); err != nil && !gone(err) {
			return err
		}
	}
	return nil
}

// gone reports whether an error says that another process has removed or replaced a file or folder. On NFS that may be
// ESTALE, because this machine still has its old handle.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESTALE) }

// readLease opens a lease, because NFS shows what another machine has done to a file when it is opened.
func (p place) readLease(number int) (text string, at time.Time, err error) {
	if err := p.wantFile(leaseFile(number)); err != nil {
		return "", at, err
	}
	f, err := p.look(leaseFile(number), os.O_RDONLY)
	if err != nil {
		return "", at, err
	}
	defer f.Close()
	line := make([]byte, 512)
	n, _ := f.Read(line) // a power cut may have left nothing
	info, err := f.Stat()
	if err != nil {
		return "", at, err
	}
	return string(line[:n]), info.ModTime(), nil
}

// renewed returns when the lease of a folder was last renewed, and whether its owner has given it back. The time is
// zero if there is no lease. File systems without years before 1980 keep another one for the beginning of 1970.
func (d disk) renewed(path string) (at time.Time, ended bool) {
	p, err := d.open(path)
	if err != nil {
		return at, false
	}
	defer p.close()
	number, _, at, err := p.last()
	if errors.Is(err, fs.ErrPermission) && number > 0 { // another user's: its time can be seen
		if info, err := p.root.Lstat(leaseFile(number)); err == nil {
			at = info.ModTime()
		}
	}
	return at, !at.IsZero() && at.Year() < 1990
}

// here names this machine, until it is restarted, for processes that share its locks.
func here() string {
	boot, _ := input.ReadFile(context.Background(), input.System, "/proc/sys/kernel/random/boot_id")
	host, _ := os.Hostname()
	return fmt.Sprintf("%s %q", strings.TrimSpace(string(boot)), host)
}

// take takes the lease of a folder. locked is what locking the folder returned: nil, errInUse or errUnlockable. If a
// process that may be alive has the lease, take returns a [*leasedError], or errInUse if that process has the lock.
func (h *hidden) take(duration time.Duration, locked error) error {
	number, text, renewed, err := h.inner.last()
	if err != nil {
		return err
	}
	owner := "" // a power cut may have left a part
	if line, whole := strings.CutSuffix(text, "\n"); whole {
		_, owner, _ = strings.Cut(line, " ")
	}
	dead := number == 0 || locked == nil && (owner == "" || owner == here())
	switch {
	case number == 0 && errors.Is(locked, errInUse): // it is just being made
		return errInUse
	case !dead:
		if err := h.expired(owner, locked, duration, renewed); err != nil {
			return err
		}
	}
	l := &lease{inner: h.inner, number: number + 1, time: duration, text: rand.Text() + " " + here() + "\n",
		removed: func() bool { return !h.base.holds(h.name) && !h.base.holds(strings.TrimSuffix(h.name, unfinished)) }}
	if err := l.create(); err != nil {
		return err
	}
	if number > 0 {
		if _, at, err := h.inner.readLease(number); err == nil && !dead && !at.Equal(renewed) {
			_ = h.inner.remove(leaseFile(l.number)) // the former owner has come back
			return errInUse
		}
		if errors.Is(locked, errInUse) {
			err = h.relock(l.number)
		}
		if err == nil {
			err = h.inner.clearLeases(l.number)
		}
		if err != nil && !gone(err) {
			_ = h.inner.remove(leaseFile(l.number))
			return err
		}
	}
	if now, _, _, err := h.inner.last(); err != nil || now != l.number { // others took it meanwhile, in turn
		_ = h.inner.remove(leaseFile(l.number))
		return errors.Join(errInUse, err)
	}
	h.lease = l
	l.looked = time.Now()
	l.again = time.AfterFunc(duration/renewals, l.renew)
	return nil
}

// leasedError says that a lease is in the way that a dead process may have left.
type leasedError struct {
	left time.Duration // until it ends, if nobody renews it
	host string
}

// Error implements error.
func (e *leasedError) Error() string { return "a process on " + e.host + " is writing it" }

// expired returns nil if a lease that was last renewed at this time has ended, by the clock of the file system. A lease
// that is dated later than a lease lasts has ended, too: the clock was set back, and nobody has renewed it since.
func (h *hidden) expired(owner string, locked error, duration time.Duration, renewed time.Time) error {
	now, err := stamp(h.lock)
	if err != nil {
		return errors.Join(errInUse, err)
	}
	left := duration - now.Sub(renewed)
	switch {
	case left <= 0, left > 2*duration:
		return nil
	case errors.Is(locked, errInUse):
		return errInUse
	}
	host := "another machine"
	if _, quoted, _ := strings.Cut(owner, " "); quoted != "" {
		host, _ = strconv.Unquote(quoted)
	}
	return &leasedError{left, fault.Printable(host)}
}

// create makes the file of a lease. It reports errInUse if another process has just made it.
func (l *lease) create() error {
	f, err := l.inner.create(leaseFile(l.number), 0o600)
	if errors.Is(err, fs.ErrExist) {
		return errInUse
	}
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(l.text))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		_ = l.inner.remove(leaseFile(l.number))
	}
	return err
}

// relock gives the folder a lock file of its own, because a process that has stopped has locked the old one.
func (h *hidden) relock(number int) error {
	name := leaseFile(number) + lockSuffix
	f, err := h.inner.create(name, 0o600)
	if err != nil {
		return err
	}
	if err = lock(f.File); err == nil || errors.Is(err, errUnlockable) {
		err = h.inner.rename(name, lockName)
	}
	if err != nil {
		f.Close()
		_ = h.inner.remove(name)
		return err
	}
	h.lock.Close()
	h.lock = f.File
	return nil
}

// check returns an error if the lease is lost: errTaken, or what kept this process from renewing it. It does not look
// again if less than the time within has passed since the lease was last found to be this process's.
func (l *lease) check(within time.Duration) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.ended {
		return l.lost
	}
	if l.lost == nil && l.age() >= within {
		l.look()
	}
	return l.lost
}

// age returns how long ago the lease was last found to be this process's. The machine has two clocks, monotonic and
// wall. The one that says more counts, because one of the two stands still while the machine sleeps.
func (l *lease) age() time.Duration {
	since, wall := time.Since(l.looked), time.Now().Round(0).Sub(l.looked.Round(0))
	if wall < 0 { // the clock was set back: nobody knows
		return math.MaxInt64
	}
	return max(since, wall)
}

// look renews the lease, and looks whether it is still this process's: whether its file is there, and no later one. On
// NFS a file that was just replaced may be stale until it is opened again.
func (l *lease) look() {
	began := time.Now()
	err := l.rewrite()
	if errors.Is(err, syscall.ESTALE) {
		err = l.rewrite()
	}
	var all map[string]int
	if err == nil {
		all, err = l.inner.leases()
	}
	for name, n := range all {
		if n > l.number && name == leaseFile(n) {
			err = fs.ErrNotExist
		}
	}
	switch {
	case gone(err) && l.removed():
		l.lost = errMoved
	case gone(err):
		l.lost = errTaken
	case err == nil:
		l.looked = began
	case l.age() >= l.time/2: // such as a full disk, or a server that does not answer
		l.lost = err
	}
}

// rewrite writes the file of the lease again. It returns [fs.ErrNotExist] if the file is another process's.
func (l *lease) rewrite() error {
	f, err := l.inner.look(leaseFile(l.number), os.O_RDWR)
	if err != nil {
		return err
	}
	line := make([]byte, len(l.text)+1)
	if n, _ := f.ReadAt(line, 0); string(line[:n]) != l.text {
		err = fs.ErrNotExist
	} else {
		_, err = f.WriteAt([]byte(l.text), 0)
	}
	if closeErr := f.Close(); err == nil { // NFS may write nothing before that
		err = closeErr
	}
	return err
}

// renew is called by the timer.
func (l *lease) renew() {
	_ = l.check(l.time / renewals / 2)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if !l.ended && l.lost == nil {
		l.again.Reset(l.time / renewals)
	}
}

// end ends a lease that stays in the folder: nobody need wait for it. owned says that it is still this process's.
func (l *lease) end(owned bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.ended = true
	l.again.Stop()
	if owned {
		_ = l.inner.root.Chtimes(leaseFile(l.number), time.Unix(0, 0), time.Unix(0, 0))
	}
}
