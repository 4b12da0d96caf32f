package verify

import (
	"fmt"
	"strings"

	"gpuconv/compare"
	"gpuconv/conv"
)

// Case is one of the matrix, whose numbers are not there yet.
type Case struct {
	Name     string // its levels: those that are not the plain ones
	Problem  conv.Problem
	Stimulus string
	Bank     string
	// Relation is what is checked beside the gates, if it has a name: one for each case in
	// turn, but for large ones.
	Relation compare.Relation

	fill func() (compare.Case, error)
}

// Fill draws the case's numbers.
func (c Case) Fill() (compare.Case, error) { return c.fill() }

// Given is a case of numbers that are there.
func Given(c compare.Case, relations ...compare.Relation) Case {
	given := Case{Name: c.Name, Problem: c.Problem, fill: func() (compare.Case, error) { return c, nil }}
	if len(relations) > 0 {
		given.Relation = relations[0]
	}
	return given
}

// Quick returns a fixed pairwise cover of the table, with some of its kernels: one of
// what algorithms for plain layers take, and one of all.
func Quick(stimuli []Stimulus, banks []Bank) []Case {
	axes := table(stimuli, banks, fewKernels())
	return cases(axes, append(cover(plainSizes(axes)), cover(sizes(axes))...))
}

// Whole returns the pairwise covers of the whole table, and every stimulus × every bank ×
// every kernel, once with what algorithms for plain layers take and once with any options.
// These belong to the kernel, two for each: what is drawn cannot change which shader is
// compiled or where it reads, kernels and options can.
func Whole(stimuli []Stimulus, banks []Bank) []Case {
	axes := table(stimuli, banks, everyKernel())
	var covers, crosses []row
	for _, sizes := range [][]int{plainSizes(axes), sizes(axes)} {
		covers = append(covers, cover(sizes)...)
		options := turns{axes: axes, options: cover(sizes[crossed:])}
		for k := range sizes[2] {
			two := [2]row{options.next(k), options.next(k)}
			for s := range sizes[0] {
				for b := range sizes[1] {
					r := append(row{s, b}, two[(s+b)%2]...)
					crosses = append(crosses, r)
				}
			}
		}
	}
	return append(cases(axes, covers), withoutRelations(cases(axes, crosses))...)
}

// crossed is how many axes Whole crosses: stimulus, bank and kernel.
const crossed = 3

// mostMACs leaves options that take more multiplications to smaller kernels, which keeps
// the whole matrix within minutes on a software renderer.
const mostMACs = 1e6

// mostRelated leaves relations, which compute a case two to four times more, to smaller
// ones, and those of many taps too: relations change the problem, and a shader that is
// unrolled for 768 taps takes 15 s of a core to compile on llvmpipe.
const (
	mostRelated = 5e5
	mostTaps    = 100
)

// turns hands out rows of options.
type turns struct {
	axes    []axis
	options []row
	at      int
}

// next returns a kernel and its options. Some options are small enough for every kernel.
func (t *turns) next(kernel int) row {
	var r row
	for range t.options {
		r = append(row{kernel}, t.options[t.at%len(t.options)]...)
		t.at++
		if draftOf(t.axes, append(row{0, 0}, r...)).problem().MACs() <= mostMACs {
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

// cases turns rows into cases, each once.
func cases(axes []axis, rows []row) []Case {
	var all []Case
	seen := map[string]bool{}
	relations := compare.Relations()
	for _, r := range rows {
		d := draftOf(axes, r)
		if seen[d.name] {
			continue
		}
		seen[d.name] = true
		c := d.toCase()
		if w := c.Problem.Weight; c.Problem.MACs() <= mostRelated && w[1]*w[2]*w[3] <= mostTaps {
			c.Relation = relations[len(all)%len(relations)]
		}
		all = append(all, c)
	}
	return all
}

// draftOf applies the levels of a row. The name tells those that are not plain, and
// stimulus, bank and kernel always.
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
	return Case{Name: d.name, Problem: d.problem(), Stimulus: d.stimulus.Name, Bank: d.bank.Name, fill: d.fill}
}

// fill draws stimulus and bank, and biases of the weights' size.
func (d draft) fill() (compare.Case, error) {
	c, err := compare.Random(d.name, d.problem())
	if err != nil {
		return c, fmt.Errorf("verify: case %s: %w", d.name, err)
	}
	if err := d.stimulus.Draw(c.Src, d.name); err != nil {
		return c, fmt.Errorf("verify: case %s: stimulus %s: %w", d.name, d.stimulus.Name, err)
	}
	if err := d.bank.Draw(c.Weight, d.name); err != nil {
		return c, fmt.Errorf("verify: case %s: bank %s: %w", d.name, d.bank.Name, err)
	}
	return c, nil
}
