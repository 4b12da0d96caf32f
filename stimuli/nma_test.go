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
)

type golden struct {
	Start, Step, SF, Res float64
	Count                int
	Patch, Tutorial3     bool
	Rows, Columns        int
	SHA256               string
	Images               map[string]string
}

// TestNMAGoldens compares the pixels with NumPy's, bit for bit, which testdata/make_goldens.py wrote.
func TestNMAGoldens(t *testing.T) {
	text, err := os.ReadFile("testdata/nma.json")
	if err != nil {
		t.Fatal(err)
	}
	var goldens struct{ Cases []golden }
	if err := json.Unmarshal(text, &goldens); err != nil {
		t.Fatal(err)
	}
	if len(goldens.Cases) < 25 {
		t.Fatalf("%d cases in testdata/nma.json: want at least 25", len(goldens.Cases))
	}
	for _, g := range goldens.Cases {
		t.Run(fmt.Sprintf("start=%v/sf=%.4g/res=%v/patch=%v/t3=%v", g.Start, g.SF, g.Res, g.Patch, g.Tutorial3),
			func(t *testing.T) {
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
			t.Fatalf("image %d, row %d, column %d is %v, NumPy's %v", i, at/g.Columns, at%g.Columns, v,
				values[want[at]])
		}
	}
}

// TestNMAFacts checks facts about the preset that need no golden file.
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
}

// TestNMARim: at a resolution of 0.3 the radius is 32. The pixel that is 32 pixels from the centre, at row 72 and
// column 144, is outside, because < is strict.
func TestNMARim(t *testing.T) {
	image := make([]float32, 144*192)
	if err := (NMA{Resolution: 0.3, Patch: true}).Draw(image, 0); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[int]bool{72*192 + 112: false, 72*192 + 113: true, 40*192 + 144: false,
		41*192 + 144: true} {
		if got := image[at] != 0; got != want {
			t.Errorf("row %d, column %d is %v", at/192, at%192, image[at])
		}
	}
}

// TestNMAPatch: the disc has a radius of 640/3/2·0.1 about row 24, column 48, which is on the right, and 0.1 radians
// are added to the orientation.
func TestNMAPatch(t *testing.T) {
	patch, turned := make([]float32, 48*64), make([]float32, 48*64)
	if err := (NMA{Patch: true}).Draw(patch, 20); err != nil {
		t.Fatal(err)
	}
	if err := (NMA{}).Draw(turned, 20+0.1*180/math.Pi); err != nil {
		t.Fatal(err)
	}
	for at, v := range patch {
		inside := math.Hypot(float64(at/64-24), float64(at%64-48)) < 640./3/2*0.1
		if want := turned[at]; inside && v != want || !inside && v != 0 {
			t.Fatalf("row %d, column %d is %v: want %v in the disc, 0 outside", at/64, at%64, v, want)
		}
	}
}

// TestNMAOrientation: at 45° the stripes run from the bottom left to the top right, and at −45° from the top left to
// the bottom right.
func TestNMAOrientation(t *testing.T) {
	for orientation, step := range map[float64]int{0: 64, 45: -63, -45: 65, 90: 1} {
		image := make([]float32, 48*64)
		if err := (NMA{}).Draw(image, orientation); err != nil {
			t.Fatal(err)
		}
		changes := 0
		for at := 64; at < 47*64; at++ {
			if at%64 > 0 && at%64 < 63 && image[at] != image[at+step] {
				changes++
			}
		}
		if changes > 0 {
			t.Errorf("%v°: %d pixels change along a stripe", orientation, changes)
		}
	}
}

func TestNMARefuses(t *testing.T) {
	for name, c := range map[string]struct {
		nma         NMA
		orientation float64
		want        string
	}{
		"negative resolution": {NMA{Resolution: -1}, 0, "resolution -1: want a number above 0"},
		"NaN resolution":      {NMA{Resolution: math.NaN()}, 0, "resolution NaN"},
		"infinite resolution": {NMA{Resolution: math.Inf(1)}, 0, "resolution +Inf"},
		"huge resolution":     {NMA{Resolution: 100}, 0, "48000×64000 would need 12.3 GB"},
		"negative frequency":  {NMA{SpatialFrequency: -0.1}, 0, "spatial frequency -0.1: want a number above 0"},
		"infinite frequency": {NMA{SpatialFrequency: math.Inf(1)}, 0,
			"spatial frequency +Inf: want a number above 0"},
		"huge frequency": {NMA{SpatialFrequency: 1e307}, 0,
			"spatial frequency 1e+307: want one whose phase at the last pixel is finite"},
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
	if err := (NMA{}).Draw(make([]float32, 7), 0); err == nil ||
		!strings.Contains(err.Error(), "7 elements: want 48×64") {
		t.Errorf("a short image gives %v", err)
	}
}

// TestNMARows: rows that are drawn at once have the signs of each pixel's cosine, also where its argument is large.
func TestNMARows(t *testing.T) {
	for _, frequency := range []float64{1.0 / 28, 3, 1e5, 1e12} {
		g := NMA{SpatialFrequency: frequency}.withDefaults()
		for orientation := -90.0; orientation < 90; orientation += 7.5 {
			image := make([]float32, 48*64)
			if err := g.Draw(image, orientation); err != nil {
				t.Fatal(err)
			}
			sin, cos := sincos(orientation * (math.Pi / 180))
			for i, v := range image {
				x := float64(g.coordinate(i%64)*cos) + float64(g.coordinate(i/64)*sin)
				if (v > 0) != (math.Cos(x) > 0) {
					t.Fatalf("frequency %v, %v°: pixel %d is %v, cos %v is %v", frequency, orientation, i, v, x,
						math.Cos(x))
				}
			}
		}
	}
}

// BenchmarkDraw draws gratings without pixels at zeros, with some in a few rows, and with some in each row.
func BenchmarkDraw(b *testing.B) {
	image := make([]float32, 48*64)
	period16 := NMA{SpatialFrequency: 2 * math.Pi / 16 * 0.1}
	for name, c := range map[string]struct {
		grating NMA
		degrees float64
	}{"none": {NMA{}, 33}, "few": {period16, 60}, "each": {period16, 0}} {
		b.Run("hw=48x64/zeros="+name, func(b *testing.B) {
			for b.Loop() {
				if err := c.grating.Draw(image, c.degrees); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
