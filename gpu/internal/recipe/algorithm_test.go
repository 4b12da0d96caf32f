package recipe

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
)

// TestChoose: the first algorithm that fits and is worth it is taken, a forced one is taken or refused, and a name that
// does not exist is an error.
func TestChoose(t *testing.T) {
	software := roomy()
	software.Class = Software
	for name, c := range map[string]struct {
		d      Profile
		forced string
		want   string
	}{
		"software":         {software, "", "direct_soft"},
		"hardware":         {roomy(), "", "direct_small"},
		"forced":           {software, "direct", "direct"},
		"forced, refusing": {roomy(), "direct_soft", ""},
		"unknown":          {roomy(), "fast", ""},
	} {
		a, _, err := choose(problems.Seed(100), c.d, c.forced)
		if a.name != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v; want %q", name, a.name, err, c.want)
		}
	}
	small := problems.Seed(1)
	small.Src[2], small.Src[3] = 24, 32
	if a, _, err := choose(small, software, "direct_soft"); a.name != "direct_soft" || err != nil {
		t.Errorf("forced, though not worth it: %q, %v", a.name, err)
	}
	a, rejected, err := choose(small, software, "")
	if a.name != "direct" || err != nil || !strings.Contains(rejected[0].Reason.Error(), "do not repay compiling") {
		t.Errorf("not worth it: %q, %v, %v", a.name, rejected, err)
	}
	small.Weight[2], small.Weight[3] = 2, 3
	if a, _, err := choose(small, software, ""); a.name != "direct_soft" || err != nil {
		t.Errorf("few multiplications, compiled fast: %q, %v", a.name, err)
	}
	small.Src, small.Weight = conv.Shape{1, 1, 8, 11}, conv.Shape{4, 1, 4, 4}
	small.Padding = conv.Padding{}
	if a, _, err := choose(small, software, ""); a.name != "direct_soft" || err != nil {
		t.Errorf("512 multiplications written out: %q, %v", a.name, err)
	}
	_, _, err = choose(problems.Seed(1), roomy(), "fast")
	names := "direct_soft fft depthwise direct_small direct_shared winograd igemm direct"
	if err == nil || err.Error() != `gpu: algorithm "fast": want one of [`+names+`]` {
		t.Errorf("unknown algorithm: %v", err)
	}
}

// TestChosen: Chosen says what choose does.
func TestChosen(t *testing.T) {
	problems := []conv.Problem{problems.Seed(512)}
	for _, p := range []conv.Problem{
		{Src: conv.Shape{64, 128, 56, 56}, Weight: conv.Shape{128, 128, 3, 3}},
		{Src: conv.Shape{64, 128, 56, 56}, Weight: conv.Shape{128, 1, 3, 3}, Spec: conv.Spec{Groups: 128}},
		{Src: conv.Shape{64, 64, 56, 56}, Weight: conv.Shape{256, 64, 1, 1}},
		{Src: conv.Shape{64, 1, 48, 64}, Weight: conv.Shape{6, 1, 31, 31}},
		{Src: conv.Shape{1, 1, 5, 5}, Weight: conv.Shape{1, 1, 1, 1}},
	} {
		p.Spec = p.WithDefaults()
		problems = append(problems, p)
	}
	for class, d := range everyClass() {
		for _, p := range problems {
			for _, precision := range []conv.Precision{conv.Exact, conv.Fast} {
				d.Precision = precision
				if a, _, err := choose(p, d, ""); err != nil || !Chosen(a.name, d.Class, precision) {
					t.Errorf("%s, %v, %v by %v: %q, %v", class, precision, p.Src, p.Weight, a.name, err)
				}
			}
		}
	}
}

// TestSpreading: the algorithms that are ruled out where precision is exact are those whose recipes state a tolerance.
func TestSpreading(t *testing.T) {
	taken := map[string]bool{}
	all := append(slices.Collect(maps.Values(problems.Tiled())), problems.Layer(2, 1, 5, 15, 48))
	for _, p := range all {
		p.Spec = p.WithDefaults()
		for class, d := range everyClass() {
			for _, a := range algorithms() {
				f, err := a.fitTo(p, d)
				if err != nil {
					continue
				}
				taken[a.name] = true
				if (f.recipe().Tolerance > 0) != a.spreads || (a.ruledOut(conv.Exact) != nil) != a.spreads ||
					a.ruledOut(conv.Fast) != nil {
					t.Errorf("%s on %s: spreads %v, tolerance %v", a.name, class, a.spreads, f.recipe().Tolerance)
				}
			}
		}
	}
	if len(taken) != len(algorithms()) {
		t.Errorf("seen %v", taken)
	}
}

