package experiment

import (
	"errors"

	"gpuconv/internal/parallel"
)

// A chunk of a kept job counts once it is synced and has a synced line in the journal. Both syncs wait for the disk, so
// they run while the next chunk is written. The first lines of the journal are synced while the first chunk is drawn.

// counting is a goroutine that makes chunks count, one after the other.
type counting struct {
	chunks chan *chunk
	failed chan struct{} // is closed when the goroutine ends
	group  *parallel.Group
}

func (k *keeper) newCounting() *counting {
	c := &counting{make(chan *chunk), make(chan struct{}), parallel.NewGroup()}
	c.group.Go(func() error {
		defer close(c.failed) // also after a panic
		if err := k.journal.Sync(); err != nil {
			return err
		}
		for one := range c.chunks {
			if err := k.count(one); err != nil {
				return err
			}
		}
		return nil
	})
	return c
}

// errNotCounted is what add returns if the goroutine has failed. end returns the goroutine's own error.
var errNotCounted = errors.New("a chunk before it could not be synced")

// add gives a chunk that is written to the goroutine. It waits until all chunks before it count.
func (c *counting) add(one *chunk) error {
	select {
	case c.chunks <- one:
		return nil
	case <-c.failed:
		return errNotCounted
	}
}

// end waits until all chunks count. It returns the goroutine's error, or else err.
func (c *counting) end(err error) error {
	close(c.chunks)
	if counted := c.group.Wait(); counted != nil {
		return counted
	}
	return err
}

// count makes a chunk count.
func (k *keeper) count(c *chunk) error {
	if err := inOrder(k.file, k.journal, func() error { return k.add(entry{Chunk: c}) }); err != nil {
		return err
	}
	k.folder.Keep()
	k.chunks[c.First/k.on.Problem.Src.N()] = c
	return nil
}

// inOrder syncs the outputs of a chunk, and then its line in the journal: after a power cut there is no line without
// outputs.
func inOrder(file, journal interface{ Sync() error }, line func() error) error {
	for _, step := range []func() error{file.Sync, line, journal.Sync} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
