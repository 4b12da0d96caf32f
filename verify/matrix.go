package verify

import (
	"fmt"
	"slices"
	"strings"

	"gpuconv/compare"
	"gpuconv/conv"
)

// Case is one case to test. Fill draws its numbers.
type Case struct {
	Name     string // its stimulus, bank and kernel, and the other levels that are not the plainest
	Problem  conv.Problem
	Stimulus string
	Bank     string
	Bands    int // output rows of the bands into which a [conv.Cutter] cuts images; 0 leaves images whole
	// Relation, if it has a name, is checked in addition to the gates of [compare.Trial]. The cases of the pairwise
	// covers take the relations in turn; cases with large kernels, and all other cases, have none.
	Relation compare.Relation
	// Seed changes the numbers that Fill draws, and those of the gates and of the relation. The caller's own numbers
	// stay ([Given]). 0 is the seed of a plain run.
	Seed uint64

	fill func(name string) (compare.Case, error)
}

// Fill draws the case's numbers. They depend on the name of the returned case: that of c, and the seed if it is not 0.
func (c Case) Fill() (compare.Case, error) {
	if c.Seed == 0 {
		return c.fill(c.Name)
	}
	return c.fill(fmt.Sprintf("%s seed %d", c.Name, c.Seed))
}

// mostOutliers limits the multiplications that the judge may spend on images of outliers for a case of the caller. So
// many take some seconds.
const mostOutliers = 1 << 30

// Given returns a case with the caller's numbers. It is also tested with every kind of outliers, unless the judge would
// take too long for that: then with as many kinds as it has images.
func Given(c compare.Case) Case {
	one := c.Problem
	one.Src[0] = 1
	c.EveryOutlier = float64(compare.OutlierKinds)*one.MACs() <= mostOutliers
	return Case{Name: c.Name, Problem: c.Problem, fill: func(string) (compare.Case, error) { return c, nil }}
}

// Quick returns a fixed pairwise cover of the table, with some of its kernels: every pair of levels of every two axes
// is in some case. Most of its cases have a stride, a dilation, groups or another padding mode. So it adds ordinary
// convolutions, which have none of these: every kernel with every padding that algorithms for plain layers accept, and
// every pool. Backends choose their code by the problem, and have code for ordinary convolutions alone.
func Quick(stimuli []Stimulus, banks []Bank) []Case {
	return quick(table(stimuli, banks, fewKernels()))
}

func quick(axes []axis) []Case {
	rows := coverOfKinds(sizes(axes), indexOf(axes, "kernel"), smallEnough(axes, sizes(axes)))
	first := cases(axes, rows)
	return append(first, without(first, withoutRelations(cases(axes, ordinary(axes))))...)
}

// ordinary returns rows of plain levels, for whole images. They have every kernel with every padding, without a pool,
// and every pool once.
func ordinary(axes []axis) (all []row) {
	kernel, padding, pool := indexOf(axes, "kernel"), indexOf(axes, "padding"), indexOf(axes, "pool")
	met := map[[3]int]bool{}
	add := func(r row, key [3]int) {
		if !met[key] {
			met[key] = true
			r = slices.Clone(r)
			r[indexOf(axes, "bands")], r[pool] = 0, key[2]
			all = append(all, r)
		}
	}
	for _, r := range coverOf(axes, plainSizes(axes)) {
		add(r, [3]int{r[kernel], r[padding], 0})
		if r[pool] > 0 {
			add(r, [3]int{-1, -1, r[pool]})
		}
	}
	return all
}

func indexOf(axes []axis, name string) int {
	return slices.IndexFunc(axes, func(a axis) bool { return a.name == name })
}

// without returns the cases of all whose names no case of some has.
func without(some, all []Case) []Case {
	return slices.DeleteFunc(all, func(c Case) bool {
		return slices.ContainsFunc(some, func(s Case) bool { return s.Name == c.Name })
	})
}

// QuickPlain returns a pairwise cover of the levels that algorithms for plain layers accept, without the cases of
// Quick. It is for backends that refuse cases of Quick, and for those that choose their code by the problem: Quick may
// have two plain levels together only in cases with a stride, a dilation or groups.
func QuickPlain(stimuli []Stimulus, banks []Bank) []Case {
	return quickPlain(table(stimuli, banks, fewKernels()))
}

func quickPlain(axes []axis) []Case {
	return without(quick(axes), cases(axes, coverOf(axes, plainSizes(axes))))
}

// Whole returns pairwise covers of the whole table, as Quick and QuickPlain do for a part of it. It adds every
// combination of stimulus, bank and kernel: once with options that algorithms for plain layers accept, and once with
// any options. Each kernel has two sets of options. Stimuli and banks need no sets of their own, because numbers cannot
// change which shader is compiled or where it reads; kernels and options can. The last stimulus must be the one called
// every, which puts all stimuli into one batch.
func Whole(stimuli []Stimulus, banks []Bank) []Case {
	return wholeOf(table(stimuli, banks, everyKernel()))
}

func wholeOf(axes []axis) []Case {
	var covers, crosses []row
	for _, sizes := range [][]int{plainSizes(axes), sizes(axes)} {
		covers = append(covers, coverOf(axes, sizes)...)
		every := sizes[0] - 1
		options := turns{axes: axes, options: cover(sizes[crossed:], nil), stimulus: every}
		for k := range sizes[2] {
			two := [2]row{options.next(k), options.next(k)}
			for b := range sizes[1] {
				crosses = append(crosses, append(row{every, b}, two[b%2]...))
			}
		}
	}
	return append(cases(axes, covers), withoutRelations(cases(axes, crosses))...)
}