// TestExactChoices: where precision is exact, choices that state a tolerance are not listed, and are not drawn although
// they were measured to be the fastest. Those that are asked for by name are.
func TestExactChoices(t *testing.T) {
	p := problems.Layer(32, 64, 64, 3, 56)
	spread := func(c conv.Choice) bool { return c.Algorithm == "winograd" || c.Algorithm == "fft" }
	fast := nvidia()
	fast.Precision = conv.Fast
	if all := Choices(p, nvidia(), ""); len(all) < 3 || slices.ContainsFunc(all, spread) {
		t.Errorf("exact: %v", all)
	}
	if all := Choices(p, nvidia(), "winograd"); len(all) < 2 ||
		slices.ContainsFunc(all, func(c conv.Choice) bool { return c.Algorithm != "winograd" }) {
		t.Errorf("winograd is forced: %v", all)
	}
	for _, c := range Choices(p, fast, "") {
		if c.Algorithm != "winograd" && c.Algorithm != "igemm" {
			continue
		}
		b, err := DrawChoice(p, nvidia(), c)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DrawMeasured(p, nvidia(), c, b.Description.ShaderHash(), "yesterday")
		if spread(c) == (err == nil) || err != nil && !strings.Contains(err.Error(), "winograd: it spreads") {
			t.Errorf("%v was measured: %v", c, err)
		}
		for _, r := range got.Description.Rejected {
			if r.Algorithm == "winograd" && !strings.Contains(r.Reason.Error(), "it spreads") {
				t.Errorf("%v was measured, not winograd: %v", c, r.Reason)
			}
		}
		if _, err := DrawMeasured(p, fast, c, b.Description.ShaderHash(), "yesterday"); err != nil {
			t.Errorf("%v was measured, precision fast: %v", c, err)
		}
	}
}

// TestChooseHardware: each layer is computed by the algorithm that was made for it.
func TestChooseHardware(t *testing.T) {
	grouped, strided := problems.Layer(32, 64, 64, 3, 56), problems.Layer(32, 64, 64, 3, 56)
	grouped.Groups, grouped.Weight[1] = 2, 32
	strided.Stride = [2]int{2, 2}
	for name, c := range map[string]struct {
		p    conv.Problem
		want string
	}{
		"seed": {problems.Seed(4096), "direct_small"}, "3x3": {problems.Layer(32, 64, 64, 3, 56), "winograd"}, "3x3 grouped": {grouped, "igemm"},
		"3x3 strided": {strided, "igemm"}, "1x1": {problems.Layer(32, 64, 256, 1, 56), "igemm"}, "few taps": {problems.Layer(32, 3, 64, 3, 56), "direct_small"},
		"32 tiles": {problems.Layer(8, 64, 64, 3, 8), "winograd"}, "28 tiles": {problems.Layer(7, 64, 64, 3, 8), "igemm"},
		"few tiles":    {problems.Layer(1, 256, 256, 3, 7), "igemm"},
		"few channels": {problems.Layer(32, 32, 64, 3, 56), "igemm"}, "31x31": {problems.Layer(32, 1, 64, 31, 48), "fft"}, "31x31, few": {problems.Layer(32, 1, 1, 31, 48), "fft"}, "31x31, dense": {problems.Layer(32, 64, 64, 31, 48), "fft"},
		"11x11": {problems.Layer(32, 1, 64, 11, 48), "direct_small"}, "15x15": {problems.Layer(32, 1, 64, 15, 48), "fft"}, "5x5": {problems.Layer(32, 64, 64, 5, 48), "igemm"},
	} {
		d := nvidia()
		d.Precision = conv.Fast
		if a, rejected, err := choose(c.p, d, ""); a.name != c.want || err != nil {
			t.Errorf("%s: %q, %v, %v; want %q", name, a.name, rejected, err, c.want)
		}
		exact, rejected, err := choose(c.p, nvidia(), "")
		if spread := c.want == "fft" || c.want == "winograd"; err != nil || exact.recipe().Tolerance > 0 ||
			!spread && exact.name != c.want {
			t.Errorf("%s: exact, %q, %v", name, exact.name, err)
		} else if spread && !slices.ContainsFunc(rejected, func(r conv.Rejected) bool {
			return r.Algorithm == c.want &&
				r.Reason.Error() == "it spreads the error of a large pixel, precision fast would take it"
		}) {
			t.Errorf("%s: exact, %q, %v", name, exact.name, rejected)
		}
		software := roomy()
		software.Class = Software
		if a, _, _ := choose(c.p, software, ""); a.name == "igemm" || a.name == "winograd" {
			t.Errorf("%s on a software renderer: %s", name, a.name)
		}
	}
}
