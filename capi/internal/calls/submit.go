package calls

import (
	"sync/atomic"
	"time"
	"unsafe"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/internal/parallel"
)

// portionTime is how long a portion of a submitted batch takes, about. A cancelled batch stops after the portion that
// is being computed.
const portionTime = 50 * time.Millisecond

// submitted is a batch that is being computed.
type submitted struct {
	cancelled atomic.Bool
	done      chan struct{} // closed when err is set
	err       error
}

// Submit starts to compute images of src into dst, and returns. Until Wait has returned the result, both belong to the
// plan.
func (t *Table) Submit(h Handle, dst, src unsafe.Pointer, images int64) (Handle, error) {
	p, err := find[*plan](t, h)
	if err != nil {
		return 0, err
	}
	to, from, err := p.tensors(dst, src, images)
	if err != nil {
		return 0, err
	}
	s := &submitted{done: make(chan struct{})}
	parallel.Start(func() error {
		s.err = fault.Guard(func() error { return p.inPortions(to, from, &s.cancelled) })
		close(s.done)
		return nil
	})
	return t.add(s), nil
}

// inPortions computes a batch, some images at a time: one first, then as many as take portionTime.
func (p *plan) inPortions(dst, src *conv.Tensor, cancelled *atomic.Bool) error {
	images := 1
	for at := 0; ; {
		if cancelled.Load() {
			return ErrCancelled
		}
		end := min(at+images, src.Shape.N())
		began := time.Now()
		if err := p.Run(dst.Images(at, end), src.Images(at, end)); err != nil {
			return err
		}
		if at = end; at == src.Shape.N() {
			return nil
		}
		images = nextPortion(images, time.Since(began))
	}
}

// nextPortion returns how many images the next portion has, from how many the last one had and how long it took.
func nextPortion(images int, took time.Duration) int {
	switch {
	case took < portionTime/8:
		return 4 * images
	case took < portionTime/2:
		return 2 * images
	case took > portionTime:
		return max(1, images/2)
	}
	return images
}

// Cancel asks a batch to stop. Wait then returns ErrCancelled, unless the batch is done before it can stop.
func (t *Table) Cancel(h Handle) error {
	s, err := find[*submitted](t, h)
	if err == nil {
		s.cancelled.Store(true)
	}
	return err
}

// Wait waits for a batch and closes its handle. If the batch takes longer than the limit, Wait returns ErrTimeout and
// the handle stays open. A negative limit is none.
func (t *Table) Wait(h Handle, limit time.Duration) error {
	s, err := find[*submitted](t, h)
	if err != nil {
		return err
	}
	var over <-chan time.Time
	if limit >= 0 {
		over = time.After(limit)
	}
	select {
	case <-s.done:
	case <-over:
		select {
		case <-s.done:
		default:
			return ErrTimeout
		}
	}
	t.remove(h) // its error is that another call of Wait has removed it
	return s.err
}