// crossed is how many axes Whole combines completely: stimulus, bank and kernel.
const crossed = 3

// mostMACs limits the multiplications of a case. Options that take more are used with smaller kernels only. So [Whole]
// takes minutes on a software renderer, and [Quick] seconds. mostCrossed is the limit for batches that have an image of
// every stimulus: with a kernel of 31×31 and a pool, they need more than mostMACs.
const (
	mostMACs    = 2e5
	mostCrossed = 5e5
)

// mostTaps limits the taps of a filter whose case checks a relation. Relations change the problem, so that another
// shader is compiled: on llvmpipe, one that is unrolled for 768 taps takes 15 s of a core.
const mostTaps = 100

// coverOf returns a pairwise cover of the first sizes[i] levels of each axis, by cases that are small enough.
func coverOf(axes []axis, sizes []int) []row { return cover(sizes, smallEnough(axes, sizes)) }

// smallEnough returns a function that says whether a row can be completed to one of a small case. Where the row's level
// is not chosen yet, it is −1.
func smallEnough(axes []axis, sizes []int) func(row) bool {
	cheapest := cheapest(axes, sizes)
	return func(r row) bool {
		whole := slices.Clone(r)
		for i, level := range whole {
			if level < 0 {
				whole[i] = cheapest[i]
			}
		}
		return draftOf(axes, whole).problem().MACs() <= mostMACs
	}
}

// cheapest returns, for each axis, the level that takes the fewest multiplications.
func cheapest(axes []axis, sizes []int) row {
	least := make(row, len(sizes))
	for i, size := range sizes {
		r := make(row, len(sizes))
		macs := func(level int) float64 { r[i] = level; return draftOf(axes, r).problem().MACs() }
		for level := range size {
			if macs(level) < macs(least[i]) {
				least[i] = level
			}
		}
	}
	return least
}

// turns gives each kernel the next row of options.
type turns struct {
	axes     []axis
	options  []row // levels of the axes after the kernel
	stimulus int   // the level whose batch is used to count multiplications
	at       int   // how many rows were tried so far
}

// next returns a row that begins with the kernel, then has the next options with which its case is small enough. If
// there are none, it returns the last options that it tried.
func (t *turns) next(kernel int) row {
	var r row
	for range t.options {
		r = append(row{kernel}, t.options[t.at%len(t.options)]...)
		t.at++
		if draftOf(t.axes, append(row{t.stimulus, 0}, r...)).problem().MACs() <= mostCrossed {
			break
		}
	}
	return r
}

func withoutRelations(all []Case) []Case {
	for i := range all {
		all[i].Relation = compare.Relation{}
	}
	return all
}

func sizes(axes []axis) (all []int) {
	for _, a := range axes {
		all = append(all, len(a.levels))
	}
	return all
}

func plainSizes(axes []axis) (all []int) {
	for _, a := range axes {
		all = append(all, a.plain)
	}
	return all
}

// cases turns rows into cases, and drops duplicates.
func cases(axes []axis, rows []row) []Case {
	var all []Case
	seen := map[string]bool{}
	used := map[string]int{} // by the names of relations
	for _, r := range rows {
		d := draftOf(axes, r)
		if seen[d.name] {
			continue
		}
		seen[d.name] = true
		c := d.toCase()
		if w := c.Problem.Weight; w[1]*w[2]*w[3] <= mostTaps {
			c.Relation = suiting(c.Problem, used)
			used[c.Relation.Name]++
			if c.Relation.Derives {
				used[c.Relation.Name] += 3
			}
		}
		all = append(all, c)
	}
	return all
}

// suiting returns the relation that suits a problem and was used least. One that takes another program counts fourfold,
// because compiling takes most of the time of [Quick].
func suiting(p conv.Problem, used map[string]int) (least compare.Relation) {
	for _, r := range compare.Relations() {
		if r.Suits(p) && (least.Name == "" || used[r.Name] < used[least.Name]) {
			least = r
		}
	}
	return least
}

// draftOf applies the levels of a row. The draft's name has the levels of stimulus, bank and kernel, and the others
// that are not the plainest.
func draftOf(axes []axis, r row) draft {
	var d draft
	var names []string
	for i, a := range axes {
		l := a.levels[r[i]]
		l.set(&d)
		if i < crossed {
			names = append(names, l.name)
		} else if r[i] > 0 {
			names = append(names, a.name+"="+l.name)
		}
	}
	d.name = strings.Join(names, "/")
	return d
}

func (d draft) toCase() Case {
	return Case{Name: d.name, Problem: d.problem(), Stimulus: d.stimulus.Name, Bank: d.bank.Name, Bands: d.bands,
		fill: d.fill}
}

// fill draws the images of the stimulus, the weights of the bank, and random biases. All depend on name.
func (d draft) fill(name string) (compare.Case, error) {
	c, err := compare.Random(name, d.problem())
	if err != nil {
		return c, about("case "+name, err)
	}
	if err := d.stimulus.Draw(c.Src, name); err != nil {
		return c, about(fmt.Sprintf("case %s: stimulus %s", name, d.stimulus.Name), err)
	}
	if err := d.bank.Draw(c.Weight, name); err != nil {
		return c, about(fmt.Sprintf("case %s: bank %s", name, d.bank.Name), err)
	}
	return c, nil
}
