package verify

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// TestShards: the shards of several runs together have each case once.
func TestShards(t *testing.T) {
	runs := [][]Case{few(20), Wide(), Batches()[:4]}
	var want, got []string
	for _, run := range runs {
		for _, c := range run {
			want = append(want, c.Name)
		}
	}
	for part := 1; part <= 3; part++ {
		c, before := Choice{Shard: Shard{part, 3}}, len(got)
		for _, run := range runs {
			for _, c := range c.Of(run) {
				got = append(got, c.Name)
			}
		}
		if share := len(got) - before; share < len(want)/3 || share > len(want)/3+1 {
			t.Errorf("part %d has %d of %d cases", part, share, len(want))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	for text, want := range map[string]Shard{"1/1": {1, 1}, "2/8": {2, 8}, " 8 / 8": {8, 8}} {
		if s, err := ParseShard(text); err != nil || s != want {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "2", "0/2", "3/2", "-1/2", "1/0", "1/2/3", "a/b", "1/"} {
		if s, err := ParseShard(text); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
}

// TestShardsOfKinds: cases that differ only in their numbers are in one part, so that their programs are compiled there
// alone. The parts of the whole matrix have about as many cases as each other.
func TestShardsOfKinds(t *testing.T) {
	const parts = 16
	all := Whole(Stimuli(), Banks())
	at, kinds := map[kind]int{}, 0
	for part := 1; part <= parts; part++ {
		c := Choice{Shard: Shard{part, parts}}
		chosen := c.Of(all)
		if n := len(chosen) * parts; n < len(all)/2 || n > 2*len(all) {
			t.Errorf("part %d has %d of %d cases", part, len(chosen), len(all))
		}
		for _, one := range chosen {
			k := kind{one.Problem, one.Bands}
			if at[k] == 0 {
				at[k] = part
				kinds++
			}
			if at[k] != part {
				t.Errorf("%s is in part %d, other cases of its kind in part %d", one.Name, part, at[k])
			}
		}
	}
	if kinds > len(all)*3/4 {
		t.Errorf("%d kinds of %d cases", kinds, len(all))
	}
	t.Logf("%d kinds of %d cases", kinds, len(all))
}

// TestNames: only the cases that match are chosen.
func TestNames(t *testing.T) {
	c := Choice{Names: regexp.MustCompile("^wide/.*/9x")}
	var names []string
	for _, c := range c.Of(append(few(10), Wide()...)) {
		names = append(names, c.Name)
	}
	if got := strings.Join(names, ", "); got != "wide/64 to 64/9x10" {
		t.Error(got)
	}
}

// TestSeeds: another seed gives other numbers for the same problem, and the same seed gives the same numbers. A case
// with the caller's own numbers keeps them.
func TestSeeds(t *testing.T) {
	for _, c := range slices.Concat(few(12), Wide()[:1], Batches()[:1]) {
		plain, other, again := c, c, c
		other.Seed, again.Seed = 7, 7
		var drawn [3]compare.Case
		for i, c := range []Case{plain, other, again} {
			var err error
			if drawn[i], err = c.Fill(); err != nil {
				t.Fatal(err)
			}
		}
		if compare.Differ(drawn[1].Src.Data, drawn[2].Src.Data) >= 0 || drawn[1].Name != drawn[2].Name {
			t.Errorf("%s: the same seed draws other numbers", c.Name)
		}
		same := compare.Differ(drawn[0].Src.Data, drawn[1].Src.Data) < 0 &&
			compare.Differ(drawn[0].Weight.Data, drawn[1].Weight.Data) < 0
		if drawn[0].Name == drawn[1].Name || same && c.Stimulus == "random" {
			t.Errorf("%s: another seed draws the same numbers", c.Name)
		}
	}
	own, err := compare.Random("own", conv.Problem{Src: conv.Shape{1, 1, 3, 3}, Weight: conv.Shape{1, 1, 2, 2}})
	if err != nil {
		t.Fatal(err)
	}
	given := Given(own)
	given.Seed = 7
	if c, err := given.Fill(); err != nil || compare.Differ(c.Src.Data, own.Src.Data) >= 0 {
		t.Errorf("the caller's numbers are drawn anew, %v", err)
	}
}

// TestKnown: an expected failure does not count as a failure. A line is reported if its failure is fixed, or if it is
// about no case.
func TestKnown(t *testing.T) {
	cases := withoutRelations(few(12))
	first := slices.IndexFunc(cases, func(c Case) bool { return c.Problem.Bias })
	list := "# a driver's\n\nbiased a | " + cases[first].Name + " # once\n" + "cpu | *\nbiased * | no such case\n"
	known, err := ReadKnown(strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	var count Count
	for _, r := range records(t, Runner{Judge: cpu.Reference{}, Cases: cases,
		Subjects: []Subject{{Backend: biased{}, Name: "biased", Algorithm: "a"},
			{Backend: cpu.Engine{}, Name: "cpu"}}}) {
		known.Look(&r)
		count.Add(r)
		expected := r.Subject.Name == "biased" && r.Case.Name == cases[first].Name
		if want := map[bool]int{true: 3}[expected]; r.Known != want || expected != (r.Status() == "known") {
			t.Errorf("%s: known by line %d, want %d", r.Line(), r.Known, want)
		}
	}
	if count.Known != 1 || count.Skipped != 1 || count.Failed == 0 || count.Done() != 2*len(cases) {
		t.Errorf("%+v", count)
	}
	want := []string{"line 4: fixed, its cases pass: ", "line 5 is about no case"}
	stale := known.Stale(true)
	if len(stale) != len(want) || len(known.Stale(false)) != 1 {
		t.Fatalf("%q", stale)
	}
	for i, text := range stale {
		if !strings.HasPrefix(text, want[i]) {
			t.Errorf("%q, want %q", text, want[i])
		}
	}
	for _, text := range []string{"a |", "| b", "a\x00b", "a\xffb", strings.Repeat("a", 1<<16)} {
		if _, err := ReadKnown(strings.NewReader("\n" + text)); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%.9q: %v", text, err)
		}
	}
}

// TestStopped: a report of a part of the cases is not a proof: JUnit has an error.
func TestStopped(t *testing.T) {
	var whole, part strings.Builder
	r := Report{Total: 5, Cases: []Entry{}}
	if err := r.WriteJUnit(&whole); err != nil || strings.Contains(whole.String(), "<error") {
		t.Errorf("%v: %s", err, whole.String())
	}
	r.Stopped = Running
	const want = `<error message="it was still running when this was written: 0 of 5 cases were run">`
	if err := r.WriteJUnit(&part); err != nil || strings.Count(part.String(), want) != 1 ||
		!strings.Contains(part.String(), `<testsuites name="gpuconv verify" tests="1" failures="0" errors="1"`) {
		t.Errorf("%v: %s", err, part.String())
	}
}
