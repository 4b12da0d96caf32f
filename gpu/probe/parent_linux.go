package probe

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"gpuconv/gpu"

	"golang.org/x/sys/unix"
)

// mostDeaths is how often a child is started again without what died. EGL lists at most 64 devices.
const mostDeaths = 70

// probe answers from the folder, or starts children until one comes to its end.
func (p Prober) probe(o gpu.Options, all bool) (Found, bool) {
	built := gpu.Providers()
	if _, child := os.LookupEnv(variable); child {
		return Found{}, false // main has not called Child: children would start children without end
	}
	if len(built) == 0 || o.Provider != gpu.DefaultProvider && !slices.Contains(built, o.Provider) {
		return Found{}, false
	}
	r := request{Device: o.Device.String(), Provider: o.Provider.String(), All: all}
	var kept record
	if !all { // who asks for all wants to know what is true now
		kept = p.record(r)
	}
	if found, ok := kept.load(); ok {
		return found, true
	}
	var died []gpu.Place
	for range mostDeaths {
		c, err := p.start(r)
		if err != nil {
			return Found{}, false
		}
		if c.listen(cmp.Or(p.Limit, Limit)); c.end {
			c.found.Died = died
			if len(died) == 0 && len(c.found.Devices) > 0 && !overridden() {
				kept.save(c.found, append(c.files, c.vendorFiles...))
			}
			return c.found, true
		}
		dead := gpu.Place{Name: c.open.Place, Why: c.death()}
		died = append(died, dead)
		if c.open.Vendor != "" && leaveOut(dead.Name, gpu.Vendors()) {
			continue
		}
		if c.open.Vendor != "" || dead.Name == "" || dead.Name == "EGL" {
			c.found.Died = died
			return c.found, true // nothing can be listed
		}
		r.Without = append(r.Without, dead)
	}
	return Found{Died: died}, true
}

// leaveOut tells libEGL, here and in children, to load the other vendors only. It reports whether there are any.
func leaveOut(dead string, files []string) bool {
	var others []string
	for _, f := range files {
		if f != dead {
			others = append(others, f)
		}
	}
	if len(others) == 0 {
		return false
	}
	return os.Setenv(gpu.VendorFiles, strings.Join(others, ":")) == nil
}

// child is a running child and what it has said.
type child struct {
	cmd      *exec.Cmd
	messages chan message
	alive    io.Closer // the child ends when it is closed
	stderr   tail

	found       Found
	open        gpu.Step // the last that is not done
	vendors     []string // libraries that were loaded
	vendorFiles []string
	files       []string
	end, hung   bool
	err         error // how the process ended
}

// start starts a child.
func (p Prober) start(r request) (*child, error) {
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
	c := &child{cmd: exec.Command(program), messages: make(chan message)}
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
	go func() {
		defer from.Close()
		defer close(c.messages)
		for in := json.NewDecoder(from); ; {
			var m message
			if in.Decode(&m) != nil {
				return
			}
			c.messages <- m
		}
	}()
	return c, nil
}

// listen hears the child to its end, and kills it with its group when a step takes longer than limit.
func (c *child) listen(limit time.Duration) {
	for open := true; open && !c.end && !c.hung; {
		select {
		case m, ok := <-c.messages:
			if open = ok; ok {
				c.hear(m)
			}
		case <-time.After(limit):
			c.hung = true
		}
	}
	if !c.end && !c.hung { // it has closed its answers: it is about to be over
		dying := time.AfterFunc(limit, c.kill)
		defer dying.Stop()
	} else {
		c.kill() // a driver's threads may keep it from ending
	}
	c.err = c.cmd.Wait()
	c.alive.Close()
	for range c.messages { // until the reader is done
	}
}

func (c *child) kill() { syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL) }

func (c *child) hear(m message) {
	switch {
	case m.End:
		c.end, c.files, c.found.Reason = true, m.Files, m.Err
	case !m.Done:
		c.open = m.Step
		if m.Vendor != "" {
			c.vendorFiles = append(c.vendorFiles, m.Place)
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

// death says what became of the child, in one line.
func (c *child) death() string {
	text := "the driver" + c.driver()
	var exit *exec.ExitError
	switch {
	case c.hung:
		return text + " does not answer"
	case !errors.As(c.err, &exit):
		text += " ended its process"
	default:
		status := exit.Sys().(syscall.WaitStatus)
		if status.Signaled() {
			text += " died of " + cmp.Or(unix.SignalName(status.Signal()), status.Signal().String())
		} else {
			text += fmt.Sprintf(" ended its process with exit code %d", status.ExitStatus())
		}
	}
	if last := c.stderr.lastLine(); last != "" {
		text += ": " + last
	}
	return text
}

// overrides are the variables that choose a driver.
var overrides = []string{"GALLIUM_DRIVER", "MESA_LOADER_DRIVER_OVERRIDE", "LIBGL_ALWAYS_SOFTWARE", "VK_ICD_FILENAMES",
	"VK_DRIVER_FILES", "LIBGL_DRIVERS_PATH", "LD_PRELOAD"}

// overridden reports whether a variable chooses the driver. Such a driver may depend on more than files, as virpipe
// does on its server: what it answered once is not kept.
func overridden() bool {
	return slices.ContainsFunc(overrides, func(name string) bool { return os.Getenv(name) != "" })
}

// driver names the libraries, and the variables that choose among what is in them.
func (c *child) driver() string {
	words := c.vendors
	if c.open.Vendor != "" {
		words = []string{c.open.Vendor}
	}
	for _, name := range overrides {
		if value := os.Getenv(name); value != "" {
			words = append(words, name+"="+value)
		}
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}

// tail keeps the end of what is written to it.
type tail struct{ kept []byte }

const mostTail = 4096

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	t.kept = t.kept[max(0, len(t.kept)-mostTail):]
	return len(p), nil
}

// mostLine is how many bytes of a driver's last line are shown.
const mostLine = 200

// lastLine returns the last line that says something, as printable text. Of a panic of Go that is its first.
func (t *tail) lastLine() (last string) {
	for line := range strings.Lines(string(t.kept)) {
		line = strings.Join(strings.Fields(line), " ")
		if strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "panic: ") {
			return clean(line)
		}
		if line != "" {
			last = line
		}
	}
	return clean(last)
}

func clean(line string) string {
	line = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(line, "?"))
	if len(line) > mostLine {
		line = strings.ToValidUTF8(line[:mostLine], "") + " …"
	}
	return line
}
