package probe

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"gpuconv/gpu"
	"gpuconv/internal/parallel"
)

// grace is how long a child that was killed may take to be over. One whose driver waits in the kernel for a device is
// over when that answers, which may be never.
const grace = 3 * time.Second

// child is a running child and what it has said.
type child struct {
	cmd      *exec.Cmd
	answers  *os.File // what the child writes
	messages chan message
	alive    io.Closer // the child ends when it is closed
	stderr   tail

	found   Found
	open    gpu.Step // the last that is not done
	vendors []string // libraries that were loaded
	files   []string // what the answer depends on
	end     bool     // it has told all
	hung    bool     // a step took too long
	stuck   bool     // it is not over although it was killed
	err     error    // how the process ended
	grace   time.Duration
}

// start starts a child.
func start(r request) (*child, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	from, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer to.Close() // the child has its own
	c := &child{cmd: exec.Command(program), answers: from, messages: make(chan message), grace: grace}
	c.cmd.Args = []string{"gpuconv"}
	c.cmd.Env = append(os.Environ(), variable+"="+string(text), "GOTRACEBACK=none")
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.cmd.ExtraFiles = []*os.File{to}
	c.cmd.Stderr, c.cmd.WaitDelay = &c.stderr, time.Second
	if c.alive, err = c.cmd.StdinPipe(); err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		from.Close()
		return nil, err
	}
	parallel.Start(c.read)
	return c, nil
}

// read hands on what the child says, until it says no more or answers is closed.
func (c *child) read() error {
	defer close(c.messages)
	for in := json.NewDecoder(c.answers); ; {
		var m message
		if err := in.Decode(&m); err != nil {
			return err
		}
		c.messages <- m
	}
}

// listen hears the child to its end, and kills it with its group when a step takes longer than limit or ctx is done.
func (c *child) listen(ctx context.Context, limit time.Duration) {
	said := true // the child has not closed its answers
	for said && !c.end && !c.hung && ctx.Err() == nil {
		select {
		case m, ok := <-c.messages:
			if said = ok; ok {
				c.hear(m)
			}
		case <-time.After(limit):
			c.hung = true
		case <-ctx.Done():
		}
	}
	c.over(ctx, limit, said)
}

// over waits for the process. A child that has closed its answers is about to be over; others are killed at once, since
// a driver's threads may keep them from ending.
func (c *child) over(ctx context.Context, limit time.Duration, kill bool) {
	ended := parallel.Start(c.cmd.Wait)
	if !kill {
		select {
		case c.err = <-ended:
			c.conclude()
			return
		case <-time.After(limit):
		case <-ctx.Done():
		}
	}
	syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
	select {
	case c.err = <-ended:
	case <-time.After(c.grace):
		c.stuck = true
	}
	c.conclude()
}

// conclude closes what this process has of the child, and waits for the reader.
func (c *child) conclude() {
	c.alive.Close()
	c.answers.Close()
	for range c.messages {
	}
}

// hear takes a message.
func (c *child) hear(m message) {
	switch {
	case m.End:
		c.end, c.found.Reason = true, m.Err
		c.files = append(c.files, m.Files...)
	case !m.Done:
		c.open = m.Step
		if m.Vendor != "" {
			c.files = append(c.files, m.Place)
		}
		if filepath.IsAbs(m.Vendor) { // it may be missing now and be there later
			c.files = append(c.files, m.Vendor)
		}
	default:
		c.open = gpu.Step{}
		switch {
		case m.Err != "":
			why := strings.TrimPrefix(m.Err, m.Place+": ")
			c.found.Failed = append(c.found.Failed, gpu.Place{Name: m.Place, Why: why})
		case m.Info != nil:
			c.found.Devices = append(c.found.Devices, *m.Info)
		case m.Vendor != "":
			c.vendors = append(c.vendors, m.Vendor)
		}
	}
}
