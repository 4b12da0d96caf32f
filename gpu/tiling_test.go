//go:build cgo && !nogl

package gpu

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// classes are limits of the classes of devices that have tiles of their own, made of
// those of a software renderer, which computes for all of them.
var classes = map[string]func(l *Limits){
	"software": func(*Limits) {},
	"NVIDIA":   asNVIDIA,
	"other":    func(l *Limits) { l.Software = false },
}

// tiled are problems for which every tile of every class is a choice, each with what
// its last tile and block do not fill: small kernels, which compile fast.
func tiled() map[string]conv.Problem {
	small := conv.Problem{Src: conv.Shape{2, 2, 21, 20}, Weight: conv.Shape{15, 2, 2, 3}, Bias: true}
	small.Padding, small.Activation = conv.Padding{Top: 1, Bottom: 2, Left: 2, Right: 1}, conv.ReLU
	tall := small
	tall.Src[2] = 41 // more than 8 rows for each of 4 invocations
	soft := conv.Problem{Src: conv.Shape{2, 1, 9, 20}, Weight: conv.Shape{8, 1, 3, 3}}
	soft.Padding = conv.Pad(1, 1)
	separable := conv.Problem{Src: conv.Shape{2, 3, 19, 11}, Weight: conv.Shape{6, 1, 3, 3}, Bias: true}
	separable.Groups, separable.Padding, separable.Stride = 3, conv.Pad(1, 1), [2]int{2, 1}
	return map[string]conv.Problem{"direct_soft": soft, "depthwise": separable, "direct_small": small, "direct_shared": tall,
		"winograd": layer(3, 9, 130, 3, 10), "igemm": layer(3, 9, 130, 3, 10), "direct": small}
}

// TestTilings computes with every tile that gpuconv autotune may measure, and so store, on
// each class of devices, and holds it to the reference.
func TestTilings(t *testing.T) {
	held := map[string]*compare.Trial{}
	for algorithm, p := range tiled() {
		c, err := compare.Random(algorithm, p)
		if err != nil {
			t.Fatal(err)
		}
		if held[algorithm], err = compare.NewTrial(cpu.Reference{}, c); err != nil {
			t.Fatal(err)
		}
	}
	count := map[string]int{}
	for class, change := range classes {
		d := openTest(t, Options{Guard: true, Device: Software()})
		change(&d.limits)
		for algorithm, p := range tiled() {
			all, err := d.Choices(p)
			if err != nil {
				t.Fatal(err)
			}
			for i, c := range all {
				if c.Algorithm != algorithm || testing.Short() && i%4 != 0 {
					continue
				}
				count[algorithm]++
				outcome := held[algorithm].Run(choosing(d, c), compare.Options{})
				if outcome.Status() != compare.Passed {
					t.Errorf("%s, %v: %v", class, c, outcome)
				}
			}
		}
	}
	t.Logf("tiles held to the reference: %v", count)
}

// choosing returns d computing in one way.
func choosing(d *Device, c conv.Choice) conv.Backend {
	return backend(func(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
		made, err := d.PlanChoice(c, p, weight, bias)
		if err == nil {
			if got := made.(conv.Describer).Describe(); got.Algorithm != c.Algorithm || got.Tile != c.Tile {
				return nil, fmt.Errorf("chose %s, %s instead of %v", got.Algorithm, got.Tile, c)
			}
		}
		return made, err
	})
}

// TestTilesAreTried: TestTilings computes with each tile that is listed for a class.
func TestTilesAreTried(t *testing.T) {
	for class, change := range classes {
		l := roomy()
		l.Software = true
		change(&l)
		for _, a := range algorithms() {
			p := tiled()[a.name]
			p.Spec = p.WithDefaults()
			if len(a.tilings(p, l)) == 0 || class != "software" && a.name == "direct_soft" {
				continue
			}
			fitted := a.fitted(p, l)
			if len(fitted) == 0 {
				t.Errorf("%s refuses %v on %s", a.name, p, class)
				continue
			}
			for _, proposed := range a.tilings(p, l) {
				if cut, ok := proposed.(slideCut); ok && a.name == "depthwise" && cut.filters > depthwiseFilters {
					proposed = slideCut{cut.rows, depthwiseFilters} // a group has no more
				}
				if !slices.Contains(fitted, proposed) {
					t.Errorf("%s on %s: %v is listed and not tried: %v", a.name, class, proposed, fitted)
				}
			}
		}
	}
}

// TestChoices: the first of each algorithm is what it fits itself, names are its own,
// and what is not listed is refused.
func TestChoices(t *testing.T) {
	d := openTest(t, Options{Device: Software()})
	for name, p := range tiled() {
		all, err := d.Choices(p)
		if err != nil {
			t.Fatal(err)
		}
		seen, algorithm := map[conv.Choice]bool{}, ""
		for _, c := range all {
			if seen[c] {
				t.Errorf("%s: %v twice", name, c)
			}
			seen[c] = true
			if c.Algorithm == algorithm {
				continue
			}
			algorithm = c.Algorithm
			own, err := newBlueprint(p, d.limits, algorithm)
			if err != nil || own.description.Tile != c.Tile {
				t.Errorf("%s: %s fits %s itself, not %s; %v", name, algorithm, own.description.Tile, c.Tile, err)
			}
		}
		_, weight := filled(p)
		bias := make([]float32, p.Weight[0])
		if !p.Bias {
			bias = nil
		}
		for _, c := range []conv.Choice{{Algorithm: "direct"}, {Algorithm: "none"}, {Algorithm: "direct", Tile: "3 filters"}} {
			if _, err := d.PlanChoice(c, p, weight, bias); !errors.Is(err, conv.ErrUnsupported) || !strings.Contains(err.Error(), c.String()) {
				t.Errorf("%v: %v, want conv.ErrUnsupported", c, err)
			}
		}
	}
	forced := openTest(t, Options{Device: Software(), Algorithm: "direct"})
	all, err := forced.Choices(seed(1))
	if err != nil || len(all) < 2 || slices.ContainsFunc(all, func(c conv.Choice) bool { return c.Algorithm != "direct" }) {
		t.Errorf("with direct forced: %v, %v", all, err)
	}
	if _, err := d.Choices(conv.Problem{}); err == nil {
		t.Error("choices for no problem")
	}
}

