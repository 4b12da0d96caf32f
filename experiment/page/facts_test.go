package page_test

import (
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/experiment"
	"gpuconv/experiment/page"
	"gpuconv/param"
)

// reported returns a run whose figures a test may change.
func reported(t testing.TB, images, check int) (r *page.Run) {
	t.Helper()
	j := experiment.Job{Images: pattern{shape: conv.Shape{images, 1, 8, 8}}, Bank: bank(t, conv.Shape{2, 1, 5, 5}),
		Check: experiment.Checking{Images: check}}
	return read(t, done(t, j), page.Look{})
}

// has fails unless the page has all of these texts.
func has(t *testing.T, r *page.Run, wanted ...string) {
	t.Helper()
	content := text(t, r)
	for _, want := range wanted {
		if !strings.Contains(content, want) {
			t.Errorf("no %q in the page", want)
		}
	}
}

// TestSpeedOfResumed: the last process of a run may have convolved few of the images. The speed and the share of the
// roof are its own: 10 images of 1,600 operations each in 0.001 s, not all 100.
func TestSpeedOfResumed(t *testing.T) {
	r := reported(t, 100, -1)
	r.Report.Seconds.Convolve, r.Report.ImagesPerS = 0.001, experiment.Rates{Convolve: 10_000, Whole: 1000}
	r.Report.Roof = &experiment.Roof{GFLOPS: 0.032, GBPS: 1000}
	has(t, r, "0.016 GFLOP/s, two operations", ">50 % of the roof while convolving")
}

// TestMergedIsNeutral: a run that was merged from shards has no speed, may have no comparison, and does not say where
// the largest error is. The page states no reason that it does not know.
func TestMergedIsNeutral(t *testing.T) {
	r := reported(t, 2, -1)
	r.Report.Check.MaxErrorBound, r.Report.Check.Worst = param.Number(0.5), nil
	r.Report.ImagesPerS = experiment.Rates{}
	has(t, r, "<dt>Where that is</dt><dd>run.json does not say</dd>",
		"<dt>Convolving</dt><dd>run.json does not say</dd>")
	r.Report.Check = nil
	has(t, r, "<p>run.json has no comparison of all parts of the run with the float64 reference.</p>")
	if content := text(t, r); strings.Contains(content, "earlier version") ||
		strings.Contains(content, "--check was 0") {
		t.Error("the page states a reason that nobody knows")
	}
}

// TestSampleRoundsDown: the page promises of the sample what the line of gpuconv run promises.
func TestSampleRoundsDown(t *testing.T) {
	r := reported(t, 2, -1)
	r.Report.Check.Sampled, r.Report.Check.Finds = true, 1.0/1999
	has(t, r, "a fault in 1 output of 1900 would have shown")
}
