package stimuli

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"gpuconv/conv"
)

type golden struct {
	Start, Step, SF, Res float64
	Count                int
	Patch, Tutorial3     bool
	Rows, Columns        int
	SHA256               string
	Images               map[string]string
}

// TestNMAGoldens holds the pixels against NumPy's, bit for bit:
// testdata/make_goldens.py made them.
func TestNMAGoldens(t *testing.T) {
	text, err := os.ReadFile("testdata/nma.json")
	if err != nil {
		t.Fatal(err)
	}
	var goldens struct{ Cases []golden }
	if err := json.Unmarshal(text, &goldens); err != nil {
		t.Fatal(err)
	}
	if len(goldens.Cases) < 15 {
		t.Fatalf("%d cases in testdata/nma.json: want at least 15", len(goldens.Cases))
	}
	for _, g := range goldens.Cases {
		t.Run(fmt.Sprintf("start=%v/sf=%.4g/res=%v/patch=%v/t3=%v", g.Start, g.SF, g.Res, g.Patch, g.Tutorial3), func(t *testing.T) {
			t.Parallel()
			g.check(t)
		})
	}
}

func (g golden) check(t *testing.T) {
	nma := NMA{SpatialFrequency: g.SF, Resolution: g.Res, Patch: g.Patch, Tutorial3: g.Tutorial3}
	rows, columns, err := nma.Size()
	if err != nil || rows != g.Rows || columns != g.Columns {
		t.Fatalf("size %d×%d, %v: NumPy has %d×%d", rows, columns, err, g.Rows, g.Columns)
	}
	image := make([]float32, rows*columns)
	bytes := make([]byte, 4*len(image))
	digest := sha256.New()
	for i := range g.Count {
		for at := range image {
			image[at] = float32(math.NaN())
		}
		if err := nma.Draw(image, g.Start+float64(i)*g.Step); err != nil {
			t.Fatal(err)
		}
		if want, ok := g.Images[fmt.Sprint(i)]; ok {
			g.compare(t, i, image, want)
		}
		for at, v := range image {
			binary.LittleEndian.PutUint32(bytes[4*at:], math.Float32bits(v))
		}
		digest.Write(bytes)
	}
	if got := hex.EncodeToString(digest.Sum(nil)); got != g.SHA256 {
		t.Errorf("the pixels' SHA-256 is %s, NumPy's %s", got, g.SHA256)
	}
}

func (g golden) compare(t *testing.T, i int, image []float32, want string) {
	values := map[byte]float32{'0': -0.5, '1': 0.5, '2': 0}
	if g.Tutorial3 {
		values = map[byte]float32{'0': 0, '1': 1, '2': 0.5}
	}
	for at, v := range image {
		if v != values[want[at]] {
			t.Fatalf("image %d, row %d, column %d is %v, NumPy's %v", i, at/g.Columns, at%g.Columns, v, values[want[at]])
		}
	}
}

// TestNMAFacts checks what NUMERICS.md tells about the preset.
func TestNMAFacts(t *testing.T) {
	draw := func(g NMA, orientation float64) []float32 {
		image := make([]float32, 48*64)
		if err := g.Draw(image, orientation); err != nil {
			t.Fatal(err)
		}
		return image
	}
	left, right := draw(NMA{}, -90), draw(NMA{}, 90)
	for at := range left {
		if left[at] != right[at] {
			t.Fatalf("−90° and 90° differ at %d", at)
		}
	}
	upright := draw(NMA{}, 0)
	for at, v := range upright {
		// A period of 2π·28·0.1 = 17.59 pixels along the columns.
		if want := float32(math.Copysign(0.5, math.Cos(2*math.Pi*float64(at%64)/17.592919))); v != want {
			t.Fatalf("0°: row %d, column %d is %v, want %v", at/64, at%64, v, want)
		}
	}
	grey := 0
	for at, v := range draw(NMA{Patch: true}, 0) {
		if v != 0 {
			continue
		}
		grey++
		if at%64 > 44 && at%64 < 52 && at/64 > 20 && at/64 < 28 {
			t.Fatalf("the patch's centre is grey at row %d, column %d", at/64, at%64)
		}
	}
	if area := 64*48 - grey; math.Abs(float64(area)-math.Pi*10.667*10.667) > 15 {
		t.Errorf("the patch has %d pixels, a disc of radius 10.667 about 357", area)
	}
	if first := draw(NMA{Patch: true}, 0)[24*64]; first != 0 {
		t.Errorf("the patch's left border is %v, want grey: the disc is on the right", first)
	}
}

