package bench_test

import (
	"bytes"
	"strings"
	"testing"

	"gpuconv/bench"
	"gpuconv/internal/chromium"
)

// TestPageInChromium: at the widths of a desktop window and of a phone, light and dark, nothing of the page is wider
// than the window, nothing scrolls sideways, no picture is too small to read, and the console has no message.
func TestPageInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("in full only: it starts a browser")
	}
	browser := chromium.Start(t)
	r := crowded()
	var text bytes.Buffer
	if err := r.WriteHTML(&text, picturesOf(t, r)); err != nil {
		t.Fatal(err)
	}
	browser.EachView("page", text.Bytes(), func(v chromium.View) {
		var small []string
		browser.Eval(`Array.from(document.images).filter(e => e.clientWidth < 0.8 * e.naturalWidth).map(e =>
			e.naturalWidth + " in " + e.clientWidth)`, &small)
		if len(small) > 0 {
			t.Errorf("%d pixels: pictures are too small to read: %q", v.Width, small)
		}
	})
}

// crowded is a report with long names, and all that makes a page wide: a GPU that copies, peers, single samples,
// missing cases, and all columns.
func crowded() bench.Report {
	r := fixed()
	for i := range r.Cases {
		long := r.Cases[i].Case + "/layer=mobilenet_conv4dw/n=8/c=128/hw=56x56/k=3/out=128/groups=128"
		for j := range r.Results {
			if x := &r.Results[j]; x.Case == r.Cases[i].Case {
				x.Case = long
				if energy := 12.5; x.Correct {
					x.GFLOPS, x.GBPS, x.PercentOfRoofline, x.EnergyJ = &energy, &energy, &energy, &energy
				}
			}
		}
		r.Cases[i].Case = long
	}
	single := &r.Results[len(r.Results)-2]
	single.Samples, single.Blocks = 1, nil
	r.Results[len(r.Results)-1].Why = "off by much"
	r.Run.Command = append(r.Run.Command, "--html", strings.Repeat("/a/long/path", 12))
	gone := r.Cases[0]
	gone.Case, gone.N, gone.X = "n=4096", 4096, 4096
	r.Cases = append(r.Cases, gone)
	r.Missing = []bench.Missing{{Case: "n=4096", Backend: "cpu", Threads: 2, Why: "the time was up after 80 s"}}
	return r
}
