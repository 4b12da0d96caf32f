package stimuli

import (
	"encoding/json"
	"fmt"
	"math"
	"math/cmplx"
	"os"
	"slices"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/param"
)

// drawn returns all images of a set, drawn over NaN.
func drawn(t *testing.T, set Set) *conv.Tensor {
	t.Helper()
	images, err := conv.NewTensor(set.Shape())
	if err != nil {
		t.Fatal(err)
	}
	for i := range images.Data {
		images.Data[i] = float32(math.NaN())
	}
	if err := set.Draw(images, 0); err != nil {
		t.Fatal(err)
	}
	return images
}

func newProduct(t *testing.T, c Canvas, fresh func() Pattern, axes ...param.Axis) *Product {
	t.Helper()
	p, err := NewProduct(c, fresh, axes...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func kind(t *testing.T, name string) Kind {
	t.Helper()
	kinds := Kinds()
	at := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if at < 0 {
		t.Fatalf("no kind %q", name)
	}
	return kinds[at]
}

// TestPatternGoldens compares pixels with those of NumPy, SciPy and scikit-image, rounded to 9 decimals, which
// testdata/make_patterns.py wrote.
func TestPatternGoldens(t *testing.T) {
	text, err := os.ReadFile("testdata/patterns.json")
	if err != nil {
		t.Fatal(err)
	}
	var goldens []struct {
		Kind, Aperture             string
		Rows, Columns, Supersample int
		Values                     map[string]float64
		Pixels                     []float64
	}
	if err := json.Unmarshal(text, &goldens); err != nil || len(goldens) < 19 {
		t.Fatalf("%d cases, %v: want at least 19", len(goldens), err)
	}
	for i, g := range goldens {
		t.Run(fmt.Sprintf("%d/%s", i, g.Kind), func(t *testing.T) {
			window, err := ParseWindow(g.Aperture)
			if err != nil {
				t.Fatal(err)
			}
			fresh := func() Pattern {
				p := kind(t, g.Kind).New()
				LookOf(p).Aperture.Window = window
				return p
			}
			var axes []param.Axis
			for name, v := range g.Values {
				axes = append(axes, param.NewAxis(name, v))
			}
			images := drawn(t, newProduct(t, Canvas{Rows: g.Rows, Columns: g.Columns, Supersample: g.Supersample},
				fresh, axes...))
			for at, want := range g.Pixels {
				if math.Abs(float64(images.Data[at])-want) > 1e-7 { // half an ulp at 1 is 6e-8
					t.Fatalf("row %d, column %d: %v, want %v", at/g.Columns, at%g.Columns, images.Data[at], want)
				}
			}
		})
	}
}

// TestDirection checks the convention that docs/orientation.png draws: the phase of a grating grows towards u, and its
// drift moves it there.
func TestDirection(t *testing.T) {
	for degrees, u := range map[float64][2]int{0: {0, 1}, 90: {1, 0}, 180: {0, -1}, 270: {-1, 0}, 45: {1, 1}} {
		const cycles = 0.125 // a frame moves it towards u
		sf := cycles / math.Hypot(float64(u[0]), float64(u[1]))
		images := drawn(t, newProduct(t, Canvas{Rows: 16, Columns: 16}, func() Pattern {
			return &Grating{Wave: Sawtooth, Orientation: degrees, SF: sf, Phase: 11, Drift: cycles}
		}, param.NewAxis("frame", 0, 1)))
		for i := 1; i < 15; i++ {
			for j := 1; j < 15; j++ {
				before, after := images.Plane(0, 0)[i*16+j], images.Plane(1, 0)[(i+u[0])*16+j+u[1]]
				if math.Abs(float64(before-after)) > 1e-6 {
					t.Fatalf("%v°: the pixel at %d,%d did not move by %v", degrees, i, j, u)
				}
			}
		}
	}
}

// TestRightAngles: gratings along rows and columns are exact. Each is the transpose or the mirror image of the others,
// bit for bit.
func TestRightAngles(t *testing.T) {
	const n = 9
	images := drawn(t, newProduct(t, Canvas{Rows: n, Columns: n},
		func() Pattern { return &Grating{SF: 0.17, Phase: 40} }, param.NewAxis("orientation", 0, 90, 180, 270, -90,
			360)))
	for at, v := range images.Plane(0, 0) {
		i, j := at/n, at%n
		for k, place := range []int{at, j*n + i, i*n + n - 1 - j, (n-1-j)*n + i, (n-1-j)*n + i, at} {
			if images.Plane(k, 0)[place] != v {
				t.Fatalf("image %d is not image 0 turned, at %d, %d", k, i, j)
			}
		}
	}
}

// TestGrid: images are in the order of the parameters, with the last parameter fastest, whatever the order of the axes
// is.
func TestGrid(t *testing.T) {
	p := newProduct(t, Canvas{Rows: 4, Columns: 4}, kind(t, "grating").New,
		param.NewAxis("frame", 0, 1), param.NewAxis("orientation", 0, 90), param.NewAxis("phase", 5),
		param.NewAxis("sf", 0.1, 0.2, 0.3))
	table, err := p.Table()
	if err != nil {
		t.Fatal(err)
	}
	const want = "kind,orientation_deg,sf_cycles_per_pixel,phase_deg,contrast,mean,drift_cycles_per_frame,frame"
	if got := strings.Join(table.Names(), ","); got != want {
		t.Errorf("columns %s", got)
	}
	if table.Len() != 12 || p.Shape().N() != 12 {
		t.Fatalf("%d rows, shape %v: want 12", table.Len(), p.Shape())
	}
	for i := range table.Len() {
		var row []float64
		for _, c := range table.Columns[1:] {
			row = append(row, c.Numbers[i])
		}
		want := []float64{float64(i / 6 * 90), []float64{0.1, 0.2, 0.3}[i/2%3], 5, 1, 0.5, 0, float64(i % 2)}
		if !slices.Equal(row, want) {
			t.Errorf("row %d is %v, want %v", i, row, want)
		}
	}
	if got := p.Title(7); got != "90°, sf 0.1, frame 1" {
		t.Errorf("title %q", got)
	}
}

// TestKinds: every kind has an example. Its images are finite, differ from each other, have the right mean and
// contrast, and are the same whether they are drawn in parts or at once.
func TestKinds(t *testing.T) {
	for _, k := range Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			set, err := k.Set()
			if err != nil {
				t.Fatal(err)
			}
			images := drawn(t, set)
			part, err := conv.NewTensor(set.Shape().WithN(1))
			if err != nil {
				t.Fatal(err)
			}
			if err := set.Draw(part, 1); err != nil || !slices.Equal(part.Data, images.Images(1, 2).Data) {
				t.Errorf("image 1 differs if it is drawn alone, %v", err)
			}
			for i := range images.Shape.N() {
				lo, hi := slices.Min(images.Plane(i, 0)), slices.Max(images.Plane(i, 0))
				if !(lo >= 0 && hi <= 1 && hi-lo > 0.3) { // false for NaN, too
					t.Errorf("image %d has pixels %v … %v", i, lo, hi)
				}
				if i > 0 && slices.Equal(images.Plane(i, 0), images.Plane(i-1, 0)) {
					t.Errorf("images %d and %d are the same", i-1, i)
				}
			}
			if table, err := set.Table(); err != nil || table.Check() != nil || table.Len() != set.Shape().N() ||
				table.Column("kind").Words[0] != k.Name {
				t.Errorf("table %+v, %v", table, err)
			}
		})
	}
}

