//go:build !linux

package guest

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"gpuconv/conv"
)

// Child returns at once, because only Linux has child processes for shaders.
func Child() {}

// child runs the shader in this process. A shader that crashes the driver ends the process.
type child struct{ host host }

func startChild() (*child, error) { return &child{host{plans: map[int]conv.Plan{}}}, nil }

// ask does what a message asks for.
func (c *child) ask(_ context.Context, message any, _ time.Duration) answer {
	var a answer
	var err error
	switch m := message.(type) {
	case setup:
		err = c.host.open(m)
		a.Info = c.host.info
	case request:
		a, err = c.host.answer(m)
	default:
		err = fmt.Errorf("%T is not a message", message)
	}
	if err != nil {
		return failed(err)
	}
	return a
}

func (c *child) end() {}

// alone does nothing.
func alone(*exec.Cmd) {}
