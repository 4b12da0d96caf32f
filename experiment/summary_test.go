package experiment

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/npy"
	"gpuconv/param"
)

// numbersOf makes the numbers of a map with plain loops over their definitions, sums in float64.
func numbersOf(k Summary, plane []float32, rows, columns int) (all []float64) {
	at := func(i, j int) float64 { return float64(plane[i*columns+j]) }
	mean := func(power, top, bottom, left, right int) float64 {
		sum := 0.0
		for i := top; i < bottom; i++ {
			for j := left; j < right; j++ {
				sum += math.Pow(at(i, j), float64(power))
			}
		}
		return sum / float64((bottom-top)*(right-left))
	}
	cut := func(i, extent, of int) (lo, hi int) {
		return int(math.Floor(float64(i) * float64(extent) / float64(of))),
			int(math.Ceil(float64(i+1) * float64(extent) / float64(of)))
	}
	for _, s := range k {
		switch s.Kind {
		case Mean:
			all = append(all, mean(1, 0, rows, 0, columns))
		case Energy:
			all = append(all, mean(2, 0, rows, 0, columns))
		case Max:
			largest := math.Inf(-1)
			for i := range plane {
				largest = math.Max(largest, float64(plane[i]))
			}
			all = append(all, largest)
		case Grid:
			for i := range s.Rows {
				for j := range s.Columns {
					top, bottom := cut(i, rows, s.Rows)
					left, right := cut(j, columns, s.Columns)
					all = append(all, mean(1, top, bottom, left, right))
				}
			}
		case Position:
			all = append(all, at(s.Rows, s.Columns))
		}
	}
	return all
}

// near reports whether a number is the float32 next to a value, or one of its neighbours. Both may be NaN.
func near(got float32, want float64) bool {
	w := float32(want)
	return got == w || got != got && want != want ||
		got >= math.Nextafter32(w, float32(math.Inf(-1))) && got <= math.Nextafter32(w, float32(math.Inf(1)))
}

const allStatistics = "mean,max,energy,pool:2x3,position:1,0,pool:1x1,mean"

// TestSummaryNumbers: each number is what its definition says, whatever the size of the maps, also with NaN, infinity
// and squares beyond float32.
func TestSummaryNumbers(t *testing.T) {
	random := rand.New(rand.NewPCG(22, 1))
	k, err := ParseSummary(allStatistics)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range [][2]int{{2, 3}, {2, 4}, {3, 5}, {7, 3}, {10, 13}, {48, 64}} {
		for _, odd := range []float32{0, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 1e30,
			-1e30} {
			maps, err := conv.NewTensor(conv.Shape{3, 2, size[0], size[1]})
			if err != nil {
				t.Fatal(err)
			}
			for i := range maps.Data {
				maps.Data[i] = float32(random.NormFloat64()) - 3 // nearly all are below 0
			}
			for plane := 0; odd != 0 && plane < 6; plane += 2 {
				maps.Plane(plane/2, plane%2)[random.IntN(size[0]*size[1])] = odd
			}
			shape, err := k.Of(maps.Shape)
			if want := (conv.Shape{3, 2, 12, 1}); err != nil || shape != want {
				t.Fatalf("%v, %v, want %v", shape, err, want)
			}
			dst, err := conv.NewTensor(shape)
			if err != nil {
				t.Fatal(err)
			}
			k.reduceAll(dst, maps)
			for plane := range 6 {
				want := numbersOf(k, maps.Plane(plane/2, plane%2), size[0], size[1])
				for i, got := range dst.Plane(plane/2, plane%2) {
					if !near(got, want[i]) {
						t.Errorf("maps of %v with %v: number %d is %v, want %v", size, odd, i, got, want[i])
					}
				}
			}
		}
	}
}

// TestSummaryOnCores: the numbers of many maps do not depend on how many cores make them.
func TestSummaryOnCores(t *testing.T) {
	maps, err := conv.NewTensor(conv.Shape{5, 7, 180, 170})
	if err != nil {
		t.Fatal(err)
	}
	for i := range maps.Data {
		maps.Data[i] = float32(i%1013) / 7
	}
	if workers(maps.Shape, 12) < 2 {
		t.Fatal("too few for two cores")
	}
	k, _ := ParseSummary(allStatistics)
	shape, _ := k.Of(maps.Shape)
	dst, _ := conv.NewTensor(shape)
	k.reduceAll(dst, maps)
	for plane := range 35 {
		alone := make([]float32, 12)
		k.reducer(maps.Shape).reduce(alone, maps.Plane(plane/7, plane%7))
		if !slices.Equal(alone, dst.Plane(plane/7, plane%7)) {
			t.Errorf("plane %d: %v, alone %v", plane, dst.Plane(plane/7, plane%7), alone)
		}
	}
}

