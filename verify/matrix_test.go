package verify

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/filters"
	"gpuconv/stimuli"

	"pgregory.net/rapid"
)

// TestCover: for all sizes, rows meet every pair of levels, and are at most twice as many as the two largest axes need,
// and two more.
func TestCover(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, 6), 1, 7).Draw(t, "sizes")
		rows := cover(sizes, nil)
		if missing := unmet(sizes, rows); missing != "" {
			t.Fatal(missing)
		}
		if !reflect.DeepEqual(rows, cover(sizes, nil)) {
			t.Fatal("another cover the second time")
		}
		largest, second := 1, 1
		for _, s := range sizes {
			if s > largest {
				largest, second = s, largest
			} else {
				second = max(second, s)
			}
		}
		if len(rows) > 2*largest*second+2 {
			t.Fatalf("%d rows for %v", len(rows), sizes)
		}
	})
}

// unmet names two axes of which rows lack a pair of levels. It returns "" if there are none.
func unmet(sizes []int, rows []row) string {
	for a := range sizes {
		for b := range a {
			met := map[[2]int]bool{}
			for _, r := range rows {
				met[[2]int{r[a], r[b]}] = true
			}
			if len(met) < sizes[a]*sizes[b] {
				return fmt.Sprintf("%d of %d pairs of axes %d and %d", len(met), sizes[a]*sizes[b], a, b)
			}
		}
	}
	return ""
}

// TestQuickCovers looks at the cases' names for every pair of levels of the table.
func TestQuickCovers(t *testing.T) {
	axes := table(Stimuli(), Banks(), fewKernels())
	cases := Quick(Stimuli(), Banks())
	if len(cases) > 400 {
		t.Errorf("%d cases, quick is for seconds", len(cases))
	}
	met := map[string]bool{}
	for _, c := range cases {
		levels := levelsOf(t, axes, c.Name)
		for a := range levels {
			for b := range a {
				met[levels[a]+" "+levels[b]] = true
			}
		}
	}
	for a := range axes {
		for b := range a {
			for _, i := range axes[a].levels {
				for _, j := range axes[b].levels {
					if pair := axes[a].name + "=" + i.name + " " + axes[b].name + "=" + j.name; !met[pair] {
						t.Errorf("no case has %s", pair)
					}
				}
			}
		}
	}
}

// TestQuickPlain: the plain cases have every pair of plain levels, and none of them is in Quick.
func TestQuickPlain(t *testing.T) {
	axes := table(Stimuli(), Banks(), fewKernels())
	general := map[string]bool{}
	for _, c := range Quick(Stimuli(), Banks()) {
		general[c.Name] = true
	}
	rows := coverOf(axes, plainSizes(axes))
	plain := QuickPlain(Stimuli(), Banks())
	if missing := unmet(plainSizes(axes), rows); missing != "" || len(plain) < len(rows)-5 {
		t.Errorf("%s; %d cases of %d rows", missing, len(plain), len(rows))
	}
	for _, c := range plain {
		p := c.Problem.WithDefaults()
		if general[c.Name] || p.Groups > 1 || p.Stride != [2]int{1, 1} || p.Dilation != [2]int{1, 1} ||
			p.PaddingMode != conv.Zeros {
			t.Errorf("%s is in Quick or not plain", c.Name)
		}
	}
}

// TestQuickMeetsOrdinary: a backend that accepts everything meets every kernel with every plain padding in whole images
// without a pool, stride, dilation, groups or another padding mode. It also meets every pool in such convolutions.
func TestQuickMeetsOrdinary(t *testing.T) {
	axes := table(Stimuli(), Banks(), fewKernels())
	met := map[string]bool{}
	for _, c := range Quick(Stimuli(), Banks()) {
		if p := c.Problem.WithDefaults(); p.Groups > 1 || p.Stride != [2]int{1, 1} || p.Dilation != [2]int{1, 1} ||
			p.PaddingMode != conv.Zeros || c.Bands > 0 {
			continue
		}
		levels := levelsOf(t, axes, c.Name)
		pool := levels[indexOf(axes, "pool")]
		met[pool] = true
		met[pool+" "+levels[indexOf(axes, "kernel")]+" "+levels[indexOf(axes, "padding")]] = true
	}
	none := "pool=" + (conv.Pool{}).String()
	for _, k := range fewKernels() {
		for _, p := range paddings()[:axes[indexOf(axes, "padding")].plain] {
			if want := fmt.Sprintf("%s kernel=%v padding=%v", none, k, p); !met[want] {
				t.Errorf("no ordinary case has %s", want)
			}
		}
	}
	for _, p := range pools() {
		if !met["pool="+p.String()] {
			t.Errorf("no ordinary case has pool=%v", p)
		}
	}
}

// TestQuickRelations: each relation is checked in some cases, and only in those that it suits.
func TestQuickRelations(t *testing.T) {
	count := map[string]int{}
	for _, c := range Quick(Stimuli(), Banks()) {
		if count[c.Relation.Name]++; c.Relation.Name != "" && !c.Relation.Suits(c.Problem) {
			t.Errorf("%s: %s does not suit it", c.Name, c.Relation.Name)
		}
	}
	t.Logf("%v", count)
	for _, r := range compare.Relations() {
		if count[r.Name] < 2 {
			t.Errorf("%s: %d cases", r.Name, count[r.Name])
		}
	}
}

