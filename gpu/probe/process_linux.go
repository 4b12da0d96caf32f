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

// grace is how long to wait for the end of a child that was killed. A child whose driver waits in the kernel for a
// device ends only when the device answers, which may be never.
const grace = 3 * time.Second

// child is a child process and what it has written.
type child struct {
	cmd      *exec.Cmd
	answers  *os.File // what the child writes
	messages chan message
	alive    io.Closer // the child's stdin: the child ends when it is closed
	stderr   tail

	found   Found
	open    gpu.Step // the step in progress
	vendors []string // libraries that were loaded
	files   []string // what the answer depends on
	end     bool     // it has written its last message
	hung    bool     // a step took too long
	stuck   bool     // it was killed and has not ended
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

// read passes on the child's messages, until the child closes its end of the pipe or this process closes answers.
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

// listen takes the child's messages until the last one, and then ends the child: see over. It does so early if a step
// takes longer than limit or ctx is done.
func (c *child) listen(ctx context.Context, limit time.Duration) {
	said := true // the child has not closed the pipe
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

// over waits for the child to end. If kill is set it kills the child and its process group at once, since a driver's
// threads may keep the child running. Otherwise the child has closed its pipe and is about to end: it is killed only
// after limit, or when ctx is done.
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

// conclude closes this process's ends of the pipes, and waits for the end of read.
func (c *child) conclude() {
	c.alive.Close()
	c.answers.Close()
	for range c.messages {
	}
}

// hear records a message.
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
