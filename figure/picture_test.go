package figure

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"slices"
	"sync"
	"testing"

	"gpuconv/conv"
)

// rendered returns the image that a reader of p's PNG sees.
func rendered(t testing.TB, p *Picture) *image.RGBA {
	t.Helper()
	var file bytes.Buffer
	if err := p.WritePNG(&file); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	canvas := image.NewRGBA(img.Bounds())
	draw.Draw(canvas, canvas.Rect, img, image.Point{}, draw.Src)
	checkMargin(t, canvas)
	return canvas
}

// checkMargin checks that nothing is drawn near the edges of the page.
func checkMargin(t testing.TB, img *image.RGBA) {
	t.Helper()
	inner := img.Rect.Inset(margin / 4)
	for y := range img.Rect.Max.Y {
		for x := range img.Rect.Max.X {
			if !image.Pt(x, y).In(inner) && img.RGBAAt(x, y) != white {
				t.Fatalf("pixel (%d, %d) of a page of %v is not white", x, y, img.Rect.Max)
			}
		}
	}
}

// panelRect returns the rectangle of a panel of rows×columns squares with a side of enlarge pixels.
func panelRect(p *Picture, row, column, rows, columns, enlarge int) image.Rectangle {
	l := p.layout(newTypeface())
	at := image.Pt(l.columns[column], l.rows[row])
	size := image.Pt(columns*enlarge, rows*enlarge)
	return image.Rectangle{Max: size}.Add(at).Add(l.cell.Sub(size).Div(2))
}

// checkSquares compares every pixel of a panel with the colour of its value. The squares must be in the right place,
// with row 0 on top, with sharp edges, and inside a frame.
func checkSquares(t *testing.T, img *image.RGBA, r image.Rectangle, columns int, want []color.RGBA) {
	t.Helper()
	enlarge := r.Dx() / columns
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			row, column := (y-r.Min.Y)/enlarge, (x-r.Min.X)/enlarge
			if got := img.RGBAAt(x, y); got != want[row*columns+column] {
				t.Fatalf("pixel (%d, %d) of row %d, column %d is %v, want %v", x, y, row, column, got,
					want[row*columns+column])
			}
		}
	}
	for _, corner := range []struct{ at, outwards image.Point }{
		{r.Min.Sub(image.Pt(1, 1)), image.Pt(-1, 0)},
		{r.Max, image.Pt(1, 0)},
		{image.Pt(r.Min.X-1, r.Max.Y), image.Pt(0, 1)},
		{image.Pt(r.Max.X, r.Min.Y-1), image.Pt(0, -1)},
	} {
		if on, off := img.RGBAAt(corner.at.X, corner.at.Y), corner.at.Add(corner.outwards); on != line ||
			img.RGBAAt(off.X, off.Y) != white {
			t.Errorf("the frame of %v is not one grey pixel wide at %v", r, corner.at)
		}
	}
}

var (
	white   = color.RGBA{255, 255, 255, 255}
	black   = color.RGBA{0, 0, 0, 255}
	blue    = color.RGBA{0, 0, 255, 255}
	red     = color.RGBA{255, 0, 0, 255}
	greyNaN = color.RGBA{255, 0, 255, 255}   // magenta, for NaN among greys
	pale    = color.RGBA{128, 128, 255, 255} // halfway from white to blue
	rose    = color.RGBA{255, 128, 128, 255} // halfway from white to red
	line    = color.RGBA{120, 120, 120, 255} // of frames and ticks
)

// drawMaps draws activations with the fields that most tests have.
func drawMaps(stimuli, activations *conv.Tensor, rows, columns []string, tone Tone, limit float64) (*Picture, error) {
	return Activations(Maps{Stimuli: stimuli, StimulusTitles: rows, Activations: activations, ChannelTitles: columns,
		Limit: limit}, Look{Tone: tone})
}

