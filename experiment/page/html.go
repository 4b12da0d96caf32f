package page

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"path"
	"path/filepath"
	"strings"

	"gpuconv/fault"
	"gpuconv/internal/webpage"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

//go:embed viewer.js
var viewerScript string

// WriteHTML writes the page. Texts from the run are escaped, whatever they contain.
func (r *Run) WriteHTML(w io.Writer) error {
	t, err := webpage.New(pageText)
	if err != nil {
		return &fault.Error{Package: "page", Err: err}
	}
	return t.Execute(w, r.view())
}

// view is the data of page.html.
type view struct {
	Style     template.CSS
	Script    template.JS
	Title     string
	Asked     []fact
	Agreement []fact
	Verdict   string
	Speed     []fact
	Percent   float64 // of the device's roofline, while convolving (see speed); 0: not known
	Times     []fact
	Device    []fact
	Viewer    *Viewer
	LeftOut   string
	Pictures  []viewPicture
	Tuning    *viewTuning
	Python    []string
	Again     string
	Notes     []string
	Files     []fact
	Written   string
}

// fact is a line of a list: a name and what is known of it.
type fact struct{ Name, Value string }

type viewPicture struct {
	Source       template.URL
	Alt, Caption string
}

func (r *Run) view() view {
	report := r.Report
	// The styles and the script are our own texts, so these conversions are safe.
	v := view{Style: webpage.Style() + template.CSS(pageStyle), Script: template.JS(viewerScript),
		Title: counted(report.StimuliShape.N(), "image") + " with " + counted(report.FiltersShape.N(), "filter"),
		Asked: r.asked(), Verdict: r.verdict(), Agreement: r.agreement(), Device: r.device(), Times: r.times(),
		Viewer: r.Viewer, Python: r.python(), Again: r.again(), Tuning: r.tuningView()}
	v.Speed, v.Percent = r.speed()
	if r.Viewer != nil {
		v.LeftOut = r.Viewer.LeftOut()
	}
	v.Pictures = pictureViews(r.Pictures, r.alt)
	v.Notes = lines(append(append([]string{}, r.Notes...), report.Notes...)) // the page's first: the last may be cut
	files, leftOut := firstOf(report.Files)
	for _, f := range files {
		sum := fmt.Sprintf("%d bytes, CRC-32C %s", f.Bytes, line(f.CRC32C))
		v.Files = append(v.Files, fact{line(f.Name), sum})
	}
	if leftOut != "" {
		v.Files = append(v.Files, fact{"Others", leftOut})
	}
	return v
}

// pictureViews prepares pictures for the page. alt returns a description of the picture that has the given name.
func pictureViews(all []Picture, alt func(name string) string) (views []viewPicture) {
	for _, p := range all {
		name := strings.TrimSuffix(p.Name, path.Ext(p.Name))
		views = append(views, viewPicture{webpage.Picture(p.Media, p.Content), alt(name), line(p.Name)})
	}
	return views
}

// alt says what a picture of the run shows, for those who do not see it.
func (r *Run) alt(name string) string {
	report := r.Report
	switch name {
	case "stimuli", "gratings":
		return fmt.Sprintf("Some of the %d images, %d by %d pixels each. stimuli.csv says what each is.",
			report.StimuliShape.N(), report.StimuliShape.H(), report.StimuliShape.W())
	case "filters":
		return fmt.Sprintf("The weights of %s of %d by %d. filters.csv says what each is.",
			counted(report.FiltersShape.N(), "filter"), report.FiltersShape.H(), report.FiltersShape.W())
	case "activations":
		return fmt.Sprintf("Some of the images, and beside each its activations in the first of %s, %d by %d values "+
			"each.", counted(report.ActivationsShape.C(), "channel"), report.ActivationsShape.H(),
			report.ActivationsShape.W())
	}
	return "Picture " + line(name)
}

// python returns three lines of Python that read the activations and the tables of stimuli and cells.
func (r *Run) python() []string {
	report := r.Report
	array := pythonText(filepath.ToSlash(r.array))
	first, read := "import numpy as np, pandas as pd", "np.load("+array+")"
	switch {
	case strings.HasSuffix(report.ActivationsFile, ".npz"):
		read += `["activations"]`
	case strings.HasSuffix(report.ActivationsFile, ".zip"):
		first = "import zarr, pandas as pd"
		read = "zarr.open_group(zarr.storage.ZipStore(" + array + `, mode="r"), mode="r")["activations"][:]`
	}
	table := func(name string) string {
		return "pd.read_csv(" + pythonText(filepath.ToSlash(filepath.Join(r.Folder, name))) + ")"
	}
	return []string{first,
		fmt.Sprintf("y = %s  # %s %v: image, channel, row, column", read, line(report.ActivationsDType),
			report.ActivationsShape), "stimuli, cells = " + table("stimuli.csv") + ", " + table("cells.csv")}
}

// again is the command that does the run once more.
func (r *Run) again() string {
	return "gpuconv run --from " + shellWord(filepath.Join(r.Folder, "run.json")) + " --output again"
}

// pythonText returns a text as a string literal of Python.
func pythonText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(fault.Escape(text, "\n")) + `"`
}

// shellWord returns a text as one word of a shell command, in single quotes if it needs them.
func shellWord(text string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			strings.ContainsRune("-_./,:=@%+", c)
	}
	if text != "" && strings.IndexFunc(text, func(c rune) bool { return !plain(c) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(line(text), "'", `'\''`) + "'"
}

// counted returns a number with a noun, such as 3 images.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