// TestNoise: white noise has the mean and the variance of its distribution, 1/3 of amplitude². The spectrum of pink
// noise, computed by plain sums, is 1/f.
func TestNoise(t *testing.T) {
	look := Look{Mean: 0.5, Contrast: 0.8, Centred: true}
	white := drawn(t, newProduct(t, Canvas{Rows: 100, Columns: 100},
		func() Pattern { return &WhiteNoise{Seed: 3, Look: look} }))
	sum, squares := 0.0, 0.0
	for _, v := range white.Data {
		sum, squares = sum+float64(v), squares+float64(v)*float64(v)
	}
	if want := 0.4 * 0.4 / 3; math.Abs(sum/1e4) > 0.01 || math.Abs(squares/1e4-want) > 0.03*want {
		t.Errorf("mean %v, variance %v: want 0 and %v", sum/1e4, squares/1e4, want)
	}
	const rows, columns = 9, 12
	for _, exponent := range []float64{1, 0.5, 2} {
		pink := drawn(t, newProduct(t, Canvas{Rows: rows, Columns: columns},
			func() Pattern { return &PinkNoise{Exponent: exponent, Look: look} }))
		scale := 0.0
		for k := range rows * columns {
			u, v := k/columns, k%columns
			var coefficient complex128
			for at, pixel := range pink.Data {
				turn := float64(u*(at/columns))/rows + float64(v*(at%columns))/columns
				coefficient += complex(float64(pixel), 0) * cmplx.Exp(complex(0, -2*math.Pi*turn))
			}
			f := math.Hypot(float64(min(u, rows-u))/rows, float64(min(v, columns-v))/columns)
			level := cmplx.Abs(coefficient) * math.Pow(f, exponent)
			switch {
			case k == 0 && cmplx.Abs(coefficient) > 1e-5:
				t.Errorf("exponent %v: the mean is not 0: %v", exponent, coefficient)
			case k == 1:
				scale = level
			case k > 1 && math.Abs(level-scale) > 1e-5*scale+1e-5:
				t.Errorf("exponent %v: amplitude·f^exponent at %d,%d is %v, at 0,1 %v", exponent, u, v, level, scale)
			}
		}
	}
}

