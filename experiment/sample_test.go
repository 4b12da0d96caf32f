package experiment

import (
	"context"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/filters"
	"gpuconv/stimuli"
)

// sampling is a job of 240 images with more outputs than a sample has.
func sampling(t *testing.T) Job {
	t.Helper()
	j := tutorial(t, stimuli.NMA{Resolution: 0.05}, "0:90:0.375", filters.NMA{Channels: 6, Size: 7})
	j.Check, j.Look.Formats = Checking{Sample: true}, []string{}
	return j
}

// TestSampleFindsOneInAThousand: a fault in one output of a thousand, anywhere, is found with every seed. Each misses
// it with a probability of 0.999⁸¹⁹² = 0.0003.
func TestSampleFindsOneInAThousand(t *testing.T) {
	j := sampling(t)
	for seed := range uint64(12) {
		if testing.Short() && seed > 1 {
			break // under the race detector a job takes long
		}
		j.Check.Seed = seed
		places := rand.New(rand.NewPCG(seed, 1))
		e, out := prepared(t, j, 50), folder(t)
		e.Plan = altered{e.Plan, func(dst *conv.Tensor) error {
			for i := range dst.Data {
				if places.IntN(1000) == 0 {
					dst.Data[i] += 0.01
				}
			}
			return nil
		}}
		_, err := j.RunOn(t.Context(), e, out)
		if wrong := new(WrongError); !errors.As(err, &wrong) || wrong.Result.Elements < sampledOutputs {
			t.Errorf("seed %d: %v, want wrong outputs in a sample of at least %d", seed, err, sampledOutputs)
		}
	}
}

// TestSampleSaysWhatItFinds: a job without faults passes, and its report says how many outputs were judged and how rare
// a fault would have been found.
func TestSampleSaysWhatItFinds(t *testing.T) {
	j := sampling(t)
	e, out := prepared(t, j, 50), folder(t)
	r, err := j.RunOn(t.Context(), e, out)
	if err != nil {
		t.Fatal(err)
	}
	of := 240 * 6 * 24 * 32
	if c := r.Check; !c.Sampled || c.Images != 240 || c.Of != of || c.Outputs < sampledOutputs || c.Outputs >= of ||
		!(c.Finds > 0 && c.Finds <= 0.001) {
		t.Errorf("%+v: want a sample of %d outputs that finds a fault in 0.001 of them", *c, of)
	}
	few := small(t)
	few.Check = Checking{Sample: true}
	e, out = prepared(t, few, 7), folder(t)
	if r, err = few.RunOn(t.Context(), e, out); err != nil || r.Check.Finds != 0 || r.Check.Outputs != 30*3*10*13 {
		t.Errorf("%v, %+v: want all 11700 outputs of a small job", err, r.Check)
	}
}

// TestSampleInPieces: a portion that is judged in pieces has one rate, that of all its outputs. Few outputs of a piece
// are drawn. The rate of the piece alone would say that nothing is found.
func TestSampleInPieces(t *testing.T) {
	j := sampling(t)
	on := prepared(t, j, 50)
	c, err := newChecker(on, j.Bank.Weight, nil, 240, j.Check)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	src := drawnImages(t, j.Images)
	for first := 0; first < 240; first += 10 {
		dst, err := conv.NewTensor(conv.Shape{10, 6, 24, 32})
		if err == nil {
			err = on.Plan.Run(dst, src.Images(first, first+10))
		}
		if err == nil {
			err = c.look(t.Context(), first, src.Images(first, first+10), dst)
		}
		if err != nil {
			t.Fatal(err)
		}
		s, ends := c.sample, first%50 == 40 || first == 230
		if (s.stage.images == 0) != ends || !ends && (s.stage.next != first+10 || s.stage.first != first/50*50) ||
			(s.rate < 1) != (first >= 40) {
			t.Errorf("after image %d: %+v, rate %v", first+9, s.stage, s.rate)
		}
	}
}

// TestSampleStops: when a job is stopped, so is the judge of a sample before look returns: nothing continues that reads
// what the job then counts, closes or uses again.
func TestSampleStops(t *testing.T) {
	j := sampling(t)
	on := prepared(t, j, 50)
	c, err := newChecker(on, j.Bank.Weight, nil, 240, j.Check)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	src := drawnImages(t, j.Images).Images(0, 50)
	dst, err := conv.NewTensor(conv.Shape{50, 6, 24, 32})
	if err == nil {
		err = on.Plan.Run(dst, src)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	if err := c.look(&slowToTell{Context: ctx, stop: stop}, 0, src, dst); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that the job was stopped", err)
	}
	judged := c.result.Elements
	time.Sleep(20 * time.Millisecond)
	if judged == 0 || c.result.Elements != judged {
		t.Errorf("%d outputs were judged when look returned, %d a little later", judged, c.result.Elements)
	}
}

