package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/gpu"
	"gpuconv/machine"

	"github.com/spf13/pflag"
)

// problemFlags describe the shapes of a convolution, as numbers or as files. Only the headers of files are read, except
// by describe.
type problemFlags struct {
	compact       string // N,Cin,H,W,Cout,K,pad,stride,groups; "flags" for --problem without a value
	input, weight string
	bias          string
	spec          specFlags
}

func (f *problemFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.compact, "problem", "",
		"explain a convolution: N,Cin,H,W,Cout,K,pad,stride,groups (N images of Cin channels, Cout filters\n"+
			"of K×K); without a value the flags of gpuconv conv describe it")
	flags.Lookup("problem").NoOptDefVal = "flags"
	f.registerShapes(flags)
}

// registerShapes defines the flags that describe a convolution beside --problem.
func (f *problemFlags) registerShapes(flags *pflag.FlagSet) {
	fileFlag(flags, &f.input, "input", "with --problem: images, a file or a shape N,C,H,W")
	fileFlag(flags, &f.weight, "weight",
		"with --problem: weights, a file or a shape: filters,channels per group,rows,columns")
	fileFlag(flags, &f.bias, "bias", "with --problem: biases, a file or their number")
	f.spec.register(flags)
}

// withoutProblem refuses flags that describe a convolution if --problem is not given.
func withoutProblem(flags *pflag.FlagSet, named bool) error {
	for _, name := range append([]string{"input", "weight", "bias"}, ownFlags...) {
		if !named && flags.Changed(name) {
			return refused(name, "", errors.New("want --problem with it"))
		}
	}
	return nil
}

// problem assembles the problem. compact is the argument after --problem, empty if there is none.
func (f *problemFlags) problem(ctx context.Context, compact string) (conv.Problem, error) {
	if compact == "" && f.compact != "flags" {
		compact = f.compact
	}
	if compact != "" {
		if f.input != "" || f.weight != "" || f.bias != "" {
			return conv.Problem{}, refused("problem", compact, errors.New("leave out --input, --weight and --bias, "+
				"or give them and --problem without a value"))
		}
		return f.compactProblem(compact)
	}
	weight, weightErr := shapeOf(ctx, "weight", f.weight, 0)
	src, err := shapeOf(ctx, "input", f.input, weight.C()*f.spec.groups) // pictures are RGB for three channels
	if err == nil {
		err = weightErr
	}
	if err != nil {
		return conv.Problem{}, err
	}
	spec, err := f.spec.spec(src, weight)
	return conv.Problem{Spec: spec, Src: src, Weight: weight, Bias: f.bias != ""}, err
}

// compactProblem reads the short form, N,Cin,H,W,…, and takes what it leaves open from the other flags.
func (f *problemFlags) compactProblem(text string) (conv.Problem, error) {
	p, err := parseCompact(text)
	if err != nil {
		return conv.Problem{}, err
	}
	return f.complete(text, p)
}

// complete takes what text leaves open from the other flags. Stride, padding and groups are in p.
func (f *problemFlags) complete(text string, p conv.Problem) (conv.Problem, error) {
	for _, said := range []struct {
		flag  string
		twice bool
	}{{"stride", f.spec.stride != "1"}, {"padding", f.spec.padding != "0"}, {"groups", f.spec.groups != 1}} {
		if said.twice {
			return conv.Problem{}, refused("problem", text,
				fmt.Errorf("has a %s already, leave out --%s", said.flag, said.flag))
		}
	}
	spec, err := f.spec.spec(p.Src, p.Weight)
	spec.Stride, spec.Padding, spec.Groups = p.Stride, p.Padding, p.Groups
	p.Spec = spec
	return p, err
}

// parseCompact reads the short form, which is also the form of the names of cases in bench/peers.
func parseCompact(text string) (conv.Problem, error) {
	v, err := parseInts(text)
	if err != nil || len(v) != 9 || v[8] < 1 {
		return conv.Problem{}, misread("problem", text,
			errors.New("want N,Cin,H,W,Cout,K,pad,stride,groups, such as 512,1,48,64,6,7,3,1,1"))
	}
	p := conv.Problem{Src: conv.Shape{v[0], v[1], v[2], v[3]}, Weight: conv.Shape{v[4], v[1] / v[8], v[5], v[5]}}
	p.Padding, p.Stride, p.Groups = conv.Pad(v[6], v[6]), [2]int{v[7], v[7]}, v[8]
	return p, nil
}

