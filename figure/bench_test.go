package figure

import (
	"fmt"
	"io"
	"math"
	"testing"

	"gpuconv/conv"
)

// BenchmarkPictures measures the three pictures of a run on the tutorial's five
// gratings and six filters, from tensors to bytes.
func BenchmarkPictures(b *testing.B) {
	stimuli, weight, activations := waves(b, 5, 1, 48, 64), waves(b, 6, 1, 7, 7), waves(b, 5, 6, 48, 64)
	pictures := map[string]func() (*Picture, error){
		"stimuli":     func() (*Picture, error) { return Stimuli(stimuli, nil, Look{Tone: Ink}) },
		"filters":     func() (*Picture, error) { return Filters(weight, nil, Look{}) },
		"activations": func() (*Picture, error) { return drawMaps(stimuli, activations, nil, nil, Ink, 3) },
	}
	formats := map[string]func(*Picture, io.Writer) error{
		"png": (*Picture).WritePNG,
		"svg": (*Picture).WriteSVG,
	}
	for name, draw := range pictures {
		for format, write := range formats {
			b.Run(fmt.Sprintf("picture=%s/format=%s", name, format), func(b *testing.B) {
				var size counter
				for b.Loop() {
					p, err := draw()
					if err != nil {
						b.Fatal(err)
					}
					size = 0
					if err := write(p, &size); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(size), "bytes")
			})
		}
	}
}

// counter counts what is written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// waves returns a tensor of smooth values from -2.5 to 2.5, no two planes alike.
func waves(t testing.TB, shape ...int) *conv.Tensor {
	t.Helper()
	x, err := conv.NewTensor(conv.Shape(shape))
	if err != nil {
		t.Fatal(err)
	}
	for i := range x.Data {
		x.Data[i] = float32(2.5 * math.Sin(float64(i)*0.37+float64(i/shape[3])*0.21))
	}
	return x
}
