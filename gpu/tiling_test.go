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
	"gpuconv/gpu/internal/problems"
	"gpuconv/gpu/internal/recipe"
)

// TestTilings compares every tile that gpuconv autotune may measure, and so store, with the reference, on each class of
// devices. What is the same for two classes is computed once.
func TestTilings(t *testing.T) {
	unraced(t)
	t.Parallel()
	held := map[string]*compare.Trial{}
	for algorithm, p := range problems.Tiled() {
		c, err := compare.Random(algorithm, p)
		if err != nil {
			t.Fatal(err)
		}
		if held[algorithm], err = compare.NewTrial(cpu.Reference{}, c); err != nil {
			t.Fatal(err)
		}
	}
	count, seen := map[string]int{}, map[string]bool{}
	for _, class := range ClassNames() {
		d := openTest(t, Options{Guard: true, Device: Software(), Precision: conv.Fast, Tiles: class})
		for algorithm, p := range problems.Tiled() {
			all, err := d.Choices(p)
			if err != nil {
				t.Fatal(err)
			}
			for i, c := range all {
				if c.Algorithm != algorithm || testing.Short() && i%4 != 0 {
					continue
				}
				alike := likeness(t, d, p, c)
				if seen[alike] {
					continue
				}
				seen[alike] = true
				count[algorithm]++
				outcome := held[algorithm].Run(choosing(d, c), compare.Options{Asked: true})
				if outcome.Status() != compare.Passed {
					t.Errorf("%s, %v: %v", class, c, outcome)
				}
			}
		}
	}
	t.Logf("tiles held to the reference: %v", count)
	for algorithm := range problems.Tiled() {
		if count[algorithm] == 0 {
			t.Errorf("no choice of %s", algorithm)
		}
	}
}

// likeness is the same for choices of two classes if they compile and dispatch the same.
func likeness(t *testing.T, d *Device, p conv.Problem, c conv.Choice) string {
	t.Helper()
	b, err := recipe.DrawChoice(p, d.profile, c)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(c, b.Description.ShaderHash(), b.Description.Chunk)
}

// choosing returns a backend that plans on d with one choice.
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

// TestChoices: the first choice of each algorithm is the one that the algorithm itself makes. Names differ, and a
// choice that is not listed is refused.
func TestChoices(t *testing.T) {
	d := openTest(t, Options{Device: Software()})
	for name, p := range problems.Tiled() {
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
			own, err := recipe.Draw(p, d.profile, algorithm)
			if err != nil || own.Description.Tile != c.Tile {
				t.Errorf("%s: %s fits %s itself, not %s; %v", name, algorithm, own.Description.Tile, c.Tile, err)
			}
		}
		_, weight := filled(p)
		bias := make([]float32, p.Weight[0])
		if !p.Bias {
			bias = nil
		}
		for _, c := range []conv.Choice{{Algorithm: "direct"}, {Algorithm: "none"},
			{Algorithm: "direct", Tile: "3 filters"}} {
			_, err := d.PlanChoice(c, p, weight, bias)
			if !errors.Is(err, conv.ErrUnsupported) || !strings.Contains(err.Error(), c.String()) {
				t.Errorf("%v: %v, want conv.ErrUnsupported", c, err)
			}
		}
	}
	forced := openTest(t, Options{Device: Software(), Algorithm: "direct"})
	all, err := forced.Choices(problems.Seed(1))
	other := func(c conv.Choice) bool { return c.Algorithm != "direct" }
	if err != nil || len(all) < 2 || slices.ContainsFunc(all, other) {
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

// TestTuned: plans take the choice that was measured, and say so. They do not take it if an algorithm is forced, or if
// it does not fit; then they warn.
func TestTuned(t *testing.T) {
	unraced(t)
	p := problems.Seed(2)
	d := openTest(t, Options{Device: Software()})
	all, err := d.Choices(p)
	if err != nil {
		t.Fatal(err)
	}
	c := all[1]
	b, err := recipe.DrawChoice(p, d.profile, c)
	if err != nil {
		t.Fatal(err)
	}
	hash := b.Description.ShaderHash()
	spread := conv.Choice{Algorithm: "fft"} // stored by programs that chose it by themselves
	spreads, err := recipe.DrawChoice(p, d.profile, spread)
	if err != nil {
		t.Fatal(err)
	}
	spreadHash := spreads.Description.ShaderHash()
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
		"spreads errors":   {known{&Measured{spread, spreadHash, ""}, nil}, "", "", "fft: it spreads the error of a large pixel"},
		"another shader":   {known{&Measured{c, "0123", ""}, nil}, "", "", "has changed since"},
		"without a shader": {known{&Measured{c, "", ""}, nil}, "", "", "has changed since"},
	} {
		d := openTest(t, Options{Guard: true, Device: Software(), Algorithm: k.forced, Tuner: k})
		got, err := d.Explain(p)
		if err != nil {
			t.Fatal(err)
		}
		chosen := conv.Choice{Algorithm: got.Algorithm, Tile: got.Tile}.String()
		want := k.want
		if want == "" {
			usual, err := recipe.Draw(p, d.profile, k.forced)
			if err != nil {
				t.Fatal(err)
			}
			want = conv.Choice{Algorithm: usual.Description.Algorithm, Tile: usual.Description.Tile}.String()
		}
		if chosen != want || (got.Tuned != "") != (k.want != "") {
			t.Errorf("%s: %s, tuned %q; want %s", name, chosen, got.Tuned, want)
		}
		if (k.warning == "") != (got.Warning == "") || !strings.Contains(got.Warning, k.warning) {
			t.Errorf("%s: warning %q, want %q", name, got.Warning, k.warning)
		}
		for _, r := range got.Rejected {
			want := c.Algorithm + " was measured to be the fastest"
			switch r.Algorithm {
			case "winograd":
				want = "a kernel of 7×7: want 3×3"
			case "fft":
				want = "it spreads the error of a large pixel, precision fast would take it"
			}
			if k.want != "" && r.Reason.Error() != want {
				t.Errorf("%s: not %s: %v", name, r.Algorithm, r.Reason)
			}
		}
		judge(t, d, p)
	}
}