func TestStimulusPixels(t *testing.T) {
	p := must(t)(Stimuli(tensor(t, conv.Shape{2, 1, 2, 3},
		0.5, -0.5, -0.5,
		-0.5, -0.5, 0,
		-0.5, -0.5, -0.5,
		0.5, 0.5, float32(math.NaN())), nil, Look{Tone: Ink}))
	img := rendered(t, p)
	grey := color.RGBA{128, 128, 128, 255}
	// 256/3 = 85 pixels a value.
	checkSquares(t, img, panelRect(p, 0, 0, 2, 3, 85), 3, []color.RGBA{black, white, white, white, white, grey})
	checkSquares(t, img, panelRect(p, 0, 1, 2, 3, 85), 3, []color.RGBA{white, white, white, black, black, greyNaN})
}

// TestLightPixels: as luminance, the smallest value is black and the largest white, both alone and beside activations.
func TestLightPixels(t *testing.T) {
	x := tensor(t, conv.Shape{1, 1, 1, 4}, 0, 1, 0.5, float32(math.NaN()))
	want := []color.RGBA{black, white, {128, 128, 128, 255}, greyNaN}
	p := must(t)(Stimuli(x, nil, Look{Tone: Light}))
	checkSquares(t, rendered(t, p), panelRect(p, 0, 0, 1, 4, 64), 4, want)
	p = must(t)(drawMaps(x, waves(t, 1, 1, 1, 4), nil, nil, Light, 3))
	checkSquares(t, rendered(t, p), panelRect(p, 0, 0, 1, 4, 48), 4, want)
}

// TestTutorialPanelSize: 48×64 gratings keep their aspect ratio of 3:4.
func TestTutorialPanelSize(t *testing.T) {
	p := must(t)(Stimuli(waves(t, 5, 1, 48, 64), nil, Look{Tone: Ink}))
	if got := p.rows[0][0].img.Rect.Size(); got != image.Pt(256, 192) {
		t.Errorf("the panel is %v, want 256×192", got)
	}
}

func TestFilterPixels(t *testing.T) {
	p := must(t)(Filters(tensor(t, conv.Shape{2, 1, 2, 2}, -1, 0, 0, 0, 0, 0, 1, 2), nil, Look{}))
	img := rendered(t, p)
	checkSquares(t, img, panelRect(p, 0, 0, 2, 2, 98), 2, []color.RGBA{pale, white, white, white})
	checkSquares(t, img, panelRect(p, 0, 1, 2, 2, 98), 2, []color.RGBA{white, white, rose, red})
}

func TestActivationPixels(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	p := must(t)(drawMaps(
		tensor(t, conv.Shape{2, 1, 1, 4}, 0, 0, 1, 1, 1, 0, 0, 1),
		tensor(t, conv.Shape{2, 2, 2, 4},
			-3, -1.5, 0, 1.5, 3, -100, 100, nan,
			inf, -inf, 0, 0, 0, 0, 0, 0,
			0, 3, 0, 3, 3, 3, 3, 3,
			3, 0, 0, 0, 3, 3, 3, 3),
		nil, nil, Ink, 3))
	img := rendered(t, p)
	checkSquares(t, img, panelRect(p, 0, 0, 1, 4, 48), 4, []color.RGBA{white, white, black, black})
	checkSquares(t, img, panelRect(p, 0, 1, 2, 4, 48), 4, []color.RGBA{blue, pale, white, rose, red, blue, red, black})
	checkSquares(t, img, panelRect(p, 0, 2, 2, 4, 48), 4,
		[]color.RGBA{red, blue, white, white, white, white, white, white})
	checkSquares(t, img, panelRect(p, 1, 0, 1, 4, 48), 4, []color.RGBA{black, white, white, black})
	checkSquares(t, img, panelRect(p, 1, 1, 2, 4, 48), 4, []color.RGBA{white, red, white, red, red, red, red, red})
	checkSquares(t, img, panelRect(p, 1, 2, 2, 4, 48), 4, []color.RGBA{red, white, white, white, red, red, red, red})
}