// slowToTell is a context that is done when it is asked for the third time, and says so when it is asked for the sixth:
// as if three blocks took long.
type slowToTell struct {
	context.Context
	stop  context.CancelFunc
	asked int
}

func (l *slowToTell) Err() error {
	switch l.asked++; {
	case l.asked == 3:
		l.stop()
		return nil
	case l.asked < 6:
		return nil
	}
	return l.Context.Err()
}

// TestSampleOfPieces: of a portion the same outputs are judged in pieces as at once, also if less than one is wanted of
// each image: any image may have one, and one in four is at an edge.
func TestSampleOfPieces(t *testing.T) {
	const images = 60
	for _, wanted := range []float64{0.008, 0.3, 1, 2.5, 40, 5000} {
		s := &sample{wanted: wanted, random: rand.New(rand.NewPCG(1, 1)),
			edges: edges{border: [2]int{3, 3}, chunk: 1}}
		all := s.draw(conv.Shape{images, 6, 24, 32})
		if least := math.Ceil(wanted * images); least < images*4608 &&
			len(all.outputs) != int(least)+int(least-1)/3 {
			t.Errorf("%v of an image: %d outputs, want %v and one more for each three", wanted, len(all.outputs), least)
		}
		type drawn struct {
			output int
			alike  bool
		}
		want := map[drawn]int{} // how often
		for i, output := range all.outputs {
			want[drawn{output, all.alike[i]}]++
		}
		for _, piece := range []int{1, 7, images} {
			got := map[drawn]int{}
			for first := 0; first < images; first += piece {
				outputs, order := all.take(first, min(piece, images-first))
				if !slices.IsSorted(order) {
					t.Fatalf("%v of an image, %d at a time: not in the order of drawing", wanted, piece)
				}
				for i, output := range outputs {
					if output < 0 || output >= piece*all.image {
						t.Fatalf("%v of an image, %d at a time: output %d of image %d on", wanted, piece, output, first)
					}
					got[drawn{output + first*all.image, all.alike[order[i]]}]++
				}
			}
			if !maps.Equal(got, want) {
				t.Errorf("%v of an image, %d at a time: other outputs than at once", wanted, piece)
			}
		}
	}
}

