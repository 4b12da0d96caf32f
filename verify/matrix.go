package verify

import (
	"fmt"
	"slices"
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
	// Relation is what is checked beside the gates, one for each case in turn.
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

// Quick returns a fixed pairwise cover of the table: of the options that fast algorithms
// take, and of all.
func Quick(stimuli []Stimulus, banks []Bank) []Case {
	axes := table(stimuli, banks, fewKernels())
	var rows []row
	for _, free := range []int{plainAxes(axes), len(axes)} {
		rows = append(rows, coverFirst(axes, free)...)
	}
	return cases(axes, rows)
}

// Whole returns every stimulus × every bank × every kernel, with options that take
// turns: those that fast algorithms take in one half, all in the other. Every pair of
// levels of options is met with every kernel size that is drawn for it; the pairs of all
// are Quick's, which is part of it.
func Whole(stimuli []Stimulus, banks []Bank) []Case {
	axes := table(stimuli, banks, everyKernel())
	var rows []row
	for _, free := range []int{plainAxes(axes), len(axes)} {
		rows = append(rows, coverFirst(axes, free)...)
		options := coverSizes(axes[crossed:free])
		next := 0
		for s := range axes[0].levels {
			for b := range axes[1].levels {
				for k := range axes[2].levels {
					r := append(row{s, b, k}, options[next%len(options)]...)
					rows = append(rows, append(r, make(row, len(axes)-free)...))
					next++
				}
			}
		}
	}
	return cases(axes, rows)
}

// crossed is how many axes Whole crosses: stimulus, bank and kernel.
const crossed = 3

// plainAxes returns how many axes come before those that only general algorithms take.
func plainAxes(axes []axis) int {
	return slices.IndexFunc(axes, func(a axis) bool { return a.name == general })
}

// coverFirst covers the pairs of the first axes; the others stay plain.
func coverFirst(axes []axis, free int) []row {
	rows := coverSizes(axes[:free])
	for i := range rows {
		rows[i] = append(rows[i], make(row, len(axes)-free)...)
	}
	return rows
}

func coverSizes(axes []axis) []row {
	sizes := make([]int, len(axes))
	for i, a := range axes {
		sizes[i] = len(a.levels)
	}
	return cover(sizes)
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
		c.Relation = relations[len(all)%len(relations)]
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