// shapeOf reads a shape such as 64,1,48,64 or the header of a file. channels is how many channels the weights need, or
// 0.
func shapeOf(ctx context.Context, flag, text string, channels int) (conv.Shape, error) {
	if v, err := parseInts(strings.Trim(text, "[]")); err == nil && len(v) == 4 {
		if _, err := os.Stat(text); err != nil {
			return conv.Shape(v), nil
		}
	}
	if text == "" {
		return conv.Shape{}, refused(flag, "", errors.New("want a file or a shape of four numbers, such as 64,1,48,64"))
	}
	if flag == "input" {
		images, err := (&inputs{}).openImages(ctx, text, channels)
		if err != nil {
			return conv.Shape{}, err
		}
		defer images.Close()
		return images.Shape(), nil
	}
	weights, shape, err := openWeights(ctx, flag, text)
	if err != nil {
		return conv.Shape{}, err
	}
	return shape, weights.Close()
}

// describe completes e with what the CPU engine says about the weights and biases themselves. It does nothing with
// another backend, if the flags have only shapes, or if the weights do not fit in memory.
func (f *problemFlags) describe(ctx context.Context, p conv.Problem, backend chosen, e *explanation) error {
	numbers := func(text string) bool { _, err := parseInts(strings.Trim(text, "[]")); return err == nil }
	if f.weight == "" || numbers(f.weight) || numbers(f.bias) {
		return nil
	}
	engine, ok := conv.Expecting(backend.Backend, p.Src.N()).(cpu.Engine)
	what, bytes := fmt.Sprintf("weights %v", p.Weight), (1+explained)*p.Weight.Bytes()
	if !ok || machine.CheckMemory(what, bytes) != nil {
		return nil
	}
	in := &inputs{}
	bank, err := in.readBank(ctx, "weight", f.weight, func(conv.Shape) error { return reserve(what, bytes) })
	if err != nil {
		return err
	}
	var bias []float32
	if f.bias != "" {
		if bias, err = in.readBias(ctx, f.bias, p.Weight); err != nil {
			return err
		}
	}
	d, err := engine.ExplainWeights(p, bank.Weight, bias)
	if err == nil {
		e.describe(d)
	}
	return err
}

// explanation is what gpuconv info --problem prints. It is made before anything is allocated or compiled. Sizes are in
// bytes.
type explanation struct {
	Src        conv.Shape `json:"src"`
	Weight     conv.Shape `json:"weight"`
	Sums       conv.Shape `json:"sums"` // before energy and pooling
	Dst        conv.Shape `json:"dst"`
	Parameters float64    `json:"parameters"`
	MACs       float64    `json:"macs"`
	Bytes      float64    `json:"bytes"`     // compulsory: src, weight, bias and dst once each
	Intensity  float64    `json:"intensity"` // floating-point operations per compulsory byte
	Backend    string     `json:"backend"`
	Device     string     `json:"device"`
	Algorithm  string     `json:"algorithm"`
	// Bound is the error bound of an output, as a multiple of γₙ·Σ|x||w| over its own pixels (package compare defines
	// γₙ); 0 with a Tolerance.
	Bound float64 `json:"bound"`
	// Tolerance is how large the RMS error of an algorithm that spreads errors may be, as a fraction of the largest
	// output; 0 with a Bound.
	Tolerance   float64    `json:"tolerance"`
	Accuracy    string     `json:"accuracy"`          // Bound or Tolerance in words
	Tile        string     `json:"tile,omitempty"`    // how the algorithm cuts the work
	Tuned       string     `json:"tuned,omitempty"`   // when algorithm and tile were measured to be the fastest
	Warning     string     `json:"warning,omitempty"` // what the backend could not use, and why
	Rejected    []rejected `json:"rejected"`
	Repeated    int        `json:"repeated,omitempty"` // filters that are copies or negatives of others
	Chunk       int        `json:"chunk"`              // images that are computed at a time, or bands if images are cut
	Band        int        `json:"band,omitempty"`     // rows of outputs in a band, if images are cut
	Chunks      int        `json:"chunks"`             // how many chunks there are; the last may be smaller
	PlanMemory  float64    `json:"plan_memory"`
	TotalMemory float64    `json:"total_memory"` // the plan, all of src and all of dst

	Prediction *gpu.Prediction `json:"prediction,omitempty"` // with --roof
}

