package guest

import (
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"gpuconv/gpu"
	"gpuconv/internal/parallel"

	"golang.org/x/sys/unix"
)

// answers is the file descriptor to which a child writes. It does not write to stdout, since drivers may print there.
const answers = 3

// Child returns at once unless this process was started as a child of [Start]. A child serves its parent and ends.
func Child() {
	if os.Getenv(variable) == "" {
		return
	}
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) // at worst there is a core file
	syscall.CloseOnExec(answers)
	gpu.DieOnCrash()
	serve(os.Stdin, os.NewFile(answers, "answers"))
	os.Exit(0)
}

// child is a child process.
type child struct {
	cmd    *exec.Cmd
	to     *gob.Encoder
	stdin  io.Closer
	from   *gob.Decoder
	answer *os.File
	stderr tail
	ended  <-chan error
}

// startChild starts this program as a child. The child ends when its stdin ends, and so also when this process is
// killed.
func startChild() (*child, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	from, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer to.Close() // the child has its own
	c := &child{cmd: exec.Command(program), from: gob.NewDecoder(from), answer: from}
	c.cmd.Args = []string{"gpuconv"}
	c.cmd.Env = append(os.Environ(), variable+"=1", "GOTRACEBACK=none")
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	c.cmd.ExtraFiles = []*os.File{to}
	c.cmd.Stderr, c.cmd.WaitDelay = &c.stderr, time.Second
	stdin, err := c.cmd.StdinPipe()
	if err == nil {
		c.stdin, c.to = stdin, gob.NewEncoder(stdin)
		err = c.start()
	}
	if err != nil {
		from.Close()
		return nil, err
	}
	return c, nil
}

// start starts the process. A child is killed when the thread that started it ends, so that thread must stay: it waits
// for the child.
func (c *child) start() error {
	started := make(chan error, 1)
	c.ended = parallel.Start(func() error {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := c.cmd.Start()
		if started <- err; err != nil {
			return err
		}
		return c.cmd.Wait()
	})
	return <-started
}

// ask sends a message and returns the child's answer. If the child does not answer within limit, or ctx is done, ask
// ends it.
func (c *child) ask(ctx context.Context, message any, limit time.Duration) answer {
	var a answer
	answered := parallel.Start(func() error {
		if err := c.to.Encode(message); err != nil {
			return err
		}
		return c.from.Decode(&a)
	})
	over := time.NewTimer(limit)
	defer over.Stop()
	select {
	case err := <-answered:
		if err == nil {
			return a
		}
		return answer{Err: c.death(), ended: true}
	case <-over.C:
		c.end()
		const why = "it does not end within %v: it takes long, loops for ever, or waits at a barrier"
		return answer{Err: fmt.Sprintf(why, limit), ended: true}
	case <-ctx.Done():
		c.end()
		return answer{Err: ctx.Err().Error(), ended: true}
	}
}

// grace is how long to wait for a process to end.
const grace = 3 * time.Second

// death waits for the end of the process, and says in one line how it ended.
func (c *child) death() string {
	var exit *exec.ExitError
	text := "the driver ended its process"
	select {
	case err := <-c.ended:
		if errors.As(err, &exit) {
			if status := exit.Sys().(syscall.WaitStatus); status.Signaled() {
				text = "the driver died of " + cmp.Or(unix.SignalName(status.Signal()), status.Signal().String())
			} else {
				text += fmt.Sprintf(" with exit code %d", status.ExitStatus())
			}
		}
	case <-time.After(grace):
		text = "the driver does not answer"
	}
	c.end()
	if last := c.stderr.last(); last != "" {
		text += ": " + last
	}
	return text
}

// end kills the child and the processes that it has started. It does not wait for their end, because a child that is
// blocked in the kernel may never end.
func (c *child) end() {
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
	_ = c.stdin.Close()
	_ = c.answer.Close()
}

// alone makes a process the leader of a group of processes. If it takes too long, the whole group is killed. The
// process is also killed when the thread that starts it ends, so the caller must lock that thread until the process has
// ended. So the process does not outlive gpuconv, although it does not share the group and the signals of gpuconv.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
