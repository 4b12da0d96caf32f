package filters

import (
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"gpuconv/conv"
)

type golden struct {
	Channels, Size int
	Tutorial3      bool
	Begins         []int // where each channel begins in testdata/nma.bin.gz
}

// TestNMAGoldens compares banks with NumPy's, for every Size × Channels × preset in the file, which
// testdata/make_goldens.py wrote.
func TestNMAGoldens(t *testing.T) {
	text, err := os.ReadFile("testdata/nma.json")
	if err != nil {
		t.Fatal(err)
	}
	var goldens struct{ Cases []golden }
	if err := json.Unmarshal(text, &goldens); err != nil {
		t.Fatal(err)
	}
	if len(goldens.Cases) != 7*4*2 {
		t.Fatalf("%d cases in testdata/nma.json: want 56", len(goldens.Cases))
	}
	values := readValues(t)
	for _, g := range goldens.Cases {
		t.Run(fmt.Sprintf("channels=%d/size=%d/t3=%v", g.Channels, g.Size, g.Tutorial3), func(t *testing.T) {
			g.check(t, values)
		})
	}
}

func readValues(t *testing.T) []float32 {
	t.Helper()
	file, err := os.Open("testdata/nma.bin.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzip, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(unzip)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, len(raw)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return values
}

// check allows the error that [NMA.Bank] states. Most of it is at the centre of odd Gabors. NumPy 1 rounds their phase
// of π/2 to float32, whose cosine is −4.4e-8 instead of 0. The division by their largest value, which is as low as
// 0.017 at a Size of 3, makes that 2.6e-6, and 1.3e-6 at 7.
func (g golden) check(t *testing.T, values []float32) {
	bank, err := NMA{Channels: g.Channels, Size: g.Size, Tutorial3: g.Tutorial3}.Bank()
	if err != nil {
		t.Fatal(err)
	}
	if want := (conv.Shape{g.Channels, 1, g.Size, g.Size}); bank.Shape != want || len(g.Begins) != g.Channels {
		t.Fatalf("shape %v: want %v", bank.Shape, want)
	}
	tolerance := 4e-6
	if g.Size == 7 {
		tolerance = 2e-6
	}
	for channel, begin := range g.Begins {
		for i, v := range bank.Plane(channel, 0) {
			want := values[begin+i]
			if diff := math.Abs(float64(v) - float64(want)); !(diff <= tolerance) {
				t.Fatalf("channel %d, row %d, column %d is %v, NumPy's %v: %.2g apart, want at most %.2g",
					channel, i/g.Size, i%g.Size, v, want, diff, tolerance)
			}
		}
	}
}

// TestNMAFacts checks facts about the bank that need no golden file.
func TestNMAFacts(t *testing.T) {
	bank, err := NMA{Channels: 6, Size: 7}.Bank()
	if err != nil {
		t.Fatal(err)
	}
	low, high := float32(math.Inf(1)), float32(math.Inf(-1))
	for i, v := range bank.Plane(0, 0) {
		low, high = min(low, v), max(high, v)
		if off := bank.Plane(1, 0)[i]; off != -v {
			t.Fatalf("channel 1 is %v where channel 0 is %v", off, v)
		}
	}
	if math.Abs(float64(low)+0.2368) > 5e-5 || math.Abs(float64(high)-1.1042) > 5e-5 {
		t.Errorf("channel 0 spans %v … %v, want −0.2368 … 1.1042", low, high)
	}
	for channel := range 6 {
		total := 0.0
		for _, v := range bank.Plane(channel, 0) {
			total += float64(v)
		}
		if math.Abs(total) > 1e-5 {
			t.Errorf("channel %d has a sum of %v, want 0", channel, total)
		}
	}
	kept, err := NMA{Channels: 6, Size: 7, Tutorial3: true}.Bank()
	if err != nil {
		t.Fatal(err)
	}
	for channel := range 6 { // divided by the largest, of either sign, and by nothing else
		largest := float32(0)
		for i, v := range kept.Plane(channel, 0) {
			largest = max(largest, v, -v)
			if off := kept.Plane(1, 0)[i]; channel == 0 && off != -v {
				t.Fatalf("tutorial 3: channel 1 is %v where channel 0 is %v", off, v)
			}
		}
		if largest != 1 {
			t.Errorf("tutorial 3: channel %d is up to %v, want 1", channel, largest)
		}
	}
	// x is along rows: the Gabor of 0° changes from row to row, and is even along columns.
	for i := range 7 {
		for j := range 7 {
			if bank.Plane(2, 0)[i*7+j] != bank.Plane(2, 0)[i*7+6-j] {
				t.Fatalf("Gabor 0° is not even along its columns in row %d", i)
			}
		}
	}
	if top, bottom := bank.Plane(2, 0)[2*7+3], bank.Plane(2, 0)[4*7+3]; !(top > 0.9 && bottom < -0.9) {
		t.Errorf("Gabor 0° is %v above its centre and %v below, want about 1 and −1", top, bottom)
	}
}

func TestNMARefuses(t *testing.T) {
	for name, c := range map[string]struct {
		nma  NMA
		want string
	}{
		"no channels":   {NMA{0, 7, false}, "0 channels: want at least 2"},
		"one channel":   {NMA{1, 7, false}, "1 channels: want at least 2"},
		"negative":      {NMA{-3, 7, false}, "-3 channels"},
		"size 1":        {NMA{6, 1, false}, "size 1: want at least 2"},
		"negative size": {NMA{6, -7, false}, "size -7: want at least 2"},
		"huge":          {NMA{6, 100000, false}, "6 filters of 100000×100000 would need 240 GB"},
		"overflow":      {NMA{1 << 40, 1 << 40, false}, "would need"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := c.nma.Bank(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v: want %q in it", err, c.want)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for _, refused := range []NMA{{}, {Channels: 1, Size: 7}, {Channels: -1, Size: 7},
		{Channels: math.MaxInt, Size: 7}} {
		if names := refused.Names(); names != nil {
			t.Errorf("%+v has %d names, want none", refused, len(names))
		}
	}
	got := fmt.Sprint(NMA{Channels: 6, Size: 7}.Names())
	if want := "[ON centre OFF centre Gabor θ 0°, prefers 90° Gabor θ 45°, prefers 45° Gabor θ 90°, prefers 0° Gabor " +
		"θ 135°, prefers 135°]"; got != want {
		t.Errorf("names %v, want %v", got, want)
	}
}