type rejected struct {
	Algorithm string `json:"algorithm"`
	Reason    string `json:"reason"`
}

// explain asks a backend how it would compute p.
func explain(p conv.Problem, backend chosen) (explanation, error) {
	dst, err := p.Dst()
	if err != nil {
		return explanation{}, usage(plain(err))
	}
	sums, err := p.Sums()
	if err != nil {
		return explanation{}, usage(plain(err))
	}
	asked, ok := conv.Expecting(backend.Backend, p.Src.N()).(conv.Explainer)
	if !ok {
		return explanation{}, fmt.Errorf("the %s backend explains nothing", backend.name)
	}
	d, err := asked.Explain(p)
	if err != nil {
		return explanation{}, err
	}
	e := explanation{Src: p.Src, Weight: p.Weight, Sums: sums, Dst: dst, MACs: p.MACs(), Parameters: p.Parameters(),
		Bytes: p.Bytes(), Intensity: p.Intensity(), Backend: backend.name, Device: backend.describe()}
	e.describe(d)
	return e, nil
}

// describe sets what a backend says about a plan.
func (e *explanation) describe(d conv.Description) {
	e.Algorithm, e.Tile, e.Tuned, e.Warning, e.Repeated = d.Algorithm, d.Tile, d.Tuned, d.Warning, d.Repeated
	e.Accuracy, e.Bound, e.Tolerance, e.Rejected = d.Accuracy(), max(1, d.Bound), d.Tolerance, []rejected{}
	e.Chunk, e.Band, e.PlanMemory = d.Chunk, d.Band, float64(d.Memory)
	e.Chunks = (e.Src.N()*e.bands() + d.Chunk - 1) / max(d.Chunk, 1)
	if d.Tolerance > 0 {
		e.Bound = 0
	}
	e.TotalMemory = e.PlanMemory + e.Src.Bytes() + e.Dst.Bytes()
	for _, r := range d.Rejected {
		e.Rejected = append(e.Rejected, rejected{r.Algorithm, r.Reason.Error()})
	}
}

// bands returns into how many bands of rows an image is cut, 1 if it is not.
func (e explanation) bands() int {
	if e.Band == 0 {
		return 1
	}
	return (e.Dst.H() + e.Band - 1) / e.Band
}

// then names the steps from Sums to Dst.
func (e explanation) then() string {
	var steps []string
	if e.Dst.C() != e.Sums.C() {
		steps = append(steps, "energy")
	}
	if e.Dst.H() != e.Sums.H() || e.Dst.W() != e.Sums.W() {
		steps = append(steps, "pooling")
	}
	return strings.Join(steps, " and ")
}

// String is the explanation for people.
func (e explanation) String() string {
	w := new(strings.Builder)
	printLine(w, "src        %v", e.Src)
	printLine(w, "weight     %v", e.Weight)
	if e.Sums != e.Dst {
		printLine(w, "sums       %v, then %s", e.Sums, e.then())
	}
	printLine(w, "dst        %v", e.Dst)
	printLine(w, "parameters %.0f", e.Parameters)
	printLine(w, "work       %.4g MACs, %s compulsory, %.3g FLOP/B", e.MACs, machine.Size(e.Bytes), e.Intensity)
	printLine(w, "device     %s", e.Device)
	printLine(w, "algorithm  %s", e.Algorithm)
	printLine(w, "accuracy   %s", e.Accuracy)
	for _, line := range []struct{ name, text string }{{"tile", e.Tile}, {"", e.Tuned}, {"warning", e.Warning}} {
		if line.text != "" {
			printLine(w, "%-10s %s", line.name, line.text)
		}
	}
	if e.Repeated > 0 {
		printLine(w, "repeats    %d of %d filters are not computed: they are copies or negatives of others", e.Repeated,
			e.Weight.N())
	}
	for _, r := range e.Rejected {
		printLine(w, "           not %s: %s", r.Algorithm, r.Reason)
	}
	what := counted(e.Chunk, "image")
	if e.Band > 0 {
		what = fmt.Sprintf("%s, each %d of the %d rows of outputs", counted(e.Chunk, "band"), e.Band, e.Dst.H())
	}
	printLine(w, "chunks     %d of at most %s", e.Chunks, what)
	printLine(w, "memory     %s in the plan, %s with all images in and out", machine.Size(e.PlanMemory),
		machine.Size(e.TotalMemory))
	if e.Prediction != nil {
		e.printPrediction(w)
	}
	return w.String()
}