// TestSampleOfSingleImages: a job whose images are judged one at a time judges as many outputs as one that is judged in
// portions, and some of them at edges.
func TestSampleOfSingleImages(t *testing.T) {
	j := sampling(t)
	on := prepared(t, j, 60)
	c, err := newChecker(on, j.Bank.Weight, nil, 240, j.Check)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	c.sample.wanted, c.sample.least = 0.3, 0.3 // as of 27,000 images
	src := drawnImages(t, j.Images)
	dst, err := conv.NewTensor(conv.Shape{1, 6, 24, 32})
	if err != nil {
		t.Fatal(err)
	}
	for first := range 240 {
		if err := on.Plan.Run(dst, src.Images(first, first+1)); err != nil {
			t.Fatal(err)
		}
		if err := c.look(t.Context(), first, src.Images(first, first+1), dst); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.result.Elements; n > 4*(18+5) || n < 1 {
		t.Errorf("%d outputs judged, want 18 of each portion and 5 at edges", n)
	}
}

// TestFinds: 6,905 outputs find a fault in one of a thousand with 99.9 %, as ln(0.001)/ln(0.999) says.
func TestFinds(t *testing.T) {
	s := &sampled{rate: 6905.0 / 1e6}
	if share := s.finds(1e6); math.Abs(share-0.001) > 1e-6 {
		t.Errorf("6905 of 1000000 outputs find %v, want 0.001", share)
	}
	if s.rate = 0; s.finds(1e6) != 1 {
		t.Errorf("no output finds %v, want 1", s.finds(1e6))
	}
	if s.rate = 1; s.finds(1e6) != 0 {
		t.Errorf("all outputs find %v, want 0", s.finds(1e6))
	}
}

// TestEdges: every border, corner, seam, last filter and end of a chunk is drawn, and nothing outside.
func TestEdges(t *testing.T) {
	shape := conv.Shape{10, 9, 70, 130}
	e := edges{border: [2]int{2, 3}, band: 25, chunk: 4}
	r := rand.New(rand.NewPCG(1, 1))
	seen := [4]map[int]int{{}, {}, {}, {}}
	corners := map[[2]int]bool{}
	for range 20000 {
		at := e.draw(r, shape)
		rest := at
		var place [4]int
		for axis := 3; axis >= 0; axis-- {
			place[axis], rest = rest%shape[axis], rest/shape[axis]
			seen[axis][place[axis]]++
		}
		if rest != 0 || at < 0 {
			t.Fatalf("output %d is outside of %v", at, shape)
		}
		corners[[2]int{place[2], place[3]}] = true
	}
	for axis, want := range map[int][]int{0: {3, 4, 7, 8}, 1: {5, 6, 7, 8}, 2: {0, 1, 24, 25, 49, 50, 68, 69},
		3: {0, 1, 2, 31, 32, 63, 64, 127, 128, 129}} {
		for _, i := range want {
			if usual := 20000 / shape[axis]; seen[axis][i] < usual*9/8 {
				t.Errorf("axis %d: %d is drawn %d times, want more than the %d of any place", axis, i, seen[axis][i],
					usual)
			}
		}
	}
	for _, c := range [][2]int{{0, 0}, {0, 129}, {69, 0}, {69, 129}} {
		if !corners[c] {
			t.Errorf("corner %v is never drawn", c)
		}
	}
	for _, tiny := range []conv.Shape{{1, 1, 1, 1}, {1, 2, 1, 3}} {
		p := conv.Problem{Spec: conv.Spec{Padding: conv.Pad(3, 3)}}
		for range 200 {
			if at := newEdges(p, tiny, conv.Description{}).draw(r, tiny); at < 0 || at >= tiny[1]*tiny[3] {
				t.Fatalf("output %d of %v", at, tiny)
			}
		}
	}
}

// BenchmarkSample is the check of a portion of the tutorial's images.
func BenchmarkSample(b *testing.B) {
	p := conv.Problem{Spec: conv.Spec{Padding: conv.Pad(3, 3)}, Src: conv.Shape{341, 1, 48, 64},
		Weight: conv.Shape{6, 1, 7, 7}}
	weight, _ := conv.NewTensor(p.Weight)
	src, _ := conv.NewTensor(p.Src)
	dst, _ := conv.NewTensor(conv.Shape{341, 6, 48, 64})
	plan, err := cpu.Engine{}.Plan(p, weight, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer plan.Close()
	for b.Loop() {
		c, err := newChecker(Prepared{Problem: p, Plan: plan}, weight, nil, 341, Checking{Sample: true})
		if err != nil {
			b.Fatal(err)
		}
		if err := c.look(b.Context(), 0, src, dst); err != nil {
			b.Fatal(err)
		}
		c.close()
	}
}

// TestTake: outputs are taken in the order in which they were drawn, because there may be no time for the last ones. Of
// some images only theirs are taken, with indices from the first of these.
func TestTake(t *testing.T) {
	d := drawing{image: 2}
	for _, output := range []int{5, 1, 3, 4, 2} {
		d.add(output, output != 3)
	}
	d.sort(3)
	for _, c := range []struct {
		first, n    int
		want, order []int
	}{
		{0, 3, []int{5, 1, 3, 4, 2}, []int{0, 1, 2, 3, 4}},
		{0, 1, []int{1}, []int{1}},
		{1, 1, []int{1, 0}, []int{2, 4}},
		{1, 9, []int{3, 1, 2, 0}, []int{0, 2, 3, 4}},
	} {
		outputs, order := d.take(c.first, c.n)
		if !slices.Equal(outputs, c.want) || !slices.Equal(order, c.order) {
			t.Errorf("%d images from %d on: %v, drawn as %v: want %v, %v", c.n, c.first, outputs, order, c.want,
				c.order)
		}
	}
	for n, want := range []int{0, 1, 2, 4, 5, 5} {
		if got := d.upTo(n); got != want {
			t.Errorf("%d outputs up to number %d of those drawn alike, want %d", got, n, want)
		}
	}
}

// TestSampleWithoutTime: if there is time for some of a portion's outputs only, these are drawn from all of its pieces
// alike, and the rate counts no others. Otherwise a fault in the last images would be missed more often than is said.
func TestSampleWithoutTime(t *testing.T) {
	j := sampling(t)
	on := prepared(t, j, 60)
	c, err := newChecker(on, j.Bank.Weight, nil, 240, j.Check)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	src := drawnImages(t, j.Images)
	dst, err := conv.NewTensor(conv.Shape{10, 6, 24, 32})
	if err != nil {
		t.Fatal(err)
	}
	const allowed, each = 1000, 1e-12 // a cost that no block falls below
	s := c.sample
	s.blocks, s.each = probes, each
	s.begin(0, dst.Shape.WithN(10))
	s.stage.allowed, s.stage.least = allowed*each, 700
	for first := 0; first < 60; first += 10 {
		if err := on.Plan.Run(dst, src.Images(first, first+10)); err != nil {
			t.Fatal(err)
		}
		_, order := s.stage.take(first, 10)
		alike, judged := s.stage.alike, c.result.Elements
		if err := c.look(t.Context(), first, src.Images(first, first+10), dst); err != nil {
			t.Fatal(err)
		}
		if want, _ := slices.BinarySearch(order, 700); c.result.Elements-judged != want || want < 60 {
			t.Errorf("from image %d on: %d outputs judged, want %d", first, c.result.Elements-judged, want)
		}
		if first < 50 {
			continue
		}
		n := 0
		for _, yes := range alike[:700] {
			if yes {
				n++
			}
		}
		if want := float64(n) / (60 * 6 * 24 * 32); s.rate > want || s.rate < want*0.95 {
			t.Errorf("rate %v, want %v", s.rate, want)
		}
	}
}

// TestSampleBegins: the outputs of a portion are drawn once. Its limit counts what was judged before, its share of the
// outputs that are judged in any case, and the time that is allowed once it is done. The lowest rate is kept.
func TestSampleBegins(t *testing.T) {
	j := sampling(t)
	c, err := newChecker(prepared(t, j, 50), j.Bank.Weight, nil, 240, j.Check)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	s, shape := c.sample, conv.Shape{40, 6, 24, 32}
	s.wanted, c.result.Elements = 3000, 123 // of 4,608, so that some are drawn twice
	all := s.upcoming(200, shape)
	for i, output := range all {
		if output < 0 || output >= 40*4608 || i > 0 && output <= all[i-1] {
			t.Fatalf("output %d follows %d", output, all[max(0, i-1)])
		}
	}
	if again := s.upcoming(200, shape); !slices.Equal(again, all) || len(all) < 40*4608/4 ||
		len(all) == len(s.stage.outputs) {
		t.Errorf("%d different of %d outputs, then %d", len(all), len(s.stage.outputs), len(again))
	}
	alike := 0
	for _, yes := range s.stage.alike[:s.stage.least] {
		if yes {
			alike++
		}
	}
	// a sixth of 8,192 outputs
	if st := s.stage; st.images != 40 || st.before != 123 || alike != 1366 || st.allowed < leastTime.Seconds() {
		t.Errorf("%d images, %d outputs before, %d in any case, %v s", st.images, st.before, alike, st.allowed)
	}
	src, err := conv.NewTensor(j.Images.Shape().WithN(40))
	if err != nil {
		t.Fatal(err)
	}
	dst, err := conv.NewTensor(shape)
	if err != nil {
		t.Fatal(err)
	}
	s.rate = 1e-9
	if err := c.look(t.Context(), 200, src, dst); err != nil || c.result.Elements < 124 || s.rate != 1e-9 {
		t.Errorf("%v: %d outputs judged, rate %v: want the lower one", err, c.result.Elements-123, s.rate)
	}
}

// TestLimit: a portion's least outputs are judged if there is time, and more as long as half of the time is left.
func TestLimit(t *testing.T) {
	for _, c := range []struct{ allowed, each, want float64 }{
		{1, 0.01, 40}, {1, 0.001, 440}, {1, 0.02, 0}, {1, 0.0125, 20}, {1, 1e-9, 1000}, {0, 0, 0}, {1, 0, 1000},
	} {
		s := stage{drawing: drawing{outputs: make([]int, 1000)}, allowed: c.allowed, before: 60, least: 45}
		if got := s.limit(c.each); got != int(c.want) {
			t.Errorf("%v s, %v s each: %d outputs, want %v", c.allowed, c.each, got, c.want)
		}
	}
}