// levelsOf reads every axis' level back out of a case's name.
func levelsOf(t *testing.T, axes []axis, name string) []string {
	parts := strings.Split(name, "/")
	levels := make([]string, len(axes))
	for i, a := range axes {
		levels[i] = a.name + "=" + a.levels[0].name
		if i < crossed {
			levels[i] = a.name + "=" + parts[i]
		}
		for _, part := range parts[crossed:] {
			if strings.HasPrefix(part, a.name+"=") {
				levels[i] = part
			}
		}
	}
	return levels
}

// TestWhole: every stimulus meets every bank at every kernel, in batches that hold all stimuli. All cases are valid and
// differ.
func TestWhole(t *testing.T) {
	all, banks := Stimuli(), Banks()
	every := all[len(all)-1]
	met, names := map[string]int{}, map[string]bool{}
	for _, c := range append(Whole(all, banks), append(Batches(), Layers()...)...) {
		if _, err := c.Problem.Dst(); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		if names[c.Name+c.Relation.Name] {
			t.Errorf("%s twice", c.Name)
		}
		names[c.Name+c.Relation.Name] = true
		if c.Stimulus == every.Name && c.Problem.Src.N() < every.Kinds {
			t.Errorf("%s: %d images, want all %d kinds", c.Name, c.Problem.Src.N(), every.Kinds)
		}
		if !strings.HasPrefix(c.Name, "batch/") {
			met[strings.Join(strings.Split(c.Name, "/")[:crossed], "/")]++
		}
	}
	for _, b := range banks {
		for k := 1; k <= 31; k++ {
			if name := fmt.Sprintf("every/%s/%dx%d", b.Name, k, k); met[name] < 1 {
				t.Errorf("%d cases of %s", met[name], name)
			}
		}
	}
}

// TestEvery: the batches of "every" show all kinds, and a case has as many images as there are kinds.
func TestEvery(t *testing.T) {
	alone := Stimuli()
	every := alone[len(alone)-1]
	kinds := alone[:len(alone)-1]
	for _, k := range stimuli.Kinds() {
		kinds = append(kinds, Stimulus{Name: k.Name, Draw: kindOf(k)})
	}
	if every.Name != "every" || every.Kinds != len(kinds) || len(stimuli.Kinds()) < 11 {
		t.Fatalf("%s draws %d kinds, want %d", every.Name, every.Kinds, len(kinds))
	}
	all, err := conv.NewTensor(conv.Shape{len(kinds), 2, 33, 41})
	if err != nil {
		t.Fatal(err)
	}
	if err := every.Draw(all, "seed"); err != nil {
		t.Fatal(err)
	}
	one, err := conv.NewTensor(conv.Shape{1, 2, 33, 41})
	if err != nil {
		t.Fatal(err)
	}
	for n, k := range kinds {
		if err := k.Draw(one, fmt.Sprint("seed", n)); err != nil {
			t.Fatal(err)
		}
		if compare.Differ(one.Data, all.Images(n, n+1).Data) >= 0 {
			t.Errorf("image %d is not of kind %s", n, k.Name)
		}
	}
	banks := map[string]bool{}
	for _, c := range Quick(alone, Banks()) {
		banks[c.Bank] = true
		if c.Stimulus == "every" && c.Problem.Src.N() < every.Kinds {
			t.Errorf("%s: %d images, want all %d kinds", c.Name, c.Problem.Src.N(), every.Kinds)
		}
	}
	for _, k := range filters.Kinds() {
		if !banks[k.Name] {
			t.Errorf("no case has filters of kind %s", k.Name)
		}
	}
}

// TestCosts: no case of the matrix takes longer than its share.
func TestCosts(t *testing.T) {
	for most, all := range map[float64][]Case{mostMACs: Quick(Stimuli(), Banks()),
		mostCrossed: Whole(Stimuli(), Banks())} {
		for _, c := range all {
			if macs := c.Problem.MACs(); macs > most {
				t.Errorf("%s: %.3g multiplications, want at most %.3g", c.Name, macs, most)
			}
		}
	}
}

// TestNumbers: stimuli and banks fill any shape with finite numbers that are not all zero, the same for the same seed.
func TestNumbers(t *testing.T) {
	draws := map[string]func(*conv.Tensor, string) error{}
	for _, s := range Stimuli() {
		draws["stimulus "+s.Name] = s.Draw
	}
	for _, b := range Banks() {
		draws["bank "+b.Name] = b.Draw
	}
	for name, draw := range draws {
		for _, shape := range []conv.Shape{{2, 3, 50, 70}, {1, 1, 1, 7}, {3, 2, 1, 1}, {1, 1, 2, 2}} {
			var drawn [2][]float32
			for i := range drawn {
				dst, err := conv.NewTensor(shape)
				if err != nil {
					t.Fatal(err)
				}
				for at := range dst.Data {
					dst.Data[at] = 1e30
				}
				if err := draw(dst, "seed"); err != nil {
					t.Fatalf("%s %v: %v", name, shape, err)
				}
				drawn[i] = dst.Data
			}
			largest := float32(0)
			for _, v := range drawn[0] {
				largest = max(largest, v, -v)
			}
			if compare.Differ(drawn[0], drawn[1]) >= 0 || !(largest <= 100) || largest == 0 && name != "bank nma" &&
				name != "stimulus nma patch" {
				t.Errorf("%s %v: largest %v", name, shape, largest)
			}
		}
	}
}
