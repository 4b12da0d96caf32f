// Package calls does what the functions of gpuconv.h do, on Go's types. Package capi translates between C and it.
//
// A [Table] has everything that is open: devices, plans and submitted batches, each by a [Handle]. A handle is a number
// that is never used again. So a call with one that is closed, or of another kind, is an error whatever else is open.
// [CodeOf] turns an error into the number that C functions return.
//
// Several goroutines may use a table, and everything in it.
package calls

import (
	"errors"
	"sync"

	"gpuconv/fault"
)

// Handle names something that is open. 0 names nothing.
type Handle uint64

// Table has everything that is open. The zero value is empty.
type Table struct {
	mu   sync.RWMutex
	last Handle
	open map[Handle]any // *device, *plan or *submitted
}

// kindOf names the kind of what a handle names, as errors say it.
func kindOf(x any) string {
	switch x.(type) {
	case *device:
		return "device"
	case *plan:
		return "plan"
	}
	return "pending batch"
}

// add opens x under a new handle.
func (t *Table) add(x any) Handle {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.addLocked(x)
}

// addPlan opens a plan of a device. If the device was closed while the plan was made, so is the plan.
func (t *Table) addPlan(device Handle, p *plan) (Handle, error) {
	t.mu.Lock()
	if _, open := t.open[device]; open {
		defer t.mu.Unlock()
		return t.addLocked(p), nil
	}
	t.mu.Unlock()
	return 0, errors.Join(misused(device, "device", "closed while a plan was made"), p.Close())
}

func (t *Table) addLocked(x any) Handle {
	if t.open == nil {
		t.open = map[Handle]any{}
	}
	t.last++
	t.open[t.last] = x
	return t.last
}

// find returns what h names. The error says if h is closed, never was open, or names another kind than T.
func find[T any](t *Table, h Handle) (T, error) {
	t.mu.RLock()
	found, open := t.open[h]
	last := t.last
	t.mu.RUnlock()
	x, ok := found.(T)
	switch {
	case ok:
		return x, nil
	case open:
		return x, misused(h, kindOf(x), "this handle is that of a "+kindOf(found))
	case h == 0 || h > last:
		return x, misused(h, kindOf(x), "no function returned this handle")
	}
	return x, misused(h, kindOf(x), "already closed")
}

// remove takes h out of the table, and with a device its plans. It returns what they name: what h names comes last.
func (t *Table) remove(h Handle) (removed []any, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, open := t.open[h]
	switch {
	case !open && (h == 0 || h > t.last):
		return nil, misused(h, "handle", "no function returned this handle")
	case !open:
		return nil, misused(h, "handle", "already closed")
	}
	if d, ok := found.(*device); ok {
		for other, x := range t.open {
			if p, ok := x.(*plan); ok && p.device == d {
				removed = append(removed, p)
				delete(t.open, other)
			}
		}
	}
	delete(t.open, h)
	return append(removed, found), nil
}

// handleError is the error of a call with a wrong handle.
type handleError struct{ err error }

func (e handleError) Error() string { return e.err.Error() }
func (e handleError) Unwrap() error { return e.err }

func misused(h Handle, kind, what string) error {
	return handleError{fault.New("gpuconv", kind, uint64(h), "%s", what)}
}
