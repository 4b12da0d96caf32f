package bench_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gpuconv/bench"
)

// measuring is a script that lists in the page's title the elements that reach beyond the window, or whose contents are
// wider than the element, with the number of pixels, and pictures that are so much smaller than they were drawn that
// nobody could read them.
const measuring = `<script>
let wide = [];
for (const e of document.querySelectorAll("*")) {
	const over = Math.max(e.getBoundingClientRect().right - innerWidth, e.scrollWidth - e.clientWidth);
	if (over > 1 && getComputedStyle(e).display !== "inline" && e.clientWidth > 0) wide.push(e.tagName + " +" + over);
}
for (const e of document.images) {
	if (e.clientWidth < 0.8 * e.naturalWidth) wide.push("a picture of " + e.naturalWidth + " in " + e.clientWidth);
}
const dark = getComputedStyle(document.body).backgroundColor !== "rgb(255, 255, 255)";
document.title = "measured " + innerWidth + " " + dark + " [" + wide.join(", ") + "]";
</script>`

// chromium returns the path of a Chromium that needs no display. Without one it skips t, or fails it if
// GPUCONV_REQUIRE_CHROMIUM is 1.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium-headless-shell", "chromium", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("GPUCONV_REQUIRE_CHROMIUM") == "1" {
		t.Fatal("there is no chromium-headless-shell, which Debian's package of this name has")
	}
	t.Skip("there is no Chromium")
	return ""
}

// browse opens a page in a window of the given width, and returns its elements as text. It fails t if the page writes a
// message to the console. If screenshot is not "", it writes a picture of the page there.
func browse(t *testing.T, page string, width, height int, dark bool, screenshot string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	scheme := map[bool]int{true: 0, false: 1}[dark] // Blink's numbers
	args := []string{"--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr",
		"--user-data-dir=" + t.TempDir(), fmt.Sprintf("--window-size=%d,%d", width, height),
		fmt.Sprintf("--blink-settings=preferredColorScheme=%d", scheme)}
	if screenshot != "" {
		args = append(args, "--screenshot="+screenshot)
	} else {
		args = append(args, "--dump-dom")
	}
	cmd := exec.CommandContext(ctx, chromium(t), append(args, "file://"+page)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	if strings.Contains(stderr.String(), "CONSOLE") {
		t.Errorf("the page writes to the console: %s", stderr.String())
	}
	return stdout.String()
}

// TestPageInChromium: at the widths of a desk and of a phone, light and dark, nothing of the page is wider than the
// window, nothing scrolls sideways, no picture is too small to read, and the console has no message.
// GPUCONV_SCREENSHOTS names a folder for pictures of the page.
func TestPageInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("in full only: it starts a browser four times")
	}
	chromium(t)
	r := crowded()
	pictures := picturesOf(t, r)
	var text bytes.Buffer
	if err := r.WriteHTML(&text, pictures); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(t.TempDir(), "page.html")
	measured := strings.Replace(text.String(), "</body>", measuring+"</body>", 1)
	if err := os.WriteFile(page, []byte(measured), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{1400, 420} {
		for _, dark := range []bool{false, true} {
			got := regexp.MustCompile("<title>(.*)</title>").FindStringSubmatch(browse(t, page, width, 900, dark, ""))
			if want := fmt.Sprintf("measured %d %v []", width, dark); len(got) < 2 || got[1] != want {
				t.Errorf("%q, want %q", got, want)
			}
			if dir := os.Getenv("GPUCONV_SCREENSHOTS"); dir != "" {
				browse(t, page, width, 6000, dark, filepath.Join(dir, fmt.Sprintf("page-%d-%v.png", width, dark)))
			}
		}
	}
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
