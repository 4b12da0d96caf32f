package probe

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestStuck: a process that does not end after it was killed is not waited for. This one leads no group, so that the
// signal reaches nobody.
func TestStuck(t *testing.T) {
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	c := &child{cmd: exec.Command("sleep", "60"), answers: from, messages: make(chan message),
		grace: 50 * time.Millisecond}
	if c.alive, err = c.cmd.StdinPipe(); err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.cmd.Process.Kill() })
	c.open.Place = "a place"
	go c.read()
	done := make(chan bool)
	go func() { c.listen(t.Context(), 50*time.Millisecond); close(done) }()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("it is waited for")
	}
	if why := c.death(); !c.stuck || !strings.HasSuffix(why, "does not answer, and its process does not end") {
		t.Errorf("stuck: %v, %s", c.stuck, why)
	}
}