// TestNoiseSupersampled: a pixel of noise has one value, however often it is sampled. Another seed makes another image.
func TestNoiseSupersampled(t *testing.T) {
	for _, name := range []string{"white-noise", "pink-noise"} {
		draw := func(samples int, seed float64) []float32 {
			return drawn(t, newProduct(t, Canvas{Rows: 5, Columns: 8, Supersample: samples}, kind(t, name).New,
				param.NewAxis("seed", seed))).Data
		}
		once := draw(1, 7)
		for at, v := range draw(3, 7) {
			if math.Abs(float64(v-once[at])) > 1e-7 {
				t.Errorf("%s: pixel %d is %v, once sampled %v", name, at, v, once[at])
			}
		}
		if slices.Equal(once, draw(1, 8)) {
			t.Errorf("%s: seeds 7 and 8 give the same", name)
		}
	}
}

// TestLook checks Michelson contrast, what a zero value means, and Centred, with which grey is 0.
func TestLook(t *testing.T) {
	for _, c := range []struct {
		look   Look
		lo, hi float32
	}{
		{Look{}, 0, 1},
		{Look{Contrast: 0.5}, 0.25, 0.75},
		{Look{Mean: 0.4}, 0.4, 0.4},
		{Look{Mean: 0.4, Contrast: 0.25}, 0.3, 0.5},
		{Look{Mean: 0.4, Contrast: 0.25, Centred: true}, -0.1, 0.1},
	} {
		images := drawn(t, newProduct(t, Canvas{Rows: 8, Columns: 8},
			func() Pattern { return &Grating{Wave: Square, SF: 0.25, Phase: 45, Look: c.look} }))
		if lo, hi := slices.Min(images.Data), slices.Max(images.Data); lo != c.lo || hi != c.hi {
			t.Errorf("%+v: %v … %v, want %v … %v", c.look, lo, hi, c.lo, c.hi)
		}
	}
}

func TestImpulse(t *testing.T) {
	images := drawn(t, newProduct(t, Canvas{Rows: 5, Columns: 8}, func() Pattern { return &Impulse{X: 2, Y: -1} }))
	for at, v := range images.Data {
		if want := at == 1*8+6; (v == 1) != want || !want && v != 0 {
			t.Errorf("row %d, column %d is %v", at/8, at%8, v)
		}
	}
}

