package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu"
	"gpuconv/verify"
)

// TestPairsOfClasses counts, for bench/RESULTS.md, the pairs of a case and an algorithm that verify --tiles CLASS
// computes, and the programs that it compiles for them. Of both it says how many no class before has. Pairs of the same
// programs, dispatches, buffers and transfers are the same work. It compiles and computes nothing. It takes a minute,
// so it runs only with GPUCONV_PAIRS=1.
func TestPairsOfClasses(t *testing.T) {
	if os.Getenv("GPUCONV_PAIRS") != "1" {
		t.Skip("GPUCONV_PAIRS=1 runs it")
	}
	for _, quick := range []bool{true, false} {
		works, programs := map[string]bool{}, map[string]bool{}
		for _, class := range hardwareFirst() {
			f := verifyFlags{quick: quick, backends: "gpu"}
			f.device, f.tiles, f.choice.seed = "software", class, "0"
			opened, runs, _, err := f.prepare(context.Background(), f.open)
			if err != nil {
				t.Fatal(err)
			}
			c := tally{works: works, programs: programs, own: map[string]bool{}}
			for i := range c.parts {
				c.choices[i].Shard = verify.Shard{Part: i + 1, Parts: len(c.parts)}
				c.parts[i] = map[string]bool{}
			}
			for _, r := range runs {
				c.add(t, r)
			}
			opened.close(context.Background())
			t.Logf("quick %v, %s: %d pairs, %d of new work; %d programs, %d new; %d compiled where each of 64 parts "+
				"compiles its own", quick, class, c.pairs, c.newPairs, len(c.own), c.newPrograms, c.shards())
			if c.pairs < 300 || c.newPairs > c.pairs || len(c.own) < 100 {
				t.Errorf("quick %v, %s: too few, or too many are new", quick, class)
			}
		}
	}
}

// hardwareFirst lists the classes, and last that of software renderers.
func hardwareFirst() []string {
	all := slices.DeleteFunc(gpu.ClassNames(), func(class string) bool { return class == softwareClass })
	return append(all, softwareClass)
}

// tally counts pairs and programs of a class.
type tally struct {
	pairs, newPairs, newPrograms int
	works, programs              map[string]bool     // of this class and those before; works by their cases
	own                          map[string]bool     // this class's programs
	choices                      [64]verify.Choice   // --shard i/64
	parts                        [64]map[string]bool // the programs of each
}

// add counts the cases of a run. The numbers of two cases differ, so that their work is told apart by their names.
func (c *tally) add(t *testing.T, r verify.Runner) {
	t.Helper()
	for _, one := range r.Cases {
		part := map[string]bool{}
		for i := range c.choices {
			if len(c.choices[i].Of([]verify.Case{one})) > 0 {
				part = c.parts[i]
			}
		}
		for _, s := range r.Subjects {
			b := s.Backend
			if one.Bands > 0 {
				b = b.(conv.Cutter).InBands(one.Bands)
			}
			d, err := b.(conv.Explainer).Explain(one.Problem)
			if errors.Is(err, conv.ErrUnsupported) {
				continue
			}
			work, workErr := b.(interface {
				Work(conv.Problem) (string, error)
			}).Work(one.Problem)
			if err = errors.Join(err, workErr); err != nil {
				t.Fatal(err)
			}
			c.pairs++
			c.newPairs += fresh(c.works, one.Name+s.Algorithm+work)
			for _, source := range d.Sources {
				c.newPrograms += fresh(c.programs, source)
				c.own[source], part[source] = true, true
			}
		}
	}
}

// shards is how many programs the 64 parts of --shard compile, each for itself.
func (c *tally) shards() (n int) {
	for _, part := range c.parts {
		n += len(part)
	}
	return n
}

// fresh adds a key to a set, and returns 1 if the set did not have it.
func fresh(set map[string]bool, key string) int {
	if set[key] {
		return 0
	}
	set[key] = true
	return 1
}
