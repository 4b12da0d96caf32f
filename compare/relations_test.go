package compare_test

import (
	"slices"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// wrongWhere spoils one output of each problem of a kind.
type wrongWhere struct{ kind func(p conv.Problem) bool }

func (w wrongWhere) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	var a altered
	if w.kind(p) {
		a.after = func(dst, _ *conv.Tensor) { dst.Data[len(dst.Data)/2] += 64 }
	}
	return a.Plan(p, weight, bias)
}

// related is a problem to which every relation but that of groups applies.
func related() conv.Problem {
	return conv.Problem{Src: conv.Shape{3, 4, 7, 8}, Weight: conv.Shape{6, 4, 3, 3}, Bias: true,
		Spec: conv.Spec{Padding: conv.Pad(1, 1)}}
}

func relation(t *testing.T, name string) compare.Relation {
	t.Helper()
	all := compare.Relations()
	i := slices.IndexFunc(all, func(r compare.Relation) bool { return r.Name == name })
	if i < 0 {
		t.Fatalf("no relation %q", name)
	}
	return all[i]
}

func each(dst *conv.Tensor, change func(n, k, y, x int, v *float32)) {
	for i := range dst.Data {
		plane, at := i/(dst.Shape.H()*dst.Shape.W()), i%(dst.Shape.H()*dst.Shape.W())
		change(plane/dst.Shape.C(), plane%dst.Shape.C(), at/dst.Shape.W(), at%dst.Shape.W(), &dst.Data[i])
	}
}

// TestRelationsCatch: every relation finds a fault of its kind.
func TestRelationsCatch(t *testing.T) {
	grouped := related()
	grouped.Groups, grouped.Weight = 2, conv.Shape{6, 2, 3, 3}
	after := func(change func(n, k, y, x int, v *float32)) altered {
		return altered{after: func(dst, _ *conv.Tensor) { each(dst, change) }}
	}
	faults := map[string]conv.Backend{
		"scaling by a power of two": after(func(_, _, _, _ int, v *float32) { *v += 0.125 }),
		"splitting the batch":       after(func(n, _, _, _ int, v *float32) { *v += float32(n) }),
		"permuting filters": after(func(_, k, _, _ int, v *float32) {
			if k == 0 {
				*v++
			}
		}),
		"groups are separate convolutions": wrongWhere{func(p conv.Problem) bool { return p.Groups > 1 }},
		"padding is a padded image":        wrongWhere{func(p conv.Problem) bool { return p.Padding.Left > 0 }},
		"an impulse returns the filter": altered{plan: func(_ *conv.Problem, w *conv.Tensor, _ []float32) {
			slices.Reverse(w.Data)
		}},
		"zero filters return the bias": altered{plan: func(_ *conv.Problem, _ *conv.Tensor, b []float32) {
			clear(b)
		}},
		"additivity": after(func(_, _, _, _ int, v *float32) { *v = max(*v, -100) }),
		"splitting channels": altered{before: func(src *conv.Tensor) { // the last channel is left out
			for n := range src.Shape.N() {
				clear(src.Plane(n, src.Shape.C()-1))
			}
		}},
		"turning by 180°": altered{plan: func(p *conv.Problem, _ *conv.Tensor, _ []float32) {
			p.Padding.Top, p.Padding.Bottom = p.Padding.Top+p.Padding.Bottom, 0
		}},
		// the first kernel row is left out
		"exchanging H and W": altered{plan: func(_ *conv.Problem, w *conv.Tensor, _ []float32) {
			for k := range w.Shape[0] {
				clear(w.Plane(k, 0)[:w.Shape[3]])
			}
		}},
		"shifting": after(func(_, _, _, x int, v *float32) {
			if x%4 == 0 {
				*v *= 2
			}
		}),
	}
	for _, r := range compare.Relations() {
		fault, ok := faults[r.Name]
		if !ok {
			t.Errorf("no fault for %q", r.Name)
			continue
		}
		p := related()
		if strings.HasPrefix(r.Name, "groups") {
			p = grouped
		}
		for _, seed := range []string{"a", "b", "c"} {
			if f := r.Check(cpu.Engine{}, p, seed); f.Status != compare.Passed || f.Check != r.Name {
				t.Errorf("the engine: %v", f)
			}
			if f := r.Check(cpu.Reference{}, p, seed); f.Status != compare.Passed {
				t.Errorf("the reference: %v", f)
			}
			if f := r.Check(fault, p, seed); f.Status != compare.Failed || f.Note == "" {
				t.Errorf("%s does not notice: %v", r.Name, f)
			}
		}
	}
}

// TestRelationsSay: a relation that does not apply to a problem says why.
func TestRelationsSay(t *testing.T) {
	plain := conv.Problem{Src: conv.Shape{1, 1, 7, 9}, Weight: conv.Shape{1, 1, 2, 2},
		Spec: conv.Spec{Stride: [2]int{2, 3}}}
	for name, why := range map[string]string{
		"splitting the batch":              "there is one image",
		"permuting filters":                "there is one filter per group",
		"groups are separate convolutions": "there is one group",
		"padding is a padded image":        "there is no padding",
		"splitting channels":               "there is one channel",
		"turning by 180°":                  "the last window ends inside the image",
	} {
		f := relation(t, name).Check(cpu.Engine{}, plain, "seed")
		if f.Status != compare.Skipped || f.Note != why {
			t.Errorf("%v, want %q", f, why)
		}
	}
}

// choosy computes with one of two algorithms that round differently.
type choosy struct{}

func (choosy) Plan(p conv.Problem, w *conv.Tensor, b []float32) (conv.Plan, error) {
	a := altered{description: conv.Description{Algorithm: "one"}}
	if p.Padding == (conv.Padding{}) {
		a = altered{description: conv.Description{Algorithm: "other"}, after: func(dst, _ *conv.Tensor) {
			each(dst, func(_, _, _, _ int, v *float32) {
				if whole := *v == float32(int(*v)); !whole {
					*v *= 1 + 1e-7
				}
			})
		}}
	}
	return a.Plan(p, w, b)
}

// TestRelationsBetweenAlgorithms: if two algorithms that may round differently compute the two sides, these are
// compared on integers, which are exact.
func TestRelationsBetweenAlgorithms(t *testing.T) {
	if f := relation(t, "padding is a padded image").Check(choosy{}, related(), "seed"); f.Status != compare.Passed {
		t.Error(f)
	}
	refusing := failing{Backend: cpu.Engine{}, plan: conv.ErrUnsupported}
	if f := relation(t, "additivity").Check(refusing, related(), "seed"); f.Status != compare.Skipped {
		t.Error(f)
	}
	for _, r := range compare.Relations() {
		p := related()
		p.Activation, p.Pool = conv.Energy, conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 3}}
		if f := r.Check(cpu.Engine{}, p, "seed"); f.Status == compare.Failed {
			t.Errorf("with energy and a pool: %v", f)
		}
	}
}