// TestSummaryWorkers: many small maps wake cores that as many outputs of large maps do not.
func TestSummaryWorkers(t *testing.T) {
	for _, c := range []struct {
		maps          conv.Shape
		numbers, want int
	}{
		{conv.Shape{0, 3, 7, 7}, 1, 0},
		{conv.Shape{1, 1, 4096, 4096}, 1, 1}, // there is only one map
		{conv.Shape{12, 6, 48, 64}, 1, 0},
		{conv.Shape{5, 7, 180, 170}, 12, 2},
		{conv.Shape{100, 64, 7, 7}, 1, 4},
		{conv.Shape{100, 64, 7, 7}, 49, 22},
	} {
		if got := workers(c.maps, c.numbers); got != c.want {
			t.Errorf("%d numbers of maps of %v: %d workers, want %d", c.numbers, c.maps, got, c.want)
		}
	}
}

// TestFineGrid: what makes the means of a grid of many cells takes little memory, since it is made for a few maps. Once
// it had the parts of a map that all cells see: 10 MB were allocated for a map of 512×512 and 256×256 cells, which took
// 2.2 times as long.
func TestFineGrid(t *testing.T) {
	maps, err := conv.NewTensor(conv.Shape{1, 1, 512, 512})
	if err != nil {
		t.Fatal(err)
	}
	k := Summary{{Grid, 256, 256}}
	shape, _ := k.Of(maps.Shape)
	dst, _ := conv.NewTensor(shape)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	k.reduceAll(dst, maps)
	runtime.ReadMemStats(&after)
	if bytes := after.TotalAlloc - before.TotalAlloc; bytes > 256<<10 {
		t.Errorf("%d bytes are allocated", bytes)
	}
}