func TestColorBar(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	tests := []struct {
		name              string
		value             float32
		below, above, nan bool
	}{
		{"in range", 3, false, false, false},
		{"below", -4, true, false, false},
		{"above", inf, false, true, false},
		{"NaN", nan, false, false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := must(t)(drawMaps(waves(t, 1, 1, 4, 4), tensor(t, conv.Shape{1, 1, 1, 2}, test.value, -3), nil, nil,
				Ink, 3))
			img, bar := rendered(t, p), p.layout(newTypeface()).bar
			at := func(y int) color.RGBA { return img.RGBAAt(bar.Min.X+barWidth/2, y) }
			if at(bar.Min.Y) != red || at(bar.Max.Y-1) != blue {
				t.Errorf("the bar goes from %v down to %v, want red to blue", at(bar.Min.Y), at(bar.Max.Y-1))
			}
			if c := at((bar.Min.Y + bar.Max.Y) / 2); c.R < 250 || c.G < 250 || c.B < 250 {
				t.Errorf("the middle of the bar is %v, want white", c)
			}
			end := bar.Max.Y
			if got := at(bar.Min.Y-arrowLength/2) == red; got != test.above {
				t.Errorf("arrow above: %v", got)
			}
			if got := at(end+arrowLength/2) == blue; got != test.below {
				t.Errorf("arrow below: %v", got)
			}
			swatch := end + nanRoom - barWidth/2
			if got := swatch < img.Rect.Max.Y && at(swatch) == black; got != test.nan {
				t.Errorf("swatch of NaN: %v", got)
			}
		})
	}
}

// TestStimulusNaNIsInTheKey: a note explains the colour of NaN in a stimulus, which differs from that in activations.
func TestStimulusNaNIsInTheKey(t *testing.T) {
	x := tensor(t, conv.Shape{1, 1, 1, 2}, float32(math.NaN()), 1)
	p := must(t)(drawMaps(x, waves(t, 1, 1, 1, 2), nil, nil, Ink, 3))
	if !slices.Contains(svgTexts(t, p), "magenta on a stimulus is NaN") {
		t.Error("no key to a stimulus's NaN")
	}
}

func TestWriteFromSeveralGoroutines(t *testing.T) {
	p := must(t)(Filters(waves(t, 3, 1, 5, 5), nil, Look{}))
	want := rendered(t, p)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if got := rendered(t, p); !bytes.Equal(got.Pix, want.Pix) {
				t.Error("pictures differ")
			}
		})
	}
	group.Wait()
}

// TestAxisTicks: a tick is at the middle of the value to which it belongs.
func TestAxisTicks(t *testing.T) {
	p := must(t)(drawMaps(waves(t, 1, 1, 3, 4), waves(t, 1, 1, 3, 4), nil, nil, Ink, 3))
	img, r := rendered(t, p), panelRect(p, 0, 1, 3, 4, 48)
	for x := r.Min.X; x < r.Max.X; x++ {
		want := white
		if (x-r.Min.X)%48 == 24 {
			want = line
		}
		if got := img.RGBAAt(x, r.Max.Y+2); got != want {
			t.Errorf("column %d below the panel is %v, want %v", x-r.Min.X, got, want)
		}
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		want := white
		if (y-r.Min.Y)%48 == 24 {
			want = line
		}
		if got := img.RGBAAt(r.Min.X-3, y); got != want {
			t.Errorf("row %d left of the panel is %v, want %v", y-r.Min.Y, got, want)
		}
	}
}

func TestColorBarPositions(t *testing.T) {
	b := &colorBar{colors: bwr(-3, 3)}
	for value, want := range map[float64]int{3: 0, 1.5: 25, 0: 50, -3: 100} {
		if got := b.position(value, 101); got != want {
			t.Errorf("%v is at %d of 101 pixels from the top, want %d", value, got, want)
		}
	}
}
