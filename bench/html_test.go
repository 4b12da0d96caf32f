package bench_test

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"gpuconv/bench"
)

func pageOf(t *testing.T, r bench.Report) string {
	t.Helper()
	pictures := picturesOf(t, r)
	for i := range pictures {
		pictures[i].SVG = []byte("<svg>" + pictures[i].ID + "</svg>")
	}
	var page bytes.Buffer
	if err := r.WriteHTML(&page, pictures); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// TestHTMLHolds: the page has the pictures, and names losses, wrong and missing figures and absent peers.
func TestHTMLHolds(t *testing.T) {
	r := fixed()
	page := pageOf(t, r)
	for _, want := range []string{
		"<!DOCTYPE html>", `lang="en"`, "a processor", "software renderer soft", "CPU engine, avx2, 1 thread",
		"pytorch, 2 threads", "PyTorch 2",
		`<tr class="bad"><th scope="row">onnxruntime</th><td data-name="what">absent: no module`,
		`<td data-name="images/s">WRONG</td>`, "WRONG n=11111 on pytorch ×2: off by",
		"short fewer samples, or shorter ones, than was asked for in 1 lines of the table",
		"bench/peers/peers.py", ">loss<", ">gain<", "GPU against",
		base64.StdEncoding.EncodeToString([]byte("<svg>roofline</svg>")),
	} {
		// There is no GPU, so that its text must not be there.
		if strings.Contains(want, "GPU against") == strings.Contains(page, want) {
			t.Errorf("page holds %q: %v", want, strings.Contains(page, want))
		}
	}
	if got := strings.Count(page, "<img "); got != len(picturesOf(t, r)) || got != 5 {
		t.Errorf("%d pictures, want 5", got)
	}
}

// TestLoadText: the load average may not be known.
func TestLoadText(t *testing.T) {
	r := fixed()
	r.Machine.Load = [2]float64{-1, 0.25}
	if page := pageOf(t, r); !strings.Contains(page, "load average\nunknown at the start and 0.2 at the end") {
		t.Error("the page does not say that the load average is unknown")
	}
}

// TestOneSample: a single sample does not show how far off it may be. It has no interval, and its ratios are neither
// gain nor loss.
func TestOneSample(t *testing.T) {
	r := fixed()
	for i := range r.Results {
		if x := &r.Results[i]; x.Correct {
			x.Samples, x.CILow, x.CIHigh, x.Blocks = 1, x.Median, x.Median,
				[]bench.Block{{Seconds: []float64{x.Median}}}
		}
	}
	page := pageOf(t, r)
	var table bytes.Buffer
	if err := r.WriteTable(&table, true); err != nil {
		t.Fatal(err)
	}
	for text, wrong := range map[string][]string{page: {">loss<", ">gain<"}, table.String(): {" 0.0 %"}} {
		for _, w := range wrong {
			if strings.Contains(text, w) {
				t.Errorf("there is %q in what one sample each gives", w)
			}
		}
	}
	if want := ">one sample<"; !strings.Contains(page, want) {
		t.Errorf("no %q in the page", want)
	}
}

// TestHTMLLoadsNothing: whatever names contain, the page runs no script and loads nothing.
func TestHTMLLoadsNothing(t *testing.T) {
	page := pageOf(t, fixed())
	if strings.Contains(page, "<script") || strings.Contains(page, "<link") || strings.Contains(page, "<iframe") {
		t.Error("the page has a script, a link or a frame")
	}
	attributes := regexp.MustCompile(`(?i)\b(?:src|href|srcset|action|data)\s*=\s*"([^"]*)"`)
	for _, attribute := range attributes.FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(attribute[1], "data:image/svg&#43;xml;base64,") &&
			!strings.HasPrefix(attribute[1], "data:image/svg+xml;base64,") {
			t.Errorf("the page loads %.80q", attribute[1])
		}
	}
	if regexp.MustCompile(`url\(|@import`).MatchString(page) {
		t.Error("its style loads something")
	}
	if !strings.Contains(page, "&lt;script src=&#34;http://evil.example/x.js&#34;&gt;") {
		t.Error("the hostile name is not shown as text")
	}
}

// TestHTMLNesting: tags are closed in the order in which they were opened.
func TestHTMLNesting(t *testing.T) {
	void := map[string]bool{"meta": true, "img": true, "source": true, "!doctype": true}
	for name, r := range map[string]bench.Report{"full": fixed(), "empty": {Schema: bench.Schema}} {
		var open []string
		for _, tag := range regexp.MustCompile(`<(/?)([!a-zA-Z0-9]+)[^>]*>`).FindAllStringSubmatch(pageOf(t, r), -1) {
			element := strings.ToLower(tag[2])
			switch {
			case void[element]:
			case tag[1] == "":
				open = append(open, element)
			case len(open) == 0 || open[len(open)-1] != element:
				t.Fatalf("%s: </%s> within %v", name, element, open)
			default:
				open = open[:len(open)-1]
			}
		}
		if len(open) > 0 {
			t.Errorf("%s: %v are not closed", name, open)
		}
	}
}