func TestParseSummary(t *testing.T) {
	for _, text := range []string{"", "mean", "max,energy", "pool:4x6", "position:24,32", allStatistics} {
		var k Summary
		if err := k.UnmarshalText([]byte(text)); err != nil || k.String() != text || (k == nil) != (text == "") {
			t.Errorf("%q reads as %q, %v", text, k, err)
		}
	}
	for _, text := range []string{"median", "mean,", ",mean", "mean:2", "pool", "pool:4", "pool:0x4", "pool:4x-1",
		"pool:4,6",
		"position:1", "position:1,x", "position:-1,2", "position:1,mean", "Mean", "mean max", "pool:4x6x2"} {
		_, err := ParseSummary(text)
		if e := new(fault.Error); !errors.As(err, &e) || !strings.Contains(err.Error(), "want mean, max") {
			t.Errorf("%q: %v", text, err)
		}
	}
	maps := conv.Shape{2, 3, 10, 13}
	for text, want := range map[string]conv.Shape{"mean": {2, 3, 1, 1}, "pool:10x13": {2, 3, 10, 13},
		"mean,pool:2x2": {2, 3, 5, 1}, "position:9,12": {2, 3, 1, 1}} {
		k, _ := ParseSummary(text)
		if got, err := k.Of(maps); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"pool:11x13":         "pool:11x13: maps are of 10×13: want at most as many cells along each axis",
		"mean,pool:1x14":     "pool:1x14: maps are of 10×13: want at most as many cells along each axis",
		"position:10,0":      "position:10,0: maps are of 10×13: want at most 9,12",
		"max,position:0,13":  "position:0,13: maps are of 10×13: want at most 9,12",
		"position:9999999,1": "position:9999999,1: maps are of 10×13: want at most 9,12",
	} {
		k, _ := ParseSummary(text)
		if _, err := k.Of(maps); err == nil || fault.Plain(err) != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// readActivations reads the array of a folder.
func readActivations(t *testing.T, folder string) *npy.Array {
	t.Helper()
	a, err := npy.ReadFile(t.Context(), filepath.Join(folder, "activations.npy"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestSummaryRun: a job with a summary writes the numbers of the maps that it writes without one, lists them in
// values.csv, judges the maps and counts what is not finite in them, however many images are convolved at a time.
func TestSummaryRun(t *testing.T) {
	k, _ := ParseSummary(allStatistics)
	maps := readActivations(t, plain(t, nil))
	for name, how := range map[string]Checking{"some": {Images: 16}, "all": {Images: -1}, "sample": {Sample: true}} {
		for _, portion := range []int{1, 7, 30} {
			j, out := small(t), folder(t)
			j.Summary, j.Check = k, how
			r, err := j.RunOn(t.Context(), prepared(t, j, portion), out)
			if err != nil {
				t.Fatal(err)
			}
			got := readActivations(t, out.Path())
			if !slices.Equal(got.Shape, []int{30, 3, 12, 1}) || r.ActivationsShape != (conv.Shape{30, 3, 12, 1}) {
				t.Fatalf("shape %v, run.json %v", got.Shape, r.ActivationsShape)
			}
			for plane := range 90 {
				want := make([]float32, 12)
				k.reducer(conv.Shape{30, 3, 10, 13}).reduce(want, maps.Data[plane*130:(plane+1)*130])
				if !slices.Equal(got.Data[plane*12:(plane+1)*12], want) {
					t.Fatalf("plane %d: %v, want %v", plane, got.Data[plane*12:(plane+1)*12], want)
				}
			}
			judged := map[string]int{"some": 16, "all": 30, "sample": 30}[name] * 3 * 10 * 13
			if c := r.Check; c == nil || c.Outputs != judged || c.Of != 30*3*10*13 || c.Sampled != how.Sample ||
				c.Finds != 0 {
				t.Errorf("%s, portions of %d: %+v, want %d outputs", name, portion, c, judged)
			}
			if again, err := ReadReport(t.Context(), out.Path()); err != nil ||
				again.Summary.String() != allStatistics {
				t.Errorf("run.json keeps %v, %v", again.Summary, err)
			}
		}
	}
}

// TestSummaryTable: values.csv says which part of the maps each number sees.
func TestSummaryTable(t *testing.T) {
	out := plain(t, func(j *Job, _ *Prepared) { j.Summary, _ = ParseSummary("max,pool:2x3,position:1,0") })
	f, err := os.Open(filepath.Join(out, ValuesName))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := param.ReadCSV(f, "value")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"max", "pool", "pool", "pool", "pool", "pool", "pool", "position"}
	if !slices.Equal(table.Column("kind").Words, want) {
		t.Errorf("%v, want %v", table.Column("kind").Words, want)
	}
	for name, want := range map[string][]float64{"first_row": {0, 0, 0, 0, 5, 5, 5, 1},
		"last_row":     {9, 4, 4, 4, 9, 9, 9, 1},
		"first_column": {0, 0, 4, 8, 0, 4, 8, 0}, "last_column": {12, 4, 8, 12, 4, 8, 12, 0}} {
		if got := table.Column(name).Numbers; !slices.Equal(got, want) {
			t.Errorf("%s %v, want %v", name, got, want)
		}
	}
}

// TestSummaryWrong: a wrong output is found in the maps, although the file has only numbers of them.
func TestSummaryWrong(t *testing.T) {
	for _, kept := range []bool{false, true} {
		change := func(j *Job, on *Prepared) {
			j.Summary, j.Check = Summary{{Kind: Mean}}, Checking{Images: -1}
			on.Plan = altered{on.Plan, func(dst *conv.Tensor) error { dst.Data[5] += 1e-3; return nil }}
		}
		var err error
		if path := filepath.Join(t.TempDir(), "out"); kept {
			_, err = keep(t, t.Context(), path, change)
		} else {
			j, out := small(t), folder(t)
			on := prepared(t, j, 7)
			change(&j, &on)
			_, err = j.RunOn(t.Context(), on, out)
		}
		if wrong := new(WrongError); !errors.As(err, &wrong) {
			t.Errorf("kept %v: %v, want wrong outputs", kept, err)
		}
	}
}

// TestSummaryNumbersNotFinite: numbers that are not finite are counted apart from the outputs, also where the maps are
// finite: the squares of large outputs exceed float32, and the mean of +∞ and −∞ is NaN.
func TestSummaryNumbersNotFinite(t *testing.T) {
	for name, c := range map[string]struct {
		values        [2]float32
		nan, infinite int // of each of 5 portions
		maps          int // how many values of its maps are infinite
	}{
		"large":    {[2]float32{1e25, 1}, 0, 1, 0},
		"opposite": {[2]float32{float32(math.Inf(1)), float32(math.Inf(-1))}, 1, 1, 2},
	} {
		for _, kept := range []bool{false, true} {
			change := func(j *Job, on *Prepared) {
				j.Summary, j.Check = Summary{{Kind: Mean}, {Kind: Energy}}, Checking{}
				on.Plan = altered{on.Plan, func(dst *conv.Tensor) error {
					if dst.Data[0] != c.values[0] {
						copy(dst.Data, c.values[:])
					}
					return nil
				}}
			}
			path := filepath.Join(t.TempDir(), "out")
			var r *Report
			var err error
			if kept {
				r, err = keep(t, t.Context(), path, change)
			} else {
				j, out := small(t), folder(t)
				on := prepared(t, j, 7)
				change(&j, &on)
				r, err = j.RunOn(t.Context(), on, out)
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := (NotFinite{30 * 3 * 2, 5 * c.nan, 5 * c.infinite}); r.Numbers != want ||
				r.NumbersNaN != want.NaN || r.NumbersInfinite != want.Infinite {
				t.Errorf("%s, kept %v: %+v, want %+v", name, kept, r.Numbers, want)
			}
			if want := (NotFinite{30 * 3 * 10 * 13, 0, 5 * c.maps}); r.NotFinite != want {
				t.Errorf("%s, kept %v: %+v in the maps, want %+v", name, kept, r.NotFinite, want)
			}
		}
	}
}

// TestSummaryTimes: making a summary and judging its maps are parts of writing. No phase takes longer, with what it
// waited, than the stream, and what bounded the speed is named.
func TestSummaryTimes(t *testing.T) {
	s := time.Second
	for want, c := range map[string]struct {
		convolve, reduce, check time.Duration
	}{
		"check":    {s, 9 * s, 8 * s},
		"write":    {s, 9 * s, 3 * s},
		"convolve": {8 * s, 2 * s, 2 * s},
	} {
		w := watched{check: &checker{images: 1, spent: c.check}}
		w.stats.Stats = batch.Stats{Images: 1, Wall: 10 * s, Draw: s, Convolve: c.convolve, Write: s, Reduce: c.reduce,
			Waits: batch.Waits{Draw: 9 * s, Write: 9 * s}}
		r := &Report{}
		r.complete(w, nil)
		if r.Bound != want {
			t.Errorf("%+v: bound by %s", c, r.Bound)
		}
		for name, phase := range map[string][2]param.Number{"draw": {r.Seconds.Draw, r.Seconds.Waits.Draw},
			"convolve": {r.Seconds.Convolve, r.Seconds.Waits.Convolve},
			"write":    {r.Seconds.Write, r.Seconds.Waits.Write}} {
			if math.Abs(float64(phase[0]+phase[1]-10)) > 1e-9 {
				t.Errorf("%s: %s takes %v s and waits %v s of 10", want, name, phase[0], phase[1])
			}
		}
	}
}

// TestSummaryNotFinite: run.json and the journal count what is not finite in the maps, also where no number shows it.
func TestSummaryNotFinite(t *testing.T) {
	nan, infinity := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		keep   string
		values []float32
		want   NotFinite // NaN and infinite values of each of 5 portions
	}{
		{"max", []float32{nan, infinity}, NotFinite{NaN: 1, Infinite: 1}},
		{"max,position:9,12", []float32{-infinity, 1, 1}, NotFinite{Infinite: 1}},
		{"max,mean", []float32{-infinity, 1, 1, nan}, NotFinite{NaN: 1, Infinite: 1}},
		{"pool:2x3", []float32{1, nan}, NotFinite{NaN: 1}},
		{"pool:2x3", nil, NotFinite{}},
	} {
		r, err := keep(t, t.Context(), filepath.Join(t.TempDir(), "out"), func(j *Job, on *Prepared) {
			j.Summary, _ = ParseSummary(c.keep)
			j.Check = Checking{}
			on.Plan = altered{on.Plan, func(dst *conv.Tensor) error { copy(dst.Data, c.values); return nil }}
		})
		if want := (NotFinite{30 * 3 * 10 * 13, 5 * c.want.NaN, 5 * c.want.Infinite}); err != nil ||
			r.NotFinite != want {
			t.Errorf("%s of %v: %+v, %v, want %+v", c.keep, c.values, r.NotFinite, err, want)
		}
	}
}

// BenchmarkSummary makes numbers of a megabyte of maps of 48×64 that are in the second-level or third-level cache.
func BenchmarkSummary(b *testing.B) {
	maps, err := conv.NewTensor(conv.Shape{12, 6, 48, 64})
	if err != nil {
		b.Fatal(err)
	}
	for i := range maps.Data {
		maps.Data[i] = float32(i%1013)/7 - 50
	}
	for _, keep := range []string{"mean", "energy", "max", "pool:4x6"} {
		b.Run("keep="+keep, func(b *testing.B) {
			k, _ := ParseSummary(keep)
			shape, _ := k.Of(maps.Shape)
			dst, err := conv.NewTensor(shape)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				k.reduceAll(dst, maps)
			}
			b.ReportMetric(float64(b.N*len(maps.Data))/b.Elapsed().Seconds()/1e9, "Goutputs/s")
		})
	}
}