// TestCosSign checks the shortcut against the cosine, also next to its zeros.
func TestCosSign(t *testing.T) {
	sign := func(v float64) int {
		switch {
		case v < 0:
			return -1
		case v > 0:
			return 1
		}
		return 0
	}
	for k := -3000; k < 3000; k++ {
		for _, offset := range []float64{0, 1e-15, -1e-15, 1e-9, -1e-9, 3e-6, -3e-6, 4e-6, -4e-6, 0.1, -0.1, 1.5, -1.5} {
			for _, scale := range []float64{1, 100, 1e5} {
				x := (float64(k)*scale+0.5)*math.Pi + offset
				if sign(cosSign(x)) != sign(math.Cos(x)) {
					t.Fatalf("the sign of cos(%v) is %v, not %v", x, sign(math.Cos(x)), sign(cosSign(x)))
				}
			}
		}
	}
}

func TestNMARefuses(t *testing.T) {
	for name, c := range map[string]struct {
		nma         NMA
		orientation float64
		want        string
	}{
		"negative resolution":  {NMA{Resolution: -1}, 0, "resolution -1: want a number above 0"},
		"NaN resolution":       {NMA{Resolution: math.NaN()}, 0, "resolution NaN"},
		"infinite resolution":  {NMA{Resolution: math.Inf(1)}, 0, "resolution +Inf"},
		"huge resolution":      {NMA{Resolution: 100}, 0, "48000×64000 would need 12.3 GB"},
		"negative frequency":   {NMA{SpatialFrequency: -0.1}, 0, "spatial frequency -0.1: want a number above 0"},
		"NaN frequency":        {NMA{SpatialFrequency: math.NaN()}, 0, "spatial frequency NaN"},
		"NaN orientation":      {NMA{}, math.NaN(), "orientation NaN: want a finite number"},
		"infinite orientation": {NMA{}, math.Inf(-1), "orientation -Inf"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.nma.Draw(make([]float32, 48*64), c.orientation)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v: want %q in it", err, c.want)
			}
		})
	}
	if err := (NMA{}).Draw(make([]float32, 7), 0); err == nil || !strings.Contains(err.Error(), "7 elements: want 48×64") {
		t.Errorf("a short image gives %v", err)
	}
}

func TestSweep(t *testing.T) {
	orientations, err := ParseValues("-90:90:7.5")
	if err != nil {
		t.Fatal(err)
	}
	sweep, err := NewSweep(NMA{}, orientations)
	if err != nil {
		t.Fatal(err)
	}
	if sweep.Shape() != (conv.Shape{24, 1, 48, 64}) {
		t.Fatalf("shape %v", sweep.Shape())
	}
	part, _ := conv.NewTensor(conv.Shape{5, 1, 48, 64})
	if err := sweep.Draw(part, 3); err != nil {
		t.Fatal(err)
	}
	want := make([]float32, 48*64)
	for i := range 5 {
		if err := (NMA{}).Draw(want, -90+7.5*float64(3+i)); err != nil {
			t.Fatal(err)
		}
		for at, v := range part.Plane(i, 0) {
			if v != want[at] {
				t.Fatalf("image %d of the part differs from orientation %v at %d", i, -90+7.5*float64(3+i), at)
			}
		}
	}
	for _, first := range []int{-1, 20} {
		if err := sweep.Draw(part, first); err == nil {
			t.Errorf("5 images from %d of 24 are drawn", first)
		}
	}
	if _, err := NewSweep(NMA{}, Values{}); err == nil {
		t.Error("a sweep over nothing is made")
	}
}

func BenchmarkDraw(b *testing.B) {
	image := make([]float32, 48*64)
	b.Run("hw=48x64", func(b *testing.B) {
		for b.Loop() {
			if err := (NMA{}).Draw(image, 33); err != nil {
				b.Fatal(err)
			}
		}
	})
}
