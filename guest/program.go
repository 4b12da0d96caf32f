package guest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/npy"
	"gpuconv/whole"
)

// Program is a program that convolves files. It is a [conv.Backend] and [conv.Explainer]: each run writes the images,
// weights and biases as .npy files, starts the program and reads the output that it has written.
type Program struct {
	// Words are the program and its arguments. In them {input}, {weight}, {bias} and {output} are replaced by paths of
	// .npy files, and {stride}, {padding}, {padding-mode}, {dilation}, {groups}, {activation} and {pool} by texts as
	// the flags of gpuconv conv take them: {padding} is top,bottom,left,right. A problem with an option, such as a
	// stride above 1, is refused if no word has the placeholder of that option.
	Words []string
	Limit time.Duration // how long the program may take for one run

	folders *folders
}

// ParseProgram reads the words of a command line, which spaces separate. There is no shell, and there are no quotes.
func ParseProgram(line string, limit time.Duration) (Program, error) {
	p := Program{Words: strings.Fields(line), Limit: limit, folders: &folders{}}
	for _, needed := range []string{"{input}", "{weight}", "{output}"} {
		if !p.has(needed) {
			return p, fault.New("guest", "", "", "want %s in it, it is replaced by the path of a .npy file", needed)
		}
	}
	if _, err := exec.LookPath(p.Words[0]); err != nil {
		return p, fault.New("guest", "", "", "want a program that can be started: %v", errors.Unwrap(err))
	}
	return p, nil
}

// has reports whether a word has a placeholder.
func (p Program) has(placeholder string) bool {
	return strings.Contains(strings.Join(p.Words, " "), placeholder)
}

// Explain implements [conv.Explainer].
func (p Program) Explain(problem conv.Problem) (conv.Description, error) {
	if _, err := problem.Dst(); err != nil {
		return conv.Description{}, err
	}
	s := problem.WithDefaults()
	for _, rule := range []struct {
		plain bool
		word  string
	}{
		{!problem.Bias, "{bias}"},
		{s.Stride == [2]int{1, 1}, "{stride}"},
		{s.Padding == conv.Padding{}, "{padding}"},
		{s.Padding == conv.Padding{} || s.PaddingMode == conv.Zeros, "{padding-mode}"},
		{s.Dilation == [2]int{1, 1}, "{dilation}"},
		{s.Groups == 1, "{groups}"},
		{s.Activation == conv.Identity, "{activation}"},
		{s.Pool.Kind == conv.NoPool, "{pool}"},
	} {
		if !rule.plain && !p.has(rule.word) {
			return conv.Description{}, refusal("the program is not given " + rule.word)
		}
	}
	return conv.Description{Algorithm: p.name(), Chunk: max(1, problem.Src.N())}, nil
}

// name is the name of the program's file.
func (p Program) name() string { return filepath.Base(p.Words[0]) }

// Plan implements [conv.Backend].
func (p Program) Plan(problem conv.Problem, w *conv.Tensor, biases []float32) (conv.Plan, error) {
	if err := problem.CheckPlan(w, biases); err != nil {
		return nil, err
	}
	description, err := p.Explain(problem)
	if err != nil {
		return nil, err
	}
	if biases == nil {
		biases = make([]float32, problem.Weight[0])
	}
	problem.Spec = problem.WithDefaults()
	if p.folders == nil {
		p.folders = &folders{}
	}
	folder, remove, err := p.folders.add()
	if err != nil {
		return nil, err
	}
	made := &programPlan{program: p, p: problem, folder: folder, remove: remove, description: description}
	err = errors.Join(made.write("weight", w.Shape[:], w.Data), made.write("bias", []int{len(biases)}, biases))
	if err != nil {
		remove()
		return nil, err
	}
	return made, nil
}

// programPlan is a convolution that a program computes. Its files are in a folder of its own.
type programPlan struct {
	program     Program
	p           conv.Problem
	folder      string
	remove      func()
	description conv.Description
}

// path returns the path of a file: of input, weight, bias or output.
func (r *programPlan) path(name string) string { return filepath.Join(r.folder, name+".npy") }

func (r *programPlan) write(name string, shape []int, data []float32) error {
	file, err := whole.Options{NoSync: true}.Create(r.path(name))
	if err != nil {
		return err
	}
	return npy.Fill(file, &npy.Array{Shape: shape, Data: data})
}

// Run implements [conv.Plan].
func (r *programPlan) Run(to, from *conv.Tensor) error {
	if err := r.p.CheckRun(to, from); err != nil {
		return err
	}
	if from.Shape.N() == 0 {
		return nil
	}
	_ = os.Remove(r.path("output")) // of the run before
	if err := r.write("input", from.Shape[:], from.Data); err != nil {
		return err
	}
	if err := r.start(); err != nil {
		return err
	}
	a, err := npy.ReadFile(context.Background(), r.path("output"))
	if err != nil {
		return fault.New("guest", r.program.name(), "", "it ended well, but its output cannot be read: %v",
			fault.Plain(err))
	}
	if fmt.Sprint(a.Shape) != fmt.Sprint(to.Shape[:]) {
		return fault.New("guest", r.program.name(), "", "its output has the shape %v, want %v", a.Shape, to.Shape)
	}
	copy(to.Data, a.Data)
	return nil
}

// start runs the program and waits for its end.
func (r *programPlan) start() error {
	s := r.p.Spec
	pair := func(v [2]int) string { return fmt.Sprintf("%d,%d", v[0], v[1]) }
	replace := strings.NewReplacer("{input}", r.path("input"), "{weight}", r.path("weight"), "{bias}", r.path("bias"),
		"{output}", r.path("output"), "{stride}", pair(s.Stride), "{dilation}", pair(s.Dilation),
		"{padding}", fmt.Sprintf("%d,%d,%d,%d", s.Padding.Top, s.Padding.Bottom, s.Padding.Left, s.Padding.Right),
		"{padding-mode}", s.PaddingMode.String(), "{groups}", fmt.Sprint(s.Groups), "{activation}",
		s.Activation.String(), "{pool}", s.Pool.String())
	var words []string
	for _, word := range r.program.Words {
		words = append(words, replace.Replace(word))
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.program.Limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	alone(cmd)
	var said tail
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &said, &said, time.Second
	runtime.LockOSThread() // on Linux the program ends with this thread, see alone
	defer runtime.UnlockOSThread()
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return fault.New("guest", r.program.name(), "", "it does not end within %v", r.program.Limit)
	case err != nil:
		return &fault.Error{Package: "guest", Argument: r.program.name(), Rule: said.last(), Err: err}
	}
	return nil
}

// Close implements [conv.Plan].
func (r *programPlan) Close() error {
	if r.remove != nil {
		r.remove()
		r.remove = nil
	}
	return nil
}

// Describe implements [conv.Describer].
func (r *programPlan) Describe() conv.Description { return r.description }