func TestProductRefuses(t *testing.T) {
	grating := func() Pattern { return &Grating{SF: 0.1} }
	for want, c := range map[string]struct {
		canvas Canvas
		fresh  func() Pattern
		axes   []param.Axis
	}{
		"spatial frequency 0.6 cycles/pixel: want at most 0.5": {Canvas{}, grating,
			[]param.Axis{param.NewAxis("sf", 0.1, 0.6)}},
		"drift -0.75 cycles/frame: want at most 0.5": {Canvas{}, grating,
			[]param.Axis{param.NewAxis("drift", -0.75)}},
		"contrast 1.5: want 0 to 1": {Canvas{}, grating,
			[]param.Axis{param.NewAxis("contrast", 1.5)}},
		"mean -1: want a luminance above 0": {Canvas{}, grating,
			[]param.Axis{param.NewAxis("mean", -1)}},
		`parameter "colour": want one of orientation, sf`: {Canvas{}, grating,
			[]param.Axis{param.NewAxis("colour", 1)}},
		`parameter "sf" twice`: {Canvas{}, grating,
			[]param.Axis{param.NewAxis("sf", 0), param.NewAxis("sf", 0)}},
		`parameter "sf": no values`: {Canvas{}, grating, []param.Axis{{Name: "sf"}}},
		`parameter "sf": NaN: want finite numbers`: {Canvas{}, grating,
			[]param.Axis{param.NewAxis("sf", math.NaN())}},
		"image of -1×64":      {Canvas{Rows: -1}, grating, nil},
		"supersampling by 65": {Canvas{Supersample: 65}, grating, nil},
		"frequency at the border 0.8 cycles/pixel": {Canvas{Rows: 32},
			func() Pattern { return &ZonePlate{SF: 0.4} }, nil},
		"1/(2·side) 0.625 cycles/pixel": {Canvas{},
			func() Pattern { return &Checkerboard{Side: 0.8} }, nil},
		"seed 1.5: want a whole number": {Canvas{}, func() Pattern { return &WhiteNoise{} },
			[]param.Axis{param.NewAxis("seed", 1.5)}},
		"inner radius 9: want one from 0 to below": {Canvas{},
			func() Pattern {
				return &Grating{Look: Look{Aperture: Aperture{Window: Annulus, Radius: 5,
					Inner: 9}}}
			}, nil},
		"noise of exponent 11: want −10 to 10": {Canvas{},
			func() Pattern { return &PinkNoise{Exponent: 11} }, nil},
		"aperture of radius 32 and sigma -1": {Canvas{},
			func() Pattern { return &Grating{Look: Look{Aperture: Aperture{Window: Gaussian, Sigma: -1}}} }, nil},
		"aperture of radius -1": {Canvas{},
			func() Pattern { return &Grating{Look: Look{Aperture: Aperture{Window: Circle, Radius: -1}}} }, nil},
		"edge 6: want one above 0, at most the radius, 5": {Canvas{}, func() Pattern {
			return &Grating{Look: Look{Aperture: Aperture{Window: RaisedCosine, Radius: 5, Edge: 6}}}
		}, nil},
		"Gabor of sigma 8 and -2":              {Canvas{}, func() Pattern { return &Gabor{SigmaY: -2} }, nil},
		"drift 0.7 cycles/frame: want":         {Canvas{}, func() Pattern { return &Gabor{Drift: 0.7} }, nil},
		"drift 0.8 cycles/frame: want":         {Canvas{}, func() Pattern { return &Plaid{Drift: 0.8} }, nil},
		"spatial frequency 0.9 cycles/pixel":   {Canvas{}, func() Pattern { return &Plaid{SF: 0.1, SF2: 0.9} }, nil},
		"spatial frequency -0.55 cycles/pixel": {Canvas{}, func() Pattern { return &Gabor{SF: -0.55} }, nil},
		"impulse at x 0.5":                     {Canvas{}, func() Pattern { return &Impulse{X: 0.5} }, nil},
		"impulse at x 32":                      {Canvas{}, func() Pattern { return &Impulse{X: 32} }, nil},
	} {
		if _, err := NewProduct(c.canvas, c.fresh, c.axes...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
	if _, err := NewProduct(Canvas{AllowAliasing: true}, grating, param.NewAxis("sf", 0.6)); err != nil {
		t.Errorf("with aliasing allowed: %v", err)
	}
}
