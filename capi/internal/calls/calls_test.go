package calls

import (
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/gpu"
	"gpuconv/internal/parallel"
)

// address returns the address of values, as C passes it.
func address(values []float32) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(values)) }

// edges is a problem with its weights and images: the outputs are differences of neighbours.
var edges = conv.Problem{Src: conv.Shape{3, 1, 1, 4}, Weight: conv.Shape{1, 1, 1, 2}}

// opened returns a table with a device and a plan of edges on it.
func opened(t *testing.T) (*Table, Handle, Handle) {
	t.Helper()
	table := new(Table)
	device, err := table.Open(Options{Backend: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := table.Plan(device, edges, address([]float32{-1, 1}), nil)
	if err != nil {
		t.Fatal(err)
	}
	return table, device, plan
}

func TestRun(t *testing.T) {
	table, device, plan := opened(t)
	src, dst := []float32{1, 2, 4, 8, 0, 0, 0, 5}, make([]float32, 7)
	dst[6] = 9
	if err := table.Run(plan, address(dst), address(src), 2); err != nil {
		t.Fatal(err)
	}
	if want := [7]float32{1, 2, 4, 0, 0, 5, 9}; [7]float32(dst) != want {
		t.Errorf("%v, want %v", dst, want)
	}
	d, err := table.Describe(plan)
	if err != nil || d.Backend != "cpu" || d.Algorithm == "" || len(d.Rejected) == 0 || d.Bound != 1 {
		t.Errorf("%+v, %v", d, err)
	}
	if info, err := table.Info(device); err != nil || info.Name == "" || info.Threads == 0 {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestBias(t *testing.T) {
	table, device, _ := opened(t)
	plan, err := table.Plan(device, edges, address([]float32{-1, 1}), address([]float32{100}))
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]float32, 3)
	if err := table.Run(plan, address(dst), address([]float32{1, 2, 4, 8}), 1); err != nil || dst[2] != 104 {
		t.Errorf("%v, %v", dst, err)
	}
}

// TestMisuse: each wrong call gives an error with its code.
func TestMisuse(t *testing.T) {
	table, device, plan := opened(t)
	closed, _ := table.Plan(device, edges, address([]float32{1, 1}), nil)
	if err := table.Close(closed); err != nil {
		t.Fatal(err)
	}
	both := make([]float32, 12)
	huge := conv.Problem{Src: edges.Src, Weight: conv.Shape{1 << 50, 1, 1, 2}}
	open := func(o Options) error { _, err := table.Open(o); return err }
	run := func(h Handle, dst, src unsafe.Pointer, images int64) error { return table.Run(h, dst, src, images) }
	plans := func(h Handle, p conv.Problem, w unsafe.Pointer) error { _, err := table.Plan(h, p, w, nil); return err }
	for name, test := range map[string]struct {
		err  error
		code Code
		text string
	}{
		"backend":     {open(Options{Backend: "x"}), Invalid, "backend x: want auto"},
		"device":      {open(Options{Backend: "cpu", Device: "1"}), Invalid, "it chooses a GPU"},
		"algorithm":   {open(Options{Backend: "cpu", Algorithm: "x"}), Invalid, "winograd"},
		"reference":   {open(Options{Backend: "reference", Algorithm: "direct"}), Invalid, "only one"},
		"precision":   {open(Options{Precision: "x"}), Invalid, "precision"},
		"closed":      {run(closed, address(both), address(both), 1), WrongHandle, "already closed"},
		"kind":        {run(device, address(both), address(both), 1), WrongHandle, "that of a device"},
		"none":        {run(0, address(both), address(both), 1), WrongHandle, "no function returned"},
		"beyond":      {run(99, address(both), address(both), 1), WrongHandle, "no function returned"},
		"again":       {table.Close(closed), WrongHandle, "already closed"},
		"null":        {run(plan, nil, address(both), 1), Invalid, "dst NULL: want the address of 3 values"},
		"overlap":     {run(plan, address(both[3:]), address(both), 1), Invalid, "does not overlap"},
		"misaligned":  {run(plan, unsafe.Add(address(both), 2), address(both), 1), Invalid, "a multiple of 4"},
		"too many":    {run(plan, address(both), address(both), 4), Invalid, "want 0 to 3"},
		"negative":    {run(plan, address(both), address(both), math.MinInt64), Invalid, "want 0 to 3"},
		"not a shape": {plans(device, conv.Problem{Src: edges.Src, Weight: conv.Shape{1, 9, 1, 2}}, address(both)), Invalid, "channel"},
		"huge":        {plans(device, huge, address(both)), NoMemory, "plan"},
		"plan's kind": {plans(plan, edges, address(both)), WrongHandle, "that of a plan"},
		"cancel":      {table.Cancel(plan), WrongHandle, "that of a plan"},
		"wait":        {table.Wait(77, 0), WrongHandle, "no function returned"},
	} {
		if CodeOf(test.err) != test.code || test.err == nil || !strings.Contains(test.err.Error(), test.text) {
			t.Errorf("%s: code %d, %v; want code %d and %q", name, CodeOf(test.err), test.err, test.code, test.text)
		}
	}
	next := make([]float32, 12) // memory that begins where other memory ends does not overlap it
	if err := run(plan, address(next[4:7]), address(next[:4]), 1); err != nil {
		t.Error(err)
	}
}

// TestTask: if the GPU that a scheduler gave is not here, auto takes the CPU and says why, and gpu is refused. No
// device is a part of a GPU.
func TestTask(t *testing.T) {
	t.Setenv("CUDA_VISIBLE_DEVICES", "MIG-0")
	t.Setenv("ROCR_VISIBLE_DEVICES", "")
	d, err := open(Options{Device: "task"})
	if err != nil {
		t.Fatal(err)
	}
	if d.info.Backend != "cpu" || !strings.Contains(d.info.Note, "MIG-0") &&
		!strings.Contains(d.info.Note, gpu.ErrUnavailable.Error()) {
		t.Errorf("%+v", d.info)
	}
	if _, err := open(Options{Backend: "gpu", Device: "task"}); CodeOf(err) != NoDevice {
		t.Errorf("gpu: %v", err)
	}
	t.Setenv("SLURM_LOCALID", "none")
	if _, err := open(Options{Device: "task"}); err == nil || CodeOf(err) == NoDevice {
		t.Errorf("a variable that is wrong: %v", err)
	}
}

// TestCloseDevice: with a device its plans are closed, and no others.
func TestCloseDevice(t *testing.T) {
	table, device, plan := opened(t)
	other, err := table.Open(Options{Backend: "reference"})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := table.Plan(other, edges, address([]float32{1, 1}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Close(device); err != nil {
		t.Fatal(err)
	}
	dst := make([]float32, 3)
	if err := table.Run(plan, address(dst), address(make([]float32, 4)), 1); CodeOf(err) != WrongHandle {
		t.Error(err)
	}
	if err := table.Run(kept, address(dst), address([]float32{1, 2, 3, 4}), 1); err != nil || dst[0] != 3 {
		t.Errorf("%v, %v", dst, err)
	}
}

// TestCloseWaits: Close returns after the run in progress, whatever the plan does about that.
func TestCloseWaits(t *testing.T) {
	table, s := new(Table), &slow{allowed: make(chan struct{}), began: make(chan struct{})}
	one := conv.Shape{1, 1, 1, 1}
	h := table.add(&plan{Plan: s, device: &device{}, problem: conv.Problem{Src: one, Weight: one}, dst: one})
	both := parallel.NewGroup()
	both.Go(func() error { return table.Run(h, address(make([]float32, 1)), address(make([]float32, 1)), 1) })
	<-s.began
	both.Go(func() error { return table.Close(h) })
	for open := true; open; { // the handle is closed first, then the plan
		_, err := find[*plan](table, h)
		open = err == nil
		runtime.Gosched()
	}
	for range 100 {
		runtime.Gosched()
	}
	s.allowed <- struct{}{}
	if err := both.Wait(); err != nil || s.closed != 1 {
		t.Errorf("%v, closed after %d runs, want 1", err, s.closed)
	}
}

// closing is a backend during whose planning the device is closed.
type closing struct {
	close func() error
	made  *slow
}

func (c *closing) Plan(conv.Problem, *conv.Tensor, []float32) (conv.Plan, error) {
	return c.made, c.close()
}

// TestCloseWhilePlanning: a plan of a device that was closed meanwhile is closed, and has no handle.
func TestCloseWhilePlanning(t *testing.T) {
	table, c := new(Table), &closing{made: &slow{closed: -1}}
	h := table.add(&device{Backend: c})
	c.close = func() error { return table.Close(h) }
	plan, err := table.Plan(h, edges, address([]float32{-1, 1}), nil)
	if CodeOf(err) != WrongHandle || plan != 0 || c.made.closed != 0 {
		t.Errorf("handle %d, %v, closed after %d runs; want no handle, and that it is closed", plan, err, c.made.closed)
	}
}

// slow is a plan that computes an image when it is allowed to.
type slow struct {
	allowed chan struct{}
	began   chan struct{} // if not nil, it is told when a run begins
	images  []int         // of each run
	closed  int           // how many runs were done when it was closed
	fails   error
}

func (s *slow) Run(dst, src *conv.Tensor) error {
	if s.began != nil {
		close(s.began)
	}
	for range src.Shape.N() {
		<-s.allowed
	}
	s.images = append(s.images, src.Shape.N())
	if s.fails != nil {
		panic(s.fails)
	}
	return nil
}

func (s *slow) Close() error {
	s.closed = len(s.images)
	return nil
}

// submit submits a batch of 40 images of a value each.
func submit(t *testing.T, table *Table, s *slow) Handle {
	t.Helper()
	one := conv.Shape{40, 1, 1, 1}
	h := table.add(&plan{Plan: s, device: &device{}, problem: conv.Problem{Src: one, Weight: conv.Shape{1, 1, 1, 1}},
		dst: one})
	pending, err := table.Submit(h, address(make([]float32, 40)), address(make([]float32, 40)), 40)
	if err != nil {
		t.Fatal(err)
	}
	return pending
}

func TestSubmit(t *testing.T) {
	table, s := new(Table), &slow{allowed: make(chan struct{})}
	pending := submit(t, table, s)
	if err := table.Wait(pending, 0); CodeOf(err) != Timeout {
		t.Errorf("%v, want a timeout", err)
	}
	if err := table.Close(pending); CodeOf(err) != WrongHandle {
		t.Errorf("%v, want a refusal: it is to be waited for", err)
	}
	close(s.allowed)
	waits := parallel.NewGroup() // several threads may wait
	for range 4 {
		waits.Go(func() error {
			if err := table.Wait(pending, -1); err != nil && CodeOf(err) != WrongHandle {
				return err
			}
			return nil
		})
	}
	if err := waits.Wait(); err != nil {
		t.Error(err)
	}
	total := 0
	for _, n := range s.images {
		total += n
	}
	if s.images[0] != 1 || total != 40 {
		t.Errorf("portions of %v images, want 1 first and 40 in all", s.images)
	}
	if err := table.Wait(pending, -1); CodeOf(err) != WrongHandle {
		t.Errorf("%v, want that it is closed", err)
	}
}

func TestCancel(t *testing.T) {
	table, s := new(Table), &slow{allowed: make(chan struct{})}
	pending := submit(t, table, s)
	if err := table.Cancel(pending); err != nil {
		t.Fatal(err)
	}
	close(s.allowed)
	if err := table.Wait(pending, -1); CodeOf(err) != Cancelled || len(s.images) > 1 {
		t.Errorf("%v after %v images, want that it was cancelled before the second portion", err, s.images)
	}
}

// TestPanic: a panic while a batch is computed is an error.
func TestPanic(t *testing.T) {
	table, s := new(Table), &slow{allowed: make(chan struct{}), fails: errors.New("a bug")}
	close(s.allowed)
	if err := table.Wait(submit(t, table, s), -1); CodeOf(err) != Internal {
		t.Errorf("%v, want an internal error", err)
	}
}

// TestPortions: portions grow while they are short, and shrink when they are long.
func TestPortions(t *testing.T) {
	for _, test := range []struct {
		images int
		took   time.Duration
		want   int
	}{{1, 0, 4}, {8, portionTime / 4, 16}, {8, portionTime * 3 / 4, 8}, {8, 2 * portionTime, 4}, {1, time.Hour, 1}} {
		if got := nextPortion(test.images, test.took); got != test.want {
			t.Errorf("after %d images in %v: %d, want %d", test.images, test.took, got, test.want)
		}
	}
}

// broken is a backend whose plans compute zeros.
type broken struct{}

func (broken) Plan(conv.Problem, *conv.Tensor, []float32) (conv.Plan, error) {
	s := &slow{allowed: make(chan struct{})}
	close(s.allowed)
	return s, nil
}

func TestVerify(t *testing.T) {
	table, good, _ := opened(t)
	weight, src := []float32{-1, 1}, []float32{1, 2, 4, 8, 3, 1, 5, 2, 9, 7, 1, 6}
	r, err := table.Verify(good, edges, address(weight), nil, address(src))
	if err != nil || !r.Passed || len(r.Findings) < 5 {
		t.Errorf("%+v, %v", r, err)
	}
	bad := table.add(&device{Backend: broken{}})
	if r, err = table.Verify(bad, edges, address(weight), nil, address(src)); CodeOf(err) != Wrong || r.Passed ||
		len(r.Findings) == 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestFallback: a plan of a device that the caller left open is made on the CPU if the device cannot compute it.
func TestFallback(t *testing.T) {
	table := new(Table)
	for auto, want := range map[bool]Code{true: OK, false: Unsupported} {
		h := table.add(&device{Backend: unable{}, info: DeviceInfo{Backend: "gpu", Name: "X"}, auto: auto})
		plan, err := table.Plan(h, edges, address([]float32{-1, 1}), nil)
		if CodeOf(err) != want {
			t.Fatalf("auto %v: %v", auto, err)
		}
		if !auto {
			continue
		}
		if d, err := table.Describe(plan); err != nil || d.Backend != "cpu" || d.Device == "X" || d.Warning == "" {
			t.Errorf("%+v, %v", d, err)
		}
	}
}

type unable struct{}

func (unable) Plan(conv.Problem, *conv.Tensor, []float32) (conv.Plan, error) {
	return nil, &fault.Error{Package: "gpu", Err: conv.ErrUnsupported}
}