// known is a tuner that knows one choice.
type known struct {
	*Measured
	err error
}

func (k known) Tuned(Info, conv.Problem) (*Measured, error) { return k.Measured, k.err }

// TestTuned: plans take what was measured, and say so, unless an algorithm is forced or
// it is of no use, of which they warn.
func TestTuned(t *testing.T) {
	p := seed(2)
	d := openTest(t, Options{Device: Software()})
	all, err := d.Choices(p)
	if err != nil {
		t.Fatal(err)
	}
	c := all[1]
	l, err := d.limits.choose(p, c)
	if err != nil {
		t.Fatal(err)
	}
	b, err := newBlueprint(p, l, c.Algorithm)
	if err != nil {
		t.Fatal(err)
	}
	hash := b.description.ShaderHash()
	for name, k := range map[string]struct {
		known
		forced, want, warning string
	}{
		"tuned":            {known{&Measured{c, hash, "yesterday"}, nil}, "", c.String(), ""},
		"forced":           {known{&Measured{c, hash, "yesterday"}, nil}, "direct", "", ""},
		"nothing":          {known{}, "", "", ""},
		"bad entry":        {known{nil, errors.New("a hole in the file")}, "", "", "a hole in the file"},
		"unknown tile":     {known{&Measured{conv.Choice{Algorithm: "igemm", Tile: "round"}, hash, ""}, nil}, "", "", "igemm, round: the device has no such algorithm and tile"},
		"refuses":          {known{&Measured{conv.Choice{Algorithm: "winograd", Tile: c.Tile}, hash, ""}, nil}, "", "", "no such algorithm and tile"},
		"another shader":   {known{&Measured{c, "0123", ""}, nil}, "", "", "is another since"},
		"without a shader": {known{&Measured{c, "", ""}, nil}, "", "", "is another since"},
	} {
		d := openTest(t, Options{Guard: true, Device: Software(), Algorithm: k.forced, Tuner: k})
		got, err := d.Explain(p)
		if err != nil {
			t.Fatal(err)
		}
		chosen := conv.Choice{Algorithm: got.Algorithm, Tile: got.Tile}.String()
		want := k.want
		if want == "" {
			usual, err := newBlueprint(p, d.limits, k.forced)
			if err != nil {
				t.Fatal(err)
			}
			want = conv.Choice{Algorithm: usual.description.Algorithm, Tile: usual.description.Tile}.String()
		}
		if chosen != want || (got.Tuned != "") != (k.want != "") {
			t.Errorf("%s: %s, tuned %q; want %s", name, chosen, got.Tuned, want)
		}
		if (k.warning == "") != (got.Warning == "") || !strings.Contains(got.Warning, k.warning) {
			t.Errorf("%s: warning %q, want %q", name, got.Warning, k.warning)
		}
		for _, r := range got.Rejected {
			want := c.Algorithm + " was measured to be the fastest"
			if r.Algorithm == "winograd" {
				want = "a kernel of 7×7, it takes 3×3"
			}
			if k.want != "" && r.Reason.Error() != want {
				t.Errorf("%s: not %s: %v", name, r.Algorithm, r.Reason)
			}
		}
		judge(t, d, p)
	}
}

// TestDirectFinishes: a tile of two positions has no window of four, whatever pool follows.
func TestDirectFinishes(t *testing.T) {
	p := seed(2)
	p.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	for _, tile := range directTiles(roomy()) {
		l := roomy()
		l.tiling = tile
		r := prepareDirect(p, l)
		if r.finishes != (tile.positions >= 4) || len(r.stages[0].passes(2)) != 1 {
			t.Errorf("%v: finishes %v", tile, r.finishes)
		}
	}
}

// TestSoftFinishes: of ten filters five in a tile take least, but no pairs, whose energy would be computed apart.
func TestSoftFinishes(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{8, 3, 48, 64}, Weight: conv.Shape{10, 3, 5, 5}}
	p.Padding = conv.Pad(2, 2)
	l := roomy()
	l.Software, l.LoopIterations, l.Unrolled = true, SoftwareLoopLimit, softMACs
	for activation, want := range map[conv.Activation]int{conv.Identity: 5, conv.Energy: 4} {
		p.Activation = activation
		s, err := newSoft(p, l)
		if err != nil || s.tile.filters != want || s.tile.finishes() != (activation == conv.Energy) {
			t.Errorf("%v: tiles of %d filters, want %d; finishes %v, %v", activation, s.tile.filters, want, s.tile.finishes(), err)
		}
	}
}
