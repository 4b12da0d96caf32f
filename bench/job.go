package bench

import (
	"context"
	"sync"
	"time"

	"gpuconv/internal/parallel"
)

// grace is how long a job waits for its work after the time is up. A call of a driver cannot be stopped, and can take
// minutes.
const grace = time.Second

// job is work whose results can be read when its time is up, although a call of a driver still runs.
type job struct {
	lock sync.Mutex
	over bool
}

// note calls f, which changes results. It does nothing once the job is over, because then the results are being read.
func (j *job) note(f func()) {
	j.lock.Lock()
	defer j.lock.Unlock()
	if !j.over {
		f()
	}
}

// run runs work and returns its error. If work continues for longer than grace after ctx is done, run returns ctx's
// error while work still runs. work must end when ctx is done, as far as it can, and change results only through note.
func (j *job) run(ctx context.Context, work func() error) (err error) {
	ended := parallel.Start(work)
	select {
	case err = <-ended:
	case <-ctx.Done():
		select {
		case err = <-ended:
		case <-time.After(grace):
			err = ctx.Err()
		}
	}
	j.lock.Lock()
	j.over = true
	j.lock.Unlock()
	return err
}
